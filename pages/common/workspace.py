"""The selection that all pages share, and its one parameter of the address bar.

    w = CE@0,AGCE:a=0.6:q=0.6@1;symmetric:0.4;10

Losses with their style, then the noise, then the number of classes. Names and texts are quoted, so
the separators cannot occur in them; numbers are printed so that they read back to the last bit.
"""

from __future__ import annotations

import base64
import math
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from textwrap import shorten
from urllib.parse import quote, unquote

import numpy as np

from alfs_core.errors import AlfsError
from alfs_core.losses import LossSpec, family
from alfs_core.losses.families import listed
from alfs_core.losses.formula import FORMULA
from alfs_core.losses.syntax import short
from alfs_core.noise.transition import CUSTOM, KINDS, LabelNoise

PARAMETER = "w"
MAX_LOSSES = 6
MAX_CLASSES = 100
MAX_LINK_CLASSES = 20
LEFT_OUT = "csv"  # in the place of a matrix with more classes than an address holds
MAX_NAME = 32  # characters of a formula in a legend
MAX_LENGTH = 20_000
MAX_REASON = 200


class AddressError(AlfsError):
    """An address that does not describe a workspace; says which part and why."""


@dataclass(frozen=True)
class Entry:
    """A chosen loss and its style: the index of its colour, dash and marker on every page."""

    spec: LossSpec
    style: int


@dataclass(frozen=True)
class Workspace:
    """Up to six losses, one kind of label noise, and the number of classes."""

    entries: tuple[Entry, ...]
    noise: LabelNoise
    num_classes: int

    def __post_init__(self) -> None:
        if not 1 <= len(self.entries) <= MAX_LOSSES:
            raise AddressError(f"{len(self.entries)} losses are chosen; 1 to {MAX_LOSSES} fit")
        styles = [entry.style for entry in self.entries]
        if sorted(set(styles)) != sorted(styles) or not set(styles) <= set(range(MAX_LOSSES)):
            raise AddressError(
                f"line styles {styles}: each loss needs one of its own, from 0 to {MAX_LOSSES - 1}"
            )
        if not 2 <= self.num_classes <= MAX_CLASSES:
            raise AddressError(f"K = {self.num_classes} lies outside 2 to {MAX_CLASSES}")
        self.noise.transition(self.num_classes)

    @property
    def losses(self) -> tuple[LossSpec, ...]:
        return tuple(entry.spec for entry in self.entries)

    def with_loss(self, spec: LossSpec) -> Workspace:
        """One more loss, in the first free style."""
        style = min(set(range(MAX_LOSSES)) - {entry.style for entry in self.entries}, default=-1)
        if style < 0:
            raise AddressError(f"{MAX_LOSSES} losses are chosen already; remove one first")
        return replace(self, entries=(*self.entries, Entry(spec, style)))

    def without(self, style: int) -> Workspace:
        """The workspace less the loss in that style; the last one stays."""
        return replace(self, entries=tuple(e for e in self.entries if e.style != style))

    def with_spec(self, style: int, spec: LossSpec) -> Workspace:
        """The same place and style, another loss or other numbers."""
        changed = (replace(e, spec=spec) if e.style == style else e for e in self.entries)
        return replace(self, entries=tuple(changed))

    def with_losses(self, specs: tuple[LossSpec, ...]) -> Workspace:
        """Other losses altogether, in styles 0, 1, ..."""
        return replace(self, entries=tuple(Entry(spec, i) for i, spec in enumerate(specs)))

    def spec(self, style: int) -> LossSpec:
        """The loss in that style."""
        return next(entry.spec for entry in self.entries if entry.style == style)

    def with_noise(self, kind: str, rate: float) -> Workspace:
        """Another kind or rate of noise; a matrix of one's own stays while the kind does."""
        matrix = self.noise.matrix if kind == CUSTOM else None
        return replace(self, noise=LabelNoise(kind, rate, matrix))

    def with_classes(self, num_classes: int) -> Workspace:
        """Another number of classes; noise that is not defined for it becomes symmetric."""
        fits = self.noise.kind != CUSTOM and KINDS[self.noise.kind].fits(num_classes)
        noise = self.noise if fits else LabelNoise("symmetric", self.noise.rate)
        return replace(self, num_classes=num_classes, noise=noise)


DEFAULT = Workspace(
    (
        Entry(LossSpec.of("CE"), 0),
        Entry(LossSpec.of("GCE"), 1),
        Entry(LossSpec.of("AGCE"), 2),
    ),
    LabelNoise("symmetric", 0.4),
    10,
)


def encode(workspace: Workspace) -> str:
    """The workspace as one parameter."""
    losses = ",".join(f"{_loss_text(e.spec)}@{e.style}" for e in workspace.entries)
    return f"{losses};{_noise_text(workspace.noise)};{workspace.num_classes}"


def decode(text: str) -> Workspace:
    """The workspace that ``text`` describes; AddressError says what was not understood."""
    if len(text) > MAX_LENGTH:
        raise AddressError(f"the address has {len(text)} characters; {MAX_LENGTH} are the limit")
    parts = text.split(";")
    if len(parts) != 3:
        raise AddressError(
            f"the address has {len(parts)} instead of 3 parts: losses, noise, classes"
        )
    losses, noise, num_classes = parts
    try:
        entries = tuple(_entry(item) for item in losses.split(","))
        return Workspace(entries, _noise(noise), _whole(num_classes, "number of classes"))
    except AddressError:
        raise
    except AlfsError as error:
        raise AddressError(str(error)) from error


def _text(x: str) -> str:
    return quote(x, safe="+")


def _number_text(x: float) -> str:
    return repr(float(x)).removesuffix(".0")


def _loss_text(spec: LossSpec) -> str:
    values = (f"{_text(name)}={_number_text(value)}" for name, value in spec.values)
    return ":".join([_text(spec.name), *values])


def _entry(item: str) -> Entry:
    described, at, style = item.rpartition("@")
    if not at:
        raise AddressError(f"the loss {item[:40]!r} has no style (@0 to @{MAX_LOSSES - 1})")
    name, *values = described.split(":")
    numbers = _numbers(unquote(name), values)
    return Entry(LossSpec.of(unquote(name), **numbers), _whole(style, "style"))


def _numbers(owner: str, items: list[str]) -> dict[str, float]:
    known = family(owner).defaults
    numbers: dict[str, float] = {}
    for name, value in map(_assignment, items):
        if name not in known:
            raise AddressError(f"{owner}: no parameter {name!r}; it has {listed(known)}")
        if name in numbers:
            raise AddressError(f"{owner}: {name} is given twice")
        numbers[name] = value
    return numbers


def _assignment(item: str) -> tuple[str, float]:
    name, _, value = item.partition("=")
    return unquote(name), _number(value, unquote(name))


def _number(text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise AddressError(f"{what} = {text[:40]!r} is not a number") from None
    if not math.isfinite(value):
        raise AddressError(f"{what} = {text[:40]} is not finite")
    return value


def _whole(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise AddressError(f"{what} = {text[:40]!r} is not a whole number")
    return int(text)


def _noise_text(noise: LabelNoise) -> str:
    head = f"{noise.kind}:{_number_text(noise.rate)}"
    if noise.matrix is None:
        return head
    if len(noise.matrix) > MAX_LINK_CLASSES:
        return f"{head}:{LEFT_OUT}"
    packed = zlib.compress(np.array(noise.matrix, dtype="<f8").tobytes(), 9)
    return f"{head}:{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def _noise(text: str) -> LabelNoise:
    kind, _, rest = text.partition(":")
    rate, _, packed = rest.partition(":")
    return LabelNoise(kind, _number(rate, "noise rate"), _matrix(packed) if packed else None)


def _matrix(packed: str) -> tuple[tuple[float, ...], ...]:
    limit = 8 * MAX_LINK_CLASSES**2
    try:
        squeezed = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
        data = zlib.decompressobj().decompress(squeezed, limit + 1)
        flat = np.frombuffer(data, dtype="<f8")
        size = math.isqrt(len(flat))
        return tuple(tuple(float(x) for x in row) for row in flat.reshape(size, size))
    except (ValueError, zlib.error):
        raise AddressError("the noise matrix in the address cannot be read") from None


_LEFT_OUT_MESSAGE = (
    f"A link does not carry a noise matrix of more than {MAX_LINK_CLASSES} classes: load its CSV "
    "file on the page Noise tolerance. Until then the noise is symmetric."
)


def _without_left_out(address: str) -> str:
    """The address with symmetric noise where a large matrix was left out."""
    return re.sub(rf";{CUSTOM}:([^:;]*):{LEFT_OUT};", r";symmetric:\1;", address)


def read_address(query: Mapping[str, str]) -> tuple[Workspace | None, str | None]:
    """What the address holds: a workspace, or None, and a sentence where it was not understood."""
    if PARAMETER not in query:
        return None, None
    try:
        address = _without_left_out(query[PARAMETER])
        return decode(address), None if address == query[PARAMETER] else _LEFT_OUT_MESSAGE
    except AlfsError as error:
        reason = shorten(str(error), MAX_REASON, placeholder=" …")
        return None, f"The link was not understood, so the lab opened with its defaults: {reason}."


def label(spec: LossSpec) -> str:
    """A loss as a legend names it: every number that differs from the library's default."""
    defaults = family(spec.name).defaults
    changed = [f"{k} {v:g}" for k, v in spec.values if defaults[k] != v]
    name = short(spec.name.removeprefix(FORMULA), MAX_NAME)
    return f"{name} ({', '.join(changed)})" if changed else name
