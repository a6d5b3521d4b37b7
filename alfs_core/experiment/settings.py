"""The names and values that a text sets, and where: a command line, YAML, JSON, or assignments.

Nothing of the text is ever run. PyYAML composes YAML and JSON to a tree of plain texts and makes no
objects; tags and merged mappings are not read but named with their line, and aliases, by which a
short text can grow without limit, count towards the limit each time.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

MAX_TEXT = 20_000  # characters; the longest config of the three repositories has under 1,000
MAX_SETTINGS = 400
MAX_NODES = 10 * MAX_SETTINGS  # of a tree, each alias counted as what it stands for
MAX_VALUE = 2000  # characters of a value that are read: a typed formula is the longest


@dataclass(frozen=True)
class Setting:
    """A value as it stands in the text; ``path`` are its names, outermost first.

    The places of a list are numbers in the path. ``value`` is "" for a switch, such as ``--asym``.
    """

    path: tuple[str, ...]
    value: str
    place: str

    @property
    def word(self) -> str:
        """The innermost name as it is written."""
        return _words_of(self.path)[-1]

    @property
    def name(self) -> str:
        """The innermost name as Python would spell it: ``--noise-rate`` is noise_rate."""
        return _spelled(self.word)

    @property
    def shown(self) -> str:
        """All names, as they are told."""
        return ".".join(_words_of(self.path))

    @property
    def groups(self) -> tuple[str, ...]:
        """The names around it, spelled likewise."""
        return tuple(map(_spelled, _words_of(self.path)[:-1]))


def _words_of(path: tuple[str, ...]) -> tuple[str, ...]:
    """The path without the places of lists."""
    return tuple(part for part in path if not part.isdigit()) or path[-1:]


def _spelled(word: str) -> str:
    return word.strip().lower().replace("-", "_")


@dataclass(frozen=True)
class Unread:
    """A piece of the text that was not taken, why, and where it stands; "" for one that is missing.

    ``decides``: the verdict hangs on it, so there is none.
    """

    what: str
    why: str
    place: str
    decides: bool = False


@dataclass(frozen=True)
class Settings:
    """What a text sets, in order; ``script`` is the program that a command line starts."""

    settings: tuple[Setting, ...]
    unread: tuple[Unread, ...] = ()
    script: str = ""


_OPTION = re.compile(r"(?:^|\s)--?[A-Za-z]")
_NAMED = re.compile(r"""\s*(?:-\s+)*["']?[\w.\- ]+["']?\s*:(?:\s|$)""")
_OVERRIDE = re.compile(r"\+{0,2}(?P<name>[A-Za-z_][\w.\-/]*)=(?P<value>.*)", re.DOTALL)
_ASSIGNMENT = re.compile(r"\s*(?P<name>[\w.\-]+)\s*=\s*(?P<value>\S.*)")
_SECTION = re.compile(r"\s*\[(?P<name>[\w.\- ]+)\]\s*$")


def settings_of(text: str) -> Settings:
    """What ``text`` sets, whichever of the forms it has."""
    if len(text) > MAX_TEXT:
        why = f"it has {len(text):,} characters, and {MAX_TEXT:,} are the limit"
        return Settings((), (Unread("the text", why, "the whole of it", decides=True),))
    body = re.sub(r"\r\n?", "\n", text).replace("\x00", "").lstrip("\ufeff").rstrip()
    lines = [line for line in body.split("\n") if line.strip() and not re.match(r"\s*#", line)]
    if printed := re.fullmatch(r"\s*Namespace\((.*)\)", body, re.DOTALL):
        return _bounded(_namespace(printed[1]))
    if _is_assignments(lines):
        return _bounded(_assignments(body))
    if _is_command(lines):
        return _bounded(_command("\n".join(lines)))
    return _bounded(_document(body))


def _is_assignments(lines: list[str]) -> bool:
    """``name = value`` in every line, as in a script or an INI file."""
    told = [line for line in lines if not _SECTION.match(line)]
    return bool(told) and all(
        _ASSIGNMENT.match(line) and not _overrides(line) and not _OPTION.search(line)
        for line in told
    )


def _is_command(lines: list[str]) -> bool:
    """Options or overrides are there, and the first line is no ``name: value``."""
    if not lines or lines[0].lstrip().startswith(("{", "[", "---", "%YAML")):
        return False
    if _NAMED.match(lines[0]) and not _OPTION.search(lines[0]):
        return False
    return any(_OPTION.search(line) or _overrides(line) for line in lines)


def _overrides(line: str) -> bool:
    """Several words with one ``name=value``, as Hydra has them: loss=AGCE noise_rate=0.4."""
    words = line.split()
    return len(words) > 1 and any(_OVERRIDE.fullmatch(word) for word in words)


def _bounded(found: Settings) -> Settings:
    if len(found.settings) <= MAX_SETTINGS:
        return found
    why = f"only the first {MAX_SETTINGS} settings are read"
    rest = Unread("the rest", why, found.settings[MAX_SETTINGS].place, decides=True)
    return Settings(found.settings[:MAX_SETTINGS], (*found.unread, rest), found.script)


# ---- a command line -------------------------------------------------------------------------

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_ENDS = re.compile(r"""(?P<quoted>"[^"]*"|'[^']*')|\n|;|&&|\|\||&(?=\s|$)""")


def _command(body: str) -> Settings:
    """The first command that trains; those that follow are named as unread."""
    joined = re.sub(r"\\[ \t]*(?:\n|$)", " ", body)
    told = [part for part in _split(joined) if _OPTION.search(part) or _overrides(part)]
    programs = [part for part in told if re.search(r"\.py\b|\bpython", part)]
    commands = programs or told
    words = _words(commands[0] if commands else "")
    start = 1 + max((i for i, word in enumerate(words) if _starts(word, words, i)), default=-1)
    script = next((w for w in reversed(words[:start]) if w.endswith(".py")), "")
    others = len(commands) - 1
    more = Unread(
        "1 more command" if others == 1 else f"{others} more commands",
        "one command is read at a time",
        "after the first",
        True,
    )
    unread = (more,) if len(commands) > 1 else ()
    return Settings(tuple(_options(words[start:])), unread, script.rpartition("/")[2])


def _starts(word: str, words: list[str], i: int) -> bool:
    """Whether a word is the program: before it stand its interpreter and the environment."""
    before_options = not any(map(_is_option, words[:i]))
    return before_options and (word.endswith(".py") or word.rpartition("/")[2].startswith("python"))


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
    """``--name value``, ``--name=value``, ``name=value``, switches."""
    following = iter([*words[1:], "-"])
    value_of_last = False
    for word, after in zip(words, following, strict=True):
        if value_of_last:
            value_of_last = False
        elif _is_option(word):
            name, equals, value = word.lstrip("-").partition("=")
            value_of_last = not equals and not _is_option(after)
            if name:
                told = after if value_of_last else value
                yield Setting((name,), told[:MAX_VALUE], f"--{name[:40]}")
        elif override := _OVERRIDE.fullmatch(word):
            path = tuple(re.findall(r"[^./]+", override["name"]))
            yield Setting(path, override["value"][:MAX_VALUE], f"{override['name'][:40]}=")


def _is_option(word: str) -> bool:
    return word.startswith("-") and not _NUMBER.fullmatch(word)


def _namespace(body: str) -> Settings:
    """Arguments as a program prints them: Namespace(dataset='CIFAR10', noise_rate=0.4)."""
    pairs = re.findall(r"(\w+)\s*=\s*('[^']*'|\"[^\"]*\"|[^,()]*)", body)
    return Settings(
        tuple(Setting((name,), _unquoted(value.strip())[:MAX_VALUE], name) for name, value in pairs)
    )


# ---- assignments ----------------------------------------------------------------------------


def _assignments(body: str) -> Settings:
    """``name = value`` line by line, below ``[sections]``."""
    settings: list[Setting] = []
    section: tuple[str, ...] = ()
    for number, line in enumerate(body.split("\n"), 1):
        if head := _SECTION.match(line):
            section = (head["name"],)
        elif not re.match(r"\s*#", line) and (found := _ASSIGNMENT.match(line)):
            value = _unquoted(found["value"].strip())[:MAX_VALUE]
            path = (*section, *re.findall(r"[^.]+", found["name"]))
            settings.append(Setting(path, value, f"line {number}"))
    return Settings(tuple(s for s in settings if s.path))


def _unquoted(value: str) -> str:
    quoted = re.match(r"""(?P<mark>["'])(?P<inside>.*?)(?P=mark)""", value)
    return quoted["inside"] if quoted else re.sub(r"\s#.*", "", value)


# ---- YAML and JSON --------------------------------------------------------------------------


def _document(body: str) -> Settings:
    """The first document of a YAML text, of which JSON is a part; tabs are read as blanks."""
    if body.count("[") + body.count("{") > MAX_SETTINGS:  # PyYAML would take seconds
        return _refused("the text", f"it opens more than {MAX_SETTINGS} brackets", "all of it")
    try:
        documents = list(yaml.compose_all(body.expandtabs(4), Loader=yaml.SafeLoader))
        tree = _Tree()
        for document in documents[:1]:
            tree.read(document, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}" if mark else "all of it"
        why = f"it is neither a command nor YAML nor JSON: {_why(error)}"
        return _refused("the text", why, where)
    except (yaml.YAMLError, RecursionError, ValueError):
        return _refused("the text", "it is neither a command nor YAML nor JSON", "all of it")
    if tree.visited > MAX_NODES:
        tree.refuse("the rest", f"only the first {MAX_NODES} pieces are read", documents[0])
    if len(documents) > 1:
        what, why = f"{len(documents) - 1} more documents", "one document is read at a time"
        tree.refuse(what, why, documents[1])
    return Settings(tuple(tree.settings), tuple(tree.unread))


def _why(error: yaml.MarkedYAMLError) -> str:
    """What PyYAML says; of a text that breaks off, that it does."""
    told = error.problem or ""
    return "it breaks off there" if "<stream end>" in told else told


def _refused(what: str, why: str, place: str) -> Settings:
    return Settings((), (Unread(what, why, place, decides=True),))


_PLAIN = {"str", "int", "float", "bool", "timestamp", "value"}


def _tag(node: yaml.Node) -> str:
    """tag:yaml.org,2002:int is int."""
    return str(node.tag).rpartition(":")[2]


class _Tree:
    """The leaves of a tree of YAML nodes, up to one more than are read."""

    def __init__(self) -> None:
        self.settings: list[Setting] = []
        self.unread: list[Unread] = []
        self.visited = 0

    def refuse(self, what: str, why: str, node: yaml.Node) -> None:
        place = f"line {node.start_mark.line + 1}"
        self.unread.append(Unread(what[:40], why, place, decides=True))

    def read(self, node: yaml.Node, path: tuple[str, ...]) -> None:
        self.visited += 1  # an alias is its node once more
        if self.visited > MAX_NODES or len(self.settings) > MAX_SETTINGS:
            return
        match node:
            case yaml.MappingNode():
                for key, value in node.value:
                    self.entry(key, value, path)
            case yaml.SequenceNode():
                for i, item in enumerate(node.value):
                    self.read(item, (*path, str(i)))
            case yaml.ScalarNode():
                self.leaf(node, path)

    def entry(self, key: yaml.Node, value: yaml.Node, path: tuple[str, ...]) -> None:
        if not isinstance(key, yaml.ScalarNode):
            self.refuse(".".join(path) or "a name", "a name is a plain word", key)
        elif _tag(key) == "merge":
            self.refuse("<<", "merged mappings are not read: write them out", key)
        else:
            self.read(value, (*path, key.value))

    def leaf(self, node: yaml.ScalarNode, path: tuple[str, ...]) -> None:
        if _tag(node) == "null":
            return
        if not [part for part in path if not part.isdigit()]:
            self.refuse(node.value, "it is not of the form name: value", node)
        elif _tag(node) not in _PLAIN:
            self.refuse(".".join(path), f"{_tag(node)} is no plain value", node)
        else:
            place = f"line {node.start_mark.line + 1}"
            self.settings.append(Setting(path, node.value[:MAX_VALUE], place))
