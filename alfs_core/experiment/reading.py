"""From the settings of a text to an experiment, and to what was not understood of it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from alfs_core.errors import AlfsError, DomainError
from alfs_core.experiment.names import (
    CONVENTIONS,
    EVERY_PARAMETER,
    PEOPLE,
    UNCOUNTED,
    Convention,
    DataSet,
    column,
    data_set,
    loss_name,
    parameter_name,
    published,
)
from alfs_core.experiment.settings import Setting, Unread, settings_of
from alfs_core.losses import LossSpec, family
from alfs_core.losses.formula import FORMULA
from alfs_core.noise.transition import KINDS, LabelNoise

MAX_CLASSES = 1000
ASSUMED_CLASSES = 10
LEAST_PERCENT = 2  # a rate from here on is taken for per cent; 1.4 is nearer to a slip of the pen
REACH = 100  # times the typical range, which contains all published values


@dataclass(frozen=True)
class Row:
    """One thing that was understood, and where it comes from; ``given``: from the text itself."""

    what: str
    value: str
    source: str
    given: bool = True


@dataclass(frozen=True)
class Experiment:
    """A loss on noisy labels of a data set, as a text describes it.

    ``scale`` multiplies the loss; ``stated_classes`` is the number of classes that the text gives,
    ``num_classes`` that of the data, which is ``assumed`` where the text names neither. ``spec`` or
    ``noise`` is None where the text leaves it open, which ``unread`` then says. ``code`` is the
    repository whose names and defaults it follows.
    """

    spec: LossSpec | None
    noise: LabelNoise | None
    dataset: str
    num_classes: int
    stated_classes: int | None = None
    assumed: bool = False
    scale: float = 1.0
    code: str = ""
    understood: tuple[Row, ...] = ()
    unread: tuple[Unread, ...] = ()
    repeated: tuple[Unread, ...] = ()  # given twice: the last was taken

    @property
    def gaps(self) -> tuple[Unread, ...]:
        """What was not understood although a verdict hangs on it; with any, there is none."""
        return tuple(piece for piece in self.unread if piece.decides)

    @property
    def classes(self) -> str:
        """The number of classes in words, with where it comes from."""
        of = f" of {self.dataset}" if self.dataset else ""
        return f"{self.num_classes} classes{of}{' (assumed)' if self.assumed else ''}"


def read(text: str) -> Experiment:
    """The experiment that a command line, a JSON or YAML config or printed arguments describe.

    Raises nothing: what cannot be read is listed in ``unread`` with its place.
    """
    found = settings_of(text)
    reader = _Reader(found.settings, list(found.unread), _convention(found.settings, found.script))
    return reader.experiment()


# ---- which program is it? -------------------------------------------------------------------


def _convention(settings: tuple[Setting, ...], script: str) -> str:
    """The program whose options these are, by those that only it has; "" for none of them."""
    names = {s.name for s in settings}
    paths = {tuple(part.lower() for part in s.path) for s in settings}
    losses = [s.value.lower() for s in settings if s.name == "loss"]
    if ("criterion", "name") in paths:
        return "APL config"
    if names & {"nr", "dataset_type", "l2_reg", "run_version"}:
        return "APL train.py"
    if "version" in names and names & {"config_path", "exp_name"}:
        return "APL main.py"
    if script == "main_real_world.py":
        return "JAL real data"
    if names & {"noise_method", "trials"} or any("amse" in loss for loss in losses):
        return "JAL"
    lower_case = any(s.name == "dataset" and s.value.startswith("cifar") for s in settings)
    if script == "main.py" and lower_case and "times" not in names:
        return "JAL"
    return "ALFs" if script in ("main.py", "exp.py") else ""


# ---- reading --------------------------------------------------------------------------------

_LOSS = {"loss", "criterion", "loss_fn", "loss_function", "loss_name", "loss_type"}
_RATE = {"noise_rate", "nr", "rate", "eta", "noise_level", "noise_ratio", "corruption_prob"}
_KIND = {"noise_type", "noise", "label_noise", "noise_mode", "noise_kind", "corruption_type"}
_DATA = {"dataset", "dataset_type", "data_set", "dataset_name"}
_CLASSES = {"num_classes", "classes", "n_classes", "nb_classes", "num_class"}
_SCALE = {"scale", "loss_scale"}
_NAMES = {"name", "type", "kind", "mode", "_target_"}  # inside a group that says of what
_SHARES = {"level", "ratio", "value", "prob"}
_NOISE_WORDS = {
    "clean": "none",
    "none": "none",
    "sym": "symmetric",
    "uniform": "symmetric",
    "pairflip": "pair",
    "pair_flip": "pair",
    "flip": "pair",
    "asym": "asymmetric",
}
_BY_IMAGE = {"dependent", "instance", "instance_dependent", "idn"}
# what a program is told besides: none of it changes the verdict
_ELSEWHERE = set(
    """lr learning_rate epoch epochs batch_size train_batch_size eval_batch_size momentum nesterov
    weight_decay l2_reg grad_bound grad_clip num_workers num_of_workers data_nums_workers workers
    gpu gpus device seed times trials root data_path data_root checkpoint_path log_frequency
    train_log_every resume load_model data_parallel version run_version exp_name config_path
    save_model noise_method scale_exp alpha_beta_exp model arch optimizer scheduler t_max eta_min
    help print_freq save_dir out_dir name type kind mode _target_ reduction""".split()  # noqa: SIM905
)
_ELSEWHERE_GROUPS = set(
    """model optimizer scheduler lr_scheduler trainer evaluator augmentation transform mixup ema
    logger""".split()  # noqa: SIM905
)
_SCALED_BY_ALPHA = {"NCE", "MAE", "NMAE", "RCE", "NRCE", "NGCE", "NFL"}  # of APL's train.py


@dataclass
class _Reader:
    """Settings that are taken one after the other; what is left at the end was not understood."""

    settings: tuple[Setting, ...]
    unread: list[Unread]
    program: str
    rows: list[Row] = field(default_factory=list)
    taken: set[Setting] = field(default_factory=set)
    repeated: list[Unread] = field(default_factory=list)

    @property
    def convention(self) -> Convention | None:
        return CONVENTIONS.get(self.program)

    @property
    def default(self) -> str:
        """Where a default comes from, in words."""
        return f"default of the {self.convention.code} code" if self.convention else "assumed"

    def experiment(self) -> Experiment:
        stated = self.classes()
        data = self.data(stated)
        assumed = data is None and stated is None
        if assumed:
            self.assume("Classes", str(ASSUMED_CLASSES), "assumed: no data set that is known")
        num_classes = data.num_classes if data else stated or ASSUMED_CLASSES
        spec, scale = self.loss(data)
        noise = self.noise(data, num_classes)
        self.leftovers(spec)
        return Experiment(
            spec,
            noise,
            data.name if data else "",
            num_classes,
            stated,
            assumed,
            scale,
            self.convention.code if self.convention else "",
            tuple(self.rows),
            tuple(self.unread),
            tuple(self.repeated),
        )

    # -- pieces

    def take(self, names: set[str]) -> Setting | None:
        """The last setting of one of these names, as programs take it."""
        return self.last([s for s in self.settings if s.name in names and not self.elsewhere(s)])

    def grouped(self, groups: set[str], names: set[str]) -> Setting | None:
        """A setting inside a group, such as criterion.name."""
        return self.last(
            [
                s
                for s in self.settings
                if s.name in names and s.groups and s.groups[-1] in groups and s not in self.taken
            ]
        )

    def short(self, name: str, means: Callable[[str], object]) -> Setting | None:
        """An option whose value says what its short name leaves open: -l AGCE."""
        found = [s for s in self.settings if s.name == name and means(s.value) is not None]
        return self.last(found)

    def last(self, found: list[Setting]) -> Setting | None:
        """The last of these; where they differ, that there are several is said."""
        self.taken.update(found)
        if len({s.value.lower() for s in found}) > 1:
            # of one name the last counts, in argparse as in YAML; of two names no one knows
            same = len({s.path for s in found}) == 1
            counts = f"; the last, {found[-1].value[:40]}, counts" if same else ""
            why = f"it is given twice{counts}"
            places = " and ".join(dict.fromkeys(s.place for s in found))
            (self.repeated if same else self.unread).append(
                Unread(found[0].shown[:80], why, places, not same)
            )
        return found[-1] if found else None

    def stray(self, means: Callable[[str], object]) -> Setting | None:
        """A setting of no known name whose value means something all the same."""
        for s in self.settings:
            known = s in self.taken or self.elsewhere(s) or s.name in _ELSEWHERE
            if not known and means(s.value) is not None:
                return s
        return None

    def elsewhere(self, s: Setting) -> bool:
        return bool(set(s.groups) & _ELSEWHERE_GROUPS)

    def tell(self, what: str, value: str, source: str) -> None:
        self.rows.append(Row(what, value, source))

    def assume(self, what: str, value: str, source: str) -> None:
        self.rows.append(Row(what, value, source, given=False))

    def refuse(self, s: Setting, why: str, decides: bool = False) -> None:
        if re.search(r"\$\{?\w", s.value) and decides:
            why = "it is a variable: write its value, one at a time"
        what = f"{s.shown} {s.value}".strip()[:80]
        self.taken.add(s)
        self.unread.append(Unread(what, why, s.place, decides))

    def open(self, what: str, why: str) -> None:
        """Something that a verdict needs and the text does not give."""
        self.unread.append(Unread(what, why, "", decides=True))

    def data(self, stated: int | None) -> DataSet | None:
        given = (
            self.take(_DATA)
            or self.grouped({"data", *_DATA}, _NAMES)
            or self.config_folder(data_set)
            or self.short("d", data_set)
            or self.short("data", data_set)
        )
        if given is not None:
            if known := data_set(given.value):
                self.tell("Data set", known.name, given.place)
                return known
            self.refuse(given, "no data set of this name is known", stated is None)
            return None
        if stray := self.stray(data_set):
            self.refuse(stray, "it may name the data set: write --dataset", stated is None)
            return None
        known = data_set(self.convention.dataset) if self.convention else None
        if known is None or stated not in (None, known.num_classes):
            return None  # the number of classes that is given tells that it is not the default
        self.assume("Data set", known.name, self.default)
        return known

    def config_folder(self, means: Callable[[str], object]) -> Setting | None:
        """``--config_path configs/cifar10/sym`` says the data set and the noise by its folders."""
        for s in self.settings:
            if s.name == "config_path":
                for part in re.split(r"[/\\]", s.value):
                    if means(part) is not None:
                        return Setting(s.path, part, s.place)
        return None

    def classes(self) -> int | None:
        given = self.take(_CLASSES)
        if given is None:
            return None
        if given.value.isascii() and given.value.isdigit() and len(given.value) < 5:
            count = int(given.value)
            if 2 <= count <= MAX_CLASSES:
                self.tell("Classes", str(count), given.place)
                return count
        why = f"the number of classes is a whole number from 2 to {MAX_CLASSES}"
        self.refuse(given, why, decides=True)
        return None

    # -- loss

    def loss(self, data: DataSet | None) -> tuple[LossSpec | None, float]:
        given = (
            self.take(_LOSS)
            or self.grouped(_LOSS, _NAMES)
            or self.version()
            or self.short("l", loss_name)
        )
        if given is None:
            if stray := self.stray(_long_loss_name):
                self.refuse(stray, "it may name the loss: write --loss", decides=True)
                return None, 1.0
            given = self.default_loss()
        if given is None:
            self.open("the loss", "no loss is named")
            return None, 1.0
        name = loss_name(given.value)
        if name is None:
            self.refuse(given, "the library has no loss of this name", decides=True)
            return None, 1.0
        try:
            return self.built(name, given.place, data)
        except AlfsError as error:
            self.refuse(given, str(error), decides=True)
            return None, 1.0

    def default_loss(self) -> Setting | None:
        if self.convention is None or not self.convention.loss:
            return None
        return Setting(("loss",), self.convention.loss, self.default)

    def built(self, name: str, place: str, data: DataSet | None) -> tuple[LossSpec, float]:
        """The loss with its parameters, and the factor before it; DomainError, FormulaError."""
        shown = name.removeprefix(FORMULA)
        told = self.assume if place == self.default else self.tell
        told("Loss", shown if len(shown) <= 60 else f"{shown[:60]} …", place)
        scale = self.scale(name)
        spec = LossSpec.of(name, **self.values(name, data))
        _computable(spec)
        return spec, scale

    def version(self) -> Setting | None:
        """The APL program finds its loss in the config file that ``--version`` names."""
        if self.program != "APL main.py":
            return None
        return next((s for s in self.settings if s.name == "version"), None)

    def values(self, loss: str, data: DataSet | None) -> dict[str, float]:
        """The parameters: as given, else as the code has them for the data set, else ours."""
        values: dict[str, float] = {}
        given = self.given_values(loss)
        fallback, source = self.defaults(loss, data)
        defaults = family(loss).defaults
        for name in defaults:
            if name in given:
                values[name] = given[name]
            elif name in fallback:
                values[name] = fallback[name]
                self.assume(name, f"{fallback[name]:g}", source)
            else:
                self.assume(name, f"{defaults[name]:g}", "assumed: the library's default")
        return values

    def given_values(self, loss: str) -> dict[str, float]:
        found: dict[str, float] = {}
        for parameter in family(loss).defaults:
            s = self.last([s for s in self.settings if self.sets(s, loss, parameter)])
            if s is None:
                continue
            value = _number(s.value)
            if value is None:
                self.refuse(s, "it is not a finite number", decides=True)
            elif abs(value) > (far := _reach(loss, parameter)):
                self.refuse(s, f"values up to {far:g} are taken from a text", decides=True)
            else:
                found[parameter] = value
                self.tell(parameter, f"{value:g}", s.place)
        return found

    def sets(self, s: Setting, loss: str, parameter: str) -> bool:
        named = parameter_name(loss, s.word.strip().replace("-", "_"))
        return named == parameter and s not in self.taken and not self.elsewhere(s)

    def defaults(self, loss: str, data: DataSet | None) -> tuple[Mapping[str, float], str]:
        """What stands in for parameters that are not given, and where it comes from."""
        convention = self.convention
        if convention is not None and convention.values is not None:
            return convention.values, self.default
        code = convention.code if convention else ""
        preset = published(loss, data.name, code) if data else None
        if preset is None or data is None:
            return {}, ""
        return preset.values, f"{preset.source} for {data.name}"

    def scale(self, loss: str) -> float:
        names = _SCALE | ({"alpha"} if self.program == "APL train.py" else set())
        if "alpha" in names and loss not in _SCALED_BY_ALPHA:
            names = _SCALE
        given = self.take(names)
        if given is None:
            return 1.0
        value = _number(given.value)
        if value is None or value <= 0:
            self.refuse(given, "a scale is a positive number", decides=True)
            return 1.0
        self.tell("Scale", f"{value:g}", given.place)
        return value

    # -- noise

    def noise(self, data: DataSet | None, num_classes: int) -> LabelNoise | None:
        number = self.take({"noise", "label_noise"}) if self.numeric_noise() else None
        kind = self.kind(data, share := self.share(number))
        if kind is None:
            return None
        own = kind == "none" or KINDS[kind].fixed is not None
        rate = 0.0 if own else self.rate(share)
        if rate is None:
            return None
        try:
            noise = LabelNoise(kind, rate)
            noise.transition(num_classes)
        except AlfsError as error:
            self.open("the noise", str(error))
            return None
        return noise

    def numeric_noise(self) -> bool:
        """``noise: 0.4`` is a rate, ``noise: symmetric`` a kind."""
        named = (s for s in self.settings if s.name in ("noise", "label_noise"))
        return any(_share(s.value) is not None for s in named)

    def share(self, number: Setting | None) -> Setting | None:
        """The setting of the noise rate, or of what stands in its place."""
        return self.take(_RATE) or number or self.grouped(_KIND, _SHARES) or self.short("r", _share)

    def kind(self, data: DataSet | None, share: Setting | None) -> str | None:
        """The kind of noise, one of ``KINDS``."""
        given = self.kind_given()
        if share is not None and (column(share.value) or share.value.lower() in UNCOUNTED):
            told = given.value.lower() if given else ""
            if given is not None and told not in PEOPLE and column(told) is None:
                self.refuse(share, f"{told} noise has a number as its rate", decides=True)
                return None
            given = share
        if given is None:
            if stray := self.stray(_rare_noise):
                self.refuse(stray, "it may name the noise: write --noise_type", decides=True)
                return None
            self.assume("Label noise", KINDS["symmetric"].title, self.default)
            return "symmetric"
        return self.known_kind(given, data)

    def kind_given(self) -> Setting | None:
        switch = self.take({"asym", "asymmetric"})
        given = self.take(_KIND - {"noise", "label_noise"} if self.numeric_noise() else _KIND)
        given = given or self.grouped(_KIND, _NAMES)
        if given is None and switch is not None:
            off = switch.value.lower() in ("false", "0", "no")
            return Setting(switch.path, "symmetric" if off else "asymmetric", switch.place)
        return given or self.config_folder({"sym": "sym", "asym": "asym"}.get)

    def known_kind(self, given: Setting, data: DataSet | None) -> str | None:
        word = given.value.strip().lower().replace("-", "_").replace(" ", "_")
        word = _NOISE_WORDS.get(word, word)
        if word in _BY_IMAGE:
            why = "this noise depends on the image, so no one matrix describes it"
        elif word in UNCOUNTED:
            why = "the labels of CIFAR-100N are not counted here; estimate their matrix instead"
        elif word in PEOPLE:
            why = "it has several label sets: name aggre, rand1, rand2, rand3 or worst"
        elif (labels := column(word)) and data and data.name != "CIFAR-10":
            why = f"these labels by people are of CIFAR-10, not of {data.name}"
        elif labels:
            return self.settled(f"human-{labels}", given)
        elif word == "asymmetric":
            if data is not None and data.pairs:
                return self.settled(data.pairs, given)
            what = data.name if data else "an unknown data set"
            why = f"which labels are exchanged is not known for {what}"
        elif (kind := word.replace("_", "-")) in KINDS:
            return self.settled(kind, given)
        else:
            why = f"no noise of this name is known; there is {', '.join(KINDS)}"
        self.refuse(given, why, decides=True)
        return None

    def settled(self, kind: str, given: Setting) -> str:
        self.tell("Label noise", KINDS[kind].title, given.place)
        return kind

    def rate(self, given: Setting | None) -> float | None:
        if given is None:
            default = self.convention.rate if self.convention else 0.0
            if default == 0:
                self.open("the noise rate", "none is given, so nothing was tested")
                return None
            self.assume("Noise rate", f"{default:g}", self.default)
            return default
        value = _share(given.value)
        if value is None:
            why = "a noise rate is a number from 0 to 1"
            per_cent = _number(given.value)
            if per_cent is not None and LEAST_PERCENT <= per_cent <= 100:
                why += f"; did you mean {per_cent / 100:g}?"
            self.refuse(given, why, decides=True)
            return None
        self.tell("Noise rate", f"{value:g}", given.place)
        return value

    # -- the rest

    def leftovers(self, spec: LossSpec | None) -> None:
        """What no one took: parameters of other losses, and names that are not known."""
        for s in self.settings:
            if s in self.taken or self.elsewhere(s) or s.name in _ELSEWHERE:
                continue
            if s.name not in EVERY_PARAMETER and s.word not in EVERY_PARAMETER:
                self.refuse(s, "this name is not known")
            elif spec is not None:
                self.refuse(s, "the loss has no such parameter, so it has no effect")


def _long_loss_name(text: str) -> str | None:
    """A loss, where a text names one and hardly anything else: AGCE, not q or t."""
    return loss_name(text) if len(text) > 1 else None


def _rare_noise(text: str) -> str | None:
    """A kind of noise other than the one that is assumed."""
    word = text.lower().replace("-", "_")
    rare = _NOISE_WORDS.get(word, word) in ("pair", "asymmetric", *_BY_IMAGE) or column(text)
    return word if rare else None


def _reach(loss: str, parameter: str) -> float:
    """The largest value that is taken: TCE of order 10^15 would be computed for hours."""
    (declared,) = (p for p in family(loss).parameters if p.name == parameter)
    return REACH * max(map(abs, declared.typical))


def _computable(spec: LossSpec) -> None:
    """Raises DomainError where the loss is beyond double precision, as (a + 1)^q at a = 1e300."""
    inside = np.array([0.3, 0.1, 0.6])
    try:
        with np.errstate(all="ignore"):
            finite = np.isfinite(spec.build().partial(inside)).all()
    except ArithmeticError:
        finite = False
    if not finite:
        raise DomainError(f"{spec.name}: its values exceed what a computer's numbers can hold")


def _number(text: str) -> float | None:
    """A finite number; None for anything else."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _share(text: str) -> float | None:
    """A number from 0 to 1, or a percentage with its sign; None for anything else."""
    bare = text.strip()
    value = _number(bare.removesuffix("%"))
    if value is not None and bare.endswith("%"):
        value = float(f"{value / 100:.12g}")
    return value if value is not None and 0 <= value <= 1 else None
