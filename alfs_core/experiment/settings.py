"""The names and values that a text sets, and where: a command line, JSON, or a file of lines.

Nothing of the text is ever run. The lines of a file are read as the plain part of YAML: nested
``name: value`` by indentation, comments, quotes. Anchors, tags and block text, by which a short
text can grow without limit or make objects, are not read but named with their line.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MAX_TEXT = 20_000  # characters; the longest config of the three repositories has under 1,000
MAX_SETTINGS = 400
MAX_VALUE = 2000  # characters of a value that are read: a typed formula is the longest


@dataclass(frozen=True)
class Setting:
    """A value as it stands in the text; ``path`` are its names, outermost first.

    ``value`` is "" for a switch, such as ``--asym``.
    """

    path: tuple[str, ...]
    value: str
    place: str

    @property
    def name(self) -> str:
        """The innermost name as Python would spell it: ``--noise-rate`` is noise_rate."""
        return self.path[-1].strip().lower().replace("-", "_")


@dataclass(frozen=True)
class Unread:
    """A piece of the text that was not understood, why, and where it stands."""

    what: str
    why: str
    place: str


@dataclass(frozen=True)
class Settings:
    """What a text sets, in order; ``script`` is the program that a command line starts."""

    settings: tuple[Setting, ...]
    unread: tuple[Unread, ...] = ()
    script: str = ""


def settings_of(text: str) -> Settings:
    """What ``text`` sets, whichever of the forms it has."""
    if len(text) > MAX_TEXT:
        why = f"it has {len(text):,} characters, and {MAX_TEXT:,} are the limit"
        return Settings((), (Unread("the text", why, "the whole of it"),))
    body = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip("\ufeff \t\n")
    if body.startswith(("{", "[")):
        return _bounded(_json(body))
    if printed := re.fullmatch(r"Namespace\((.*)\)", body, re.DOTALL):
        return _bounded(_namespace(printed[1]))
    if re.search(r"(?:^|\s)--?[A-Za-z]", body) and not re.match(r"---\s*$", body, re.MULTILINE):
        return _bounded(_command(body))
    return _bounded(_lines(body))


def _bounded(found: Settings) -> Settings:
    if len(found.settings) <= MAX_SETTINGS:
        return found
    why = f"only the first {MAX_SETTINGS} of {len(found.settings)} settings are read"
    rest = Unread("the rest", why, found.settings[MAX_SETTINGS].place)
    return Settings(found.settings[:MAX_SETTINGS], (*found.unread, rest), found.script)


# ---- a command line -------------------------------------------------------------------------

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_ENDS = re.compile(r"""(?P<quoted>"[^"]*"|'[^']*')|\n|;|&&|\|\||&(?=\s|$)""")


def _command(body: str) -> Settings:
    """The first command that has options; what follows it is named as unread."""
    joined = re.sub(r"\\[ \t]*(?:\n|$)", " ", body)
    commands = [part for part in _split(joined) if re.search(r"(?:^|\s)--?[A-Za-z]", part)]
    words = _words(commands[0] if commands else "")
    options = next((i for i, word in enumerate(words) if _is_option(word)), len(words))
    script = next((w for w in reversed(words[:options]) if w.endswith(".py")), "")
    unread = (
        (Unread(f"{len(commands) - 1} more", "one command is read at a time", "after the first"),)
        if len(commands) > 1
        else ()
    )
    return Settings(tuple(_options(words)), unread, script.rpartition("/")[2])


def _split(body: str) -> Iterator[str]:
    """The commands of a shell text, cut where no quote is open."""
    start = 0
    for end in _ENDS.finditer(body):
        if end["quoted"] is None:
            yield body[start : end.start()]
            start = end.end()
    yield body[start:]


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command, comments=True)
    except ValueError:  # a quote that does not close
        return command.split()


def _options(words: list[str]) -> Iterator[Setting]:
    for i, word in enumerate(words):
        if not _is_option(word):
            continue
        name, equals, value = word.lstrip("-").partition("=")
        following = words[i + 1] if i + 1 < len(words) else "-"
        if not equals and not _is_option(following):
            value = following
        if name:
            yield Setting((name,), value[:MAX_VALUE], f"--{name[:40]}")


def _is_option(word: str) -> bool:
    return word.startswith("-") and not _NUMBER.fullmatch(word)


def _namespace(body: str) -> Settings:
    """Arguments as a program prints them: Namespace(dataset='CIFAR10', noise_rate=0.4)."""
    pairs = re.findall(r"(\w+)\s*=\s*('[^']*'|\"[^\"]*\"|[^,()]*)", body)
    return Settings(
        tuple(Setting((name,), _unquoted(value.strip())[:MAX_VALUE], name) for name, value in pairs)
    )


# ---- JSON -----------------------------------------------------------------------------------


def _json(body: str) -> Settings:
    try:
        record = json.loads(body, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        where = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "nesting"
        return Settings((), (Unread("the text", "it is no JSON that can be read", where),))
    return Settings(tuple(_leaves(record, ())))


def _leaves(record: Any, path: tuple[str, ...]) -> Iterator[Setting]:
    if isinstance(record, dict):
        for name, value in record.items():
            yield from _leaves(value, (*path, name))
    elif isinstance(record, list):
        for i, value in enumerate(record):
            yield from _leaves(value, (*path, str(i)))
    elif path and record is not None:
        value = record if isinstance(record, str) else str(record)
        yield Setting(path, value[:MAX_VALUE], ".".join(path)[:80])


# ---- lines ----------------------------------------------------------------------------------

_LINE = re.compile(
    r"(?P<indent>[ \t]*)(?P<name>[^\s:=#\"'{}\[\],&*!|>%@`][^:=#]*?)\s*(?::(?=\s|$)|=)"
)
_UNREADABLE = ("&", "*", "!", "|", ">", "{", "[", "`", "@", "%")


def _lines(body: str) -> Settings:
    """``name: value`` or ``name = value``, nested by indentation."""
    settings: list[Setting] = []
    unread: list[Unread] = []
    above: list[tuple[int, str]] = []
    for number, line in enumerate(body.split("\n"), 1):
        bare = _without_comment(line.expandtabs(4)).rstrip()
        if not bare.strip() or bare.strip() in ("---", "...") or re.match(r"\s*\[[^\]]*\]$", bare):
            continue
        place = f"line {number}"
        found = _LINE.match(bare)
        if found is None:
            unread.append(Unread(bare.strip()[:40], "it is not of the form name: value", place))
            continue
        depth, name, value = (
            len(found["indent"]),
            found["name"].strip(),
            bare[found.end() :].strip(),
        )
        while above and above[-1][0] >= depth:
            above.pop()
        if value.startswith(_UNREADABLE):
            unread.append(Unread(bare.strip()[:40], "only plain values are read", place))
        elif value:
            path = (*(outer for _, outer in above), name)
            settings.append(Setting(path, _unquoted(value)[:MAX_VALUE], place))
        elif len(above) < 20:
            above.append((depth, name))
    return Settings(tuple(settings), tuple(unread))


def _without_comment(line: str) -> str:
    return re.sub(r"(?:^|\s)#.*", "", line) if "'" not in line and '"' not in line else line


def _unquoted(value: str) -> str:
    quoted = re.match(r"""(?P<mark>["'])(?P<inside>.*?)(?P=mark)""", value)
    return quoted["inside"] if quoted else value
