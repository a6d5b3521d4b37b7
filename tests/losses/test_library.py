"""The registry: complete, consistent, and strict about what it is given."""

import math
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given

from alfs_core import losses
from alfs_core.errors import AlfsError, DomainError
from alfs_core.losses import (
    AGCE,
    AUL,
    CE,
    GCE,
    GROUPS,
    LOSSES,
    MAE,
    TCE,
    Loss,
    LossSpec,
    Normalized,
    Weighted,
    family,
)
from alfs_core.losses.base import Domain, Parameter
from alfs_core.losses.presets import PRESETS, SETS
from alfs_core.references import REFERENCES
from tests.strategies import specs

PARAMETERS = [(name, p) for name in LOSSES for p in LOSSES[name].parameters]


def parameter_id(value):
    return value.name if isinstance(value, Parameter) else str(value)


def test_every_loss_of_the_papers_is_there():
    single = "CE FL MAE RCE NMAE NRCE MSE GCE TCE AGCE AUL AEL AMSE AMSE_q ANL NGCE NCE NFL NNCE "
    single += "NNFL bi-tempered PolySoft ECE EFL LC LDR"
    sums = "SCE JAL-CE JAL-FL NCE+NNCE NFL+NNFL ECE+MAE EFL+MAE"
    passive = ("MAE", "RCE", "AGCE", "AUL", "AEL")
    paired = {f"{a}+{x}" for a in ("NCE", "NFL", "NGCE") for x in passive}
    assert set(LOSSES) == set(single.split()) | set(sums.split()) | paired


def test_every_exported_loss_class_is_reachable():
    built = {type(part) for entry in LOSSES.values() for part in parts_of(entry.build())}
    classes = [getattr(losses, name) for name in losses.__all__]
    concrete = {c for c in classes if isinstance(c, type) and issubclass(c, Loss)}
    assert concrete - {losses.Loss, losses.LocalLoss} <= built


def parts_of(loss):
    inner = (
        [loss.base] if hasattr(loss, "base") else [part for _, part in getattr(loss, "terms", ())]
    )
    return [loss, *(part for child in inner for part in parts_of(child))]


@pytest.mark.parametrize("name", LOSSES)
def test_declarations(name):
    entry = LOSSES[name]
    loss = entry.build()

    assert entry.name == name
    assert entry.title
    assert entry.latex
    assert entry.group in GROUPS
    assert entry.note.endswith(".")
    assert entry.source in REFERENCES
    assert loss.source in REFERENCES
    assert loss.direction in ("active", "passive", "mixed")
    assert len({p.symbol for p in entry.parameters}) == len(entry.parameters)


@pytest.mark.parametrize(
    ("direction", "names"),
    [
        ("active", "CE FL GCE TCE AGCE AUL AEL NGCE NCE NFL bi-tempered PolySoft ECE EFL LC LDR"),
        ("passive", "MAE RCE NMAE NRCE MSE AMSE AMSE_q ANL NNCE NNFL"),
        ("mixed", "SCE JAL-CE NCE+MAE NCE+NNCE"),
    ],
)
def test_active_and_passive_as_the_papers_say(direction, names):
    assert {LOSSES[name].build().direction for name in names.split()} == {direction}


# ------------------------------------------------------------------------------- parameters


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS, ids=parameter_id)
def test_typical_ranges(name, parameter):
    low, high = parameter.typical

    assert low < high
    assert low in parameter.domain
    assert high in parameter.domain
    assert low <= parameter.default <= high
    assert parameter.logarithmic == (low > 0 and high / low > 100)


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS, ids=parameter_id)
def test_domains_refuse_what_lies_outside(name, parameter):
    domain = parameter.domain
    for end, is_open, beyond in (
        (domain.low, domain.low_open, -1.0),
        (domain.high, domain.high_open, 1.0),
    ):
        outside = end if is_open else end + beyond
        with pytest.raises(DomainError) as refusal:
            LossSpec.of(name, **{parameter.name: outside})
        assert str(refusal.value) == f"{name}: {parameter.name} = {outside:g} lies outside {domain}"
        if not is_open:
            LossSpec.of(name, **{parameter.name: end})


def test_the_sentence_of_a_refusal():
    with pytest.raises(DomainError) as refusal:
        AGCE(a=-1.0)
    assert str(refusal.value) == "AGCE: a = -1 lies outside (0, ∞)"
    with pytest.raises(DomainError) as refusal:
        AUL(a=0.5)
    assert str(refusal.value) == "AUL: a = 0.5 lies outside [1, ∞)"
    with pytest.raises(DomainError) as refusal:
        TCE(t=2.5)
    assert str(refusal.value) == "TCE: t = 2.5 is not a whole number"
    with pytest.raises(DomainError) as refusal:
        GCE(q="0.7")
    assert str(refusal.value) == "GCE: q = '0.7' is not a number"


NO_NUMBERS = (math.nan, math.inf, -math.inf, "1", "", None, True, 1j, [1], {})


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS, ids=parameter_id)
def test_no_number_no_loss(name, parameter):
    for bad in NO_NUMBERS:
        with pytest.raises(DomainError):
            LossSpec.of(name, **{parameter.name: bad})
        with pytest.raises(DomainError):
            LossSpec.from_json({"name": name, "values": {parameter.name: bad}})


def test_unknown_names():
    with pytest.raises(DomainError, match=r"no loss is called 'BCE'; close to it are .*CE"):
        family("BCE")
    with pytest.raises(DomainError, match="GCE: no parameter 'gamma'; it has q"):
        LossSpec.of("GCE", gamma=1.0)
    with pytest.raises(DomainError, match="MAE: no parameter 'q'; it has none"):
        LossSpec.of("MAE", q=1.0)


@pytest.mark.parametrize(
    "record", [None, [], "CE", {}, {"name": 3}, {"name": "CE", "values": [1]}, {"name": ["CE"]}]
)
def test_what_is_not_a_record(record):
    with pytest.raises(DomainError):
        LossSpec.from_json(record)


def test_weights_of_a_sum():
    with pytest.raises(DomainError, match=r"CE\+MAE: weight = -1 lies outside \[0, ∞\)"):
        Weighted(((-1.0, CE()), (1.0, MAE())))
    with pytest.raises(DomainError, match="every weight is 0"):
        Weighted(((0.0, CE()), (0.0, MAE())))
    with pytest.raises(DomainError, match="is not a number"):
        Weighted((("1", CE()), (1.0, MAE())))


def test_domains_print_as_intervals():
    assert str(Domain(0, math.inf, low_open=True, high_open=True)) == "(0, ∞)"
    assert str(Domain(0, 1, high_open=True)) == "[0, 1)"
    assert 1.0 not in Domain(0, 1, high_open=True)
    assert math.nan not in Domain(0, 1)


def test_losses_do_not_change():
    with pytest.raises(FrozenInstanceError):
        AGCE().a = 2.0
    assert replace(AGCE(), a=2.0) == AGCE(a=2.0)


# ---------------------------------------------------------------------------------- records


@given(specs())
def test_records_return(spec):
    assert LossSpec.from_json(spec.to_json()) == spec
    assert spec.build() == LossSpec.of(spec.name, **dict(spec.values)).build()
    assert hash(spec) == hash(LossSpec.from_json(spec.to_json()))


def test_equal_numbers_make_equal_records():
    assert LossSpec.of("AMSE", a=30) == LossSpec.of("AMSE", a=np.float64(30.0))
    assert repr(LossSpec.of("AMSE", a=30)) == repr(LossSpec.of("AMSE", a=np.float32(30.0)))


def test_representations_tell_losses_apart():
    built = [LOSSES[name].build() for name in LOSSES]
    assert len({repr(loss) for loss in built}) == len(built)


def test_labels():
    assert LossSpec.of("CE").label == "CE"
    assert LossSpec.of("AGCE", a=6, q=1.5).label == "AGCE (6, 1.5)"


# ---------------------------------------------------------------------------------- presets


@pytest.mark.parametrize("name", PRESETS)
def test_presets_lie_on_the_sliders(name):
    typical = {p.name: p.typical for p in LOSSES[name].parameters}
    for dataset, preset in PRESETS[name].items():
        assert preset.source
        for key, value in preset.values.items():
            low, high = typical[key]
            assert low <= value <= high, (dataset, key)
        LossSpec.of(name, **preset.values)


@pytest.mark.parametrize(
    ("name", "dataset", "values"),
    [
        ("AGCE", "CIFAR-10", {"a": 0.6, "q": 0.6}),
        ("AGCE", "WebVision", {"a": 1e-5, "q": 0.5}),
        ("AUL", "MNIST", {"a": 3, "p": 0.1}),
        ("NCE+AGCE", "CIFAR-100", {"alpha": 10, "beta": 0.1, "a": 1.8, "q": 3}),
        ("JAL-CE", "CIFAR-100", {"alpha": 5, "beta": 1, "a": 20}),
        ("ECE+MAE", "CIFAR-100 symmetric 60 %", {"alpha": 0.00125, "beta": 1, "m": 1e4}),
    ],
)
def test_presets_of_the_table(name, dataset, values):
    assert PRESETS[name][dataset].values == values


def test_sets_fit_a_workspace():
    assert set(SETS) == {"ALF paper", "APL", "Joint asymmetric", "classics"}
    for chosen in SETS.values():
        assert 1 <= len(set(chosen)) == len(chosen) <= 6
        for spec in chosen:
            spec.build()


def test_errors_are_ours():
    assert issubclass(DomainError, AlfsError)
    assert issubclass(DomainError, ValueError)


def test_normalized_names():
    assert Normalized(GCE()).name == "NGCE"
    assert Normalized(GCE()).title == "Normalized generalized cross entropy"


@pytest.mark.parametrize(
    ("typed", "near"),
    [("AGEC", "AGCE"), ("nce+agce", "NCE+AGCE"), ("Polysoft", "PolySoft"), ("JAL-C", "JAL-CE")],
)
def test_a_mistyped_name_is_answered_with_those_near_it(typed, near):
    with pytest.raises(DomainError) as caught:
        family(typed)

    assert near in str(caught.value)
    assert len(str(caught.value)) < 100


def test_a_name_like_none_says_how_many_there_are():
    with pytest.raises(DomainError, match=f"the library has {len(LOSSES)} losses"):
        family("?" * 500)
