"""From the settings of a text to an experiment, and to what was not understood of it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from alfs_core.errors import AlfsError, DomainError
from alfs_core.experiment.names import (
    CONVENTIONS,
    EVERY_PARAMETER,
    Convention,
    DataSet,
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
REACH = 100  # times the typical range, which contains all published values


@dataclass(frozen=True)
class Row:
    """One thing that was understood, and where it comes from."""

    what: str
    value: str
    source: str


@dataclass(frozen=True)
class Experiment:
    """A loss on noisy labels of a data set, as a text describes it.

    ``scale`` multiplies the loss; ``stated_classes`` is the number of classes that the text gives,
    ``num_classes`` that of the data. ``spec`` or ``noise`` is None where the text leaves it open,
    which ``unread`` then says. ``code`` is the repository whose names and defaults it follows.
    """

    spec: LossSpec | None
    noise: LabelNoise | None
    dataset: str
    num_classes: int
    stated_classes: int | None = None
    scale: float = 1.0
    code: str = ""
    understood: tuple[Row, ...] = ()
    unread: tuple[Unread, ...] = ()


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
_KIND = {"noise_type", "noise", "noise_mode", "noise_kind", "corruption_type"}
_DATA = {"dataset", "dataset_type", "data_set", "dataset_name"}
_CLASSES = {"num_classes", "classes", "n_classes", "nb_classes", "num_class"}
_SCALE = {"scale", "loss_scale"}
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
_BY_IMAGE = {"dependent", "instance", "instance_dependent", "idn", "human", "real"}
_HUMAN = {"worst", "aggre", "rand1", "rand2", "rand3", "clean100", "noisy100"}
# what a program is told besides: none of it changes the verdict
_ELSEWHERE = set(
    """lr learning_rate epoch epochs batch_size train_batch_size eval_batch_size momentum nesterov
    weight_decay l2_reg grad_bound grad_clip num_workers num_of_workers data_nums_workers workers
    gpu gpus device seed times trials root data_path data_root checkpoint_path log_frequency
    train_log_every resume load_model data_parallel version run_version exp_name config_path
    save_model noise_method scale_exp alpha_beta_exp model arch optimizer scheduler t_max eta_min
    help print_freq save_dir out_dir name type reduction""".split()  # noqa: SIM905
)
_ELSEWHERE_GROUPS = {"model", "optimizer", "scheduler", "trainer", "evaluator"}
_SCALED_BY_ALPHA = {"NCE", "MAE", "NMAE", "RCE", "NRCE", "NGCE", "NFL"}  # of APL's train.py


@dataclass
class _Reader:
    """Settings that are taken one after the other; what is left at the end was not understood."""

    settings: tuple[Setting, ...]
    unread: list[Unread]
    program: str
    rows: list[Row] = field(default_factory=list)
    taken: set[Setting] = field(default_factory=set)

    @property
    def convention(self) -> Convention | None:
        return CONVENTIONS.get(self.program)

    @property
    def default(self) -> str:
        """Where a default comes from, in words."""
        return f"default of the {self.convention.code} code" if self.convention else "assumed"

    def experiment(self) -> Experiment:
        data = self.data()
        stated = self.classes()
        num_classes = data.num_classes if data else stated or self.assumed_classes()
        spec, scale = self.loss(data)
        noise = self.noise(data, num_classes)
        self.leftovers()
        return Experiment(
            spec,
            noise,
            data.name if data else "",
            num_classes,
            stated,
            scale,
            self.convention.code if self.convention else "",
            tuple(self.rows),
            tuple(self.unread),
        )

    # -- pieces

    def take(self, names: set[str]) -> Setting | None:
        """The last setting of one of these names; earlier ones are overridden, as in argparse."""
        found = [s for s in self.settings if s.name in names and not self.elsewhere(s)]
        self.taken.update(found)
        return found[-1] if found else None

    def elsewhere(self, s: Setting) -> bool:
        return bool({part.lower() for part in s.path[:-1]} & _ELSEWHERE_GROUPS)

    def tell(self, what: str, value: str, source: str) -> None:
        self.rows.append(Row(what, value, source))

    def refuse(self, s: Setting, why: str) -> None:
        self.unread.append(Unread(f"{'.'.join(s.path)} {s.value}".strip()[:80], why, s.place))

    def data(self) -> DataSet | None:
        given = self.take(_DATA) or self.grouped("dataset", "name") or self.config_folder()
        if given is not None:
            if known := data_set(given.value):
                self.tell("Data set", known.name, given.place)
                return known
            self.refuse(given, "no data set of this name is known")
            return None
        known = data_set(self.convention.dataset) if self.convention else None
        if known:
            self.tell("Data set", known.name, self.default)
        return known

    def grouped(self, group: str, name: str) -> Setting | None:
        """A setting inside a group, such as criterion.name; a data set's loader is no data set."""
        for s in self.settings:
            if [part.lower() for part in s.path[-2:]] == [group, name]:
                self.taken.add(s)
                return None if s.value == "DatasetGenerator" else s
        return None

    def config_folder(self) -> Setting | None:
        """``--config_path configs/cifar10/sym`` names the data set by a folder."""
        for s in self.settings:
            if s.name == "config_path":
                for part in re.split(r"[/\\]", s.value):
                    if data_set(part):
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
        self.refuse(given, f"the number of classes is a whole number from 2 to {MAX_CLASSES}")
        return None

    def assumed_classes(self) -> int:
        self.tell("Classes", "10", "assumed: neither a data set nor a number is given")
        return 10

    # -- loss

    def loss(self, data: DataSet | None) -> tuple[LossSpec | None, float]:
        given = self.take(_LOSS) or self.grouped("criterion", "name") or self.version()
        if given is None and not (self.convention and self.convention.loss):
            self.unread.append(Unread("the loss", "no loss is named", "nowhere"))
            return None, 1.0
        if given is None:
            given = Setting(
                ("loss",), self.convention.loss if self.convention else "", self.default
            )
        name = loss_name(given.value)
        if name is None:
            self.refuse(given, "the library has no loss of this name")
            return None, 1.0
        try:
            return self.built(name, given.place, data)
        except AlfsError as error:
            self.refuse(given, str(error))
            return None, 1.0

    def built(self, name: str, place: str, data: DataSet | None) -> tuple[LossSpec, float]:
        """The loss with its parameters, and the factor before it; DomainError, FormulaError."""
        shown = name.removeprefix(FORMULA)
        self.tell("Loss", shown if len(shown) <= 60 else f"{shown[:60]} …", place)
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
                self.tell(name, f"{fallback[name]:g}", source)
            else:
                self.tell(name, f"{defaults[name]:g}", "assumed: the library's default")
        return values

    def given_values(self, loss: str) -> dict[str, float]:
        found: dict[str, float] = {}
        for s in self.settings:
            known = parameter_name(loss, s.path[-1].strip().replace("-", "_"))
            if known is None or self.elsewhere(s) or s in self.taken:
                continue
            self.taken.add(s)
            value = _number(s.value)
            if value is None:
                self.refuse(s, "it is not a finite number")
            elif abs(value) > (far := _reach(loss, known)):
                self.refuse(s, f"values up to {far:g} are taken from a text")
            else:
                found[known] = value
                self.tell(known, f"{value:g}", s.place)
        return found

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
            self.refuse(given, "a scale is a positive number")
            return 1.0
        self.tell("Scale", f"{value:g}", given.place)
        return value

    # -- noise

    def noise(self, data: DataSet | None, num_classes: int) -> LabelNoise | None:
        number = self.take({"noise"}) if self.numeric_noise() else None
        kind, rate = self.kind(data), self.rate(number)
        if kind is None or rate is None:
            return None
        try:
            noise = LabelNoise(kind, 0.0 if kind == "none" else rate)
            noise.transition(num_classes)
        except AlfsError as error:
            self.unread.append(Unread("the noise", str(error), "noise type and rate"))
            return None
        return noise

    def numeric_noise(self) -> bool:
        """``noise: 0.4`` is a rate, ``noise: symmetric`` a kind."""
        return any(s.name == "noise" and _number(s.value) is not None for s in self.settings)

    def kind(self, data: DataSet | None) -> str | None:
        switch = next((s for s in self.settings if s.name in ("asym", "asymmetric")), None)
        given = self.take(_KIND - {"noise"} if self.numeric_noise() else _KIND)
        if switch is not None:
            self.taken.add(switch)
        if (
            given is None
            and switch is not None
            and switch.value.lower() not in ("false", "0", "no")
        ):
            given = Setting(switch.path, "asymmetric", switch.place)
        if given is None:
            return self.named_kind("symmetric", switch.place if switch else self.default, data)
        word = given.value.strip().lower().replace("-", "_").replace(" ", "_")
        word = _NOISE_WORDS.get(word, word)
        if word in _BY_IMAGE:
            self.refuse(given, "this noise depends on the image, so no one matrix describes it")
            return None
        if word != "asymmetric" and word.replace("_", "-") not in KINDS:
            self.refuse(given, f"no noise of this name is known; there is {', '.join(KINDS)}")
            return None
        return self.named_kind(word.replace("_", "-"), given.place, data)

    def named_kind(self, word: str, source: str, data: DataSet | None) -> str | None:
        if word == "asymmetric" and not (data and data.pairs):
            what = data.name if data else "an unknown data set"
            why = f"which labels are exchanged is not known for {what}"
            self.unread.append(Unread("asymmetric noise", why, source))
            return None
        kind = data.pairs if word == "asymmetric" and data else word
        self.tell("Label noise", KINDS[kind].title, source)
        return kind

    def rate(self, number: Setting | None) -> float | None:
        given = self.take(_RATE) or number
        if given is None:
            if self.convention is None:
                self.unread.append(Unread("the noise rate", "none is given", "nowhere"))
                return None
            self.tell("Noise rate", f"{self.convention.rate:g}", self.default)
            return self.convention.rate
        if given.value.strip().lower() in _HUMAN:
            self.refuse(given, "labels by people have no one rate; estimate their matrix instead")
            return None
        value = _number(given.value)
        if value is None or not 0 <= value <= 1:
            self.refuse(given, "a noise rate is a number from 0 to 1")
            return None
        self.tell("Noise rate", f"{value:g}", given.place)
        return value

    # -- the rest

    def leftovers(self) -> None:
        """What no one took: parameters of other losses, and names that are not known."""
        for s in self.settings:
            if s in self.taken or self.elsewhere(s) or s.name in _ELSEWHERE:
                continue
            if s.name in EVERY_PARAMETER or s.path[-1] in EVERY_PARAMETER:
                self.refuse(s, "the loss has no such parameter, so it has no effect")
            else:
                self.refuse(s, "this name is not known")


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
