"""The address bar: every workspace survives it; what a stranger writes there breaks nothing."""

import base64
import math
import string
import zlib

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from alfs_core.errors import AlfsError
from alfs_core.losses import LOSSES, LossSpec
from alfs_core.losses import family as family_of
from alfs_core.losses.base import Parameter
from alfs_core.losses.formula import FORMULA
from alfs_core.noise.transition import CUSTOM, KINDS, LabelNoise
from pages.common.workspace import (
    DEFAULT,
    MAX_CLASSES,
    MAX_LENGTH,
    MAX_LINK_CLASSES,
    MAX_LOSSES,
    PARAMETER,
    AddressError,
    Entry,
    Workspace,
    decode,
    encode,
    read_address,
)

# ---- drawn workspaces -----------------------------------------------------------------------


def values_of(parameter: Parameter) -> st.SearchStrategy[float]:
    """Numbers anywhere in the parameter's domain, the ends and the typical range among them."""
    if parameter.integer:
        low, high = parameter.typical
        return st.integers(int(low), int(high)).map(float)
    domain = parameter.domain
    anywhere = st.floats(
        domain.low if math.isfinite(domain.low) else None,
        domain.high if math.isfinite(domain.high) else None,
        exclude_min=domain.low_open and math.isfinite(domain.low),
        exclude_max=domain.high_open and math.isfinite(domain.high),
        allow_nan=False,
        allow_infinity=False,
    )
    return st.one_of(st.just(parameter.default), st.floats(*parameter.typical), anywhere)


TYPED = (
    "-log(u)",
    "max(0, 1 - 2*u) + abs(u - 1/K)",
    "log(u) / total(log(u))",
    "((a + 1)^q - (a + u)^q) / q; a = 0.6 in [0.01, 10]; q = 0.6 in [0.1, 4]",
    "(1 - u^q)/q;q=0.7 in [0.1,2]",
)


@st.composite
def specs(draw: st.DrawFn) -> LossSpec:
    names = [*LOSSES, *(FORMULA + text for text in TYPED)]
    family = family_of(draw(st.sampled_from(names)))
    values = {p.name: draw(values_of(p)) for p in family.parameters}
    try:
        return LossSpec.of(family.name, **values)
    except AlfsError:  # every weight of a sum is 0
        assume(False)
        raise


@st.composite
def matrices(draw: st.DrawFn, max_classes: int = MAX_LINK_CLASSES) -> LabelNoise:
    num_classes = draw(st.integers(2, max_classes))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = rng.dirichlet(np.full(num_classes, draw(st.sampled_from([0.01, 1.0]))), num_classes)
    matrix = tuple(tuple(float(x) for x in row) for row in rows)
    return LabelNoise(CUSTOM, draw(st.floats(0, 1)), matrix)


@st.composite
def workspaces(draw: st.DrawFn) -> Workspace:
    styles = draw(st.permutations(range(MAX_LOSSES)))[: draw(st.integers(1, MAX_LOSSES))]
    entries = tuple(Entry(draw(specs()), style) for style in styles)
    if draw(st.booleans()):
        noise = draw(matrices())
        assert noise.matrix is not None
        return Workspace(entries, noise, len(noise.matrix))
    num_classes = draw(st.integers(2, MAX_CLASSES))
    kinds = [kind for kind, entry in KINDS.items() if entry.fits(num_classes)]
    noise = LabelNoise(draw(st.sampled_from(kinds)), draw(st.floats(0, 1)))
    return Workspace(entries, noise, num_classes)


# ---- what is sent arrives -------------------------------------------------------------------


@given(workspaces())
@example(DEFAULT)
def test_a_workspace_survives_its_address(workspace):
    address = encode(workspace)

    assert decode(address) == workspace
    assert encode(decode(address)) == address


def test_a_matrix_too_large_for_an_address_is_left_out_and_said():
    K = MAX_LINK_CLASSES + 1
    rows = tuple(tuple(float(x) for x in row) for row in np.eye(K))
    workspace = Workspace(DEFAULT.entries, LabelNoise(CUSTOM, 0.3, rows), K)
    opened, message = read_address({PARAMETER: encode(workspace)})

    assert len(encode(workspace)) < 200
    assert opened == Workspace(DEFAULT.entries, LabelNoise("symmetric", 0.3), K)
    assert "more than 20 classes" in message


@pytest.mark.parametrize("name", LOSSES)
def test_every_family_survives_its_address(name):
    workspace = DEFAULT.with_losses((LossSpec.of(name),))

    assert decode(encode(workspace)) == workspace


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_noise_survives_its_address(kind):
    K = 10 if KINDS[kind].fits(10) else 100
    workspace = Workspace(DEFAULT.entries, LabelNoise(kind, 0.1 + 0.2), K)

    assert decode(encode(workspace)) == workspace


def test_the_address_of_the_largest_workspace_is_short_enough():
    rng = np.random.default_rng(0)
    rows = rng.dirichlet(np.ones(MAX_LINK_CLASSES), MAX_LINK_CLASSES)
    noise = LabelNoise(CUSTOM, 1 / 3, tuple(tuple(float(x) for x in row) for row in rows))
    longest = max(LOSSES, key=lambda name: len(LOSSES[name].parameters))
    entries = tuple(Entry(LossSpec.of(longest), style) for style in range(MAX_LOSSES))

    address = encode(Workspace(entries, noise, MAX_LINK_CLASSES))

    assert len(address) < MAX_LENGTH // 2


# ---- what a stranger writes -----------------------------------------------------------------

STRUCTURE = [*";,:@=+%._-eE", *string.digits, "nan", "inf", "1e999", "custom", "%00", "é"]
WORDS = [
    *LOSSES,
    *KINDS,
    "formula%3A%20",
    "log(u)",
    "u^",
    "%3Bq=1 in [0,2]",
    "alpha",
    "beta",
    "a",
    "q",
    "name",
    "cls",
    "self",
    "values",
]
WORDS += ["formula%3A%20", "log(u)", "u^", "%3Bq=1 in [0,2]"]
soups = st.lists(st.sampled_from(STRUCTURE + WORDS), max_size=40).map("".join)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A valid address with up to four of its characters changed, lost or doubled."""
    text = encode(draw(workspaces()))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from([*STRUCTURE, ""])) + text[at + 1 :]
    return text


@given(st.one_of(st.text(max_size=200), soups, damaged()))
@example("CE:name=1@0;none:0;3")
@example("CE:cls=1@0;none:0;3")
@example("GCE:self=1@0;none:0;3")
@example("CE@0;custom:0:;3")
@example("CE@0;custom:0:eJw;3")
@example("CE@0;custom:0:é;3")
@example("%ff@0;none:0;3")
@example("\x00")
def test_any_text_is_a_workspace_or_an_address_error(text):
    try:
        workspace = decode(text)
    except AddressError:
        return
    assert decode(encode(workspace)) == workspace


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", "the address has 1 instead of 3 parts: losses, noise, classes"),
        ("CE@0;none:0;3;", "the address has 4 instead of 3 parts: losses, noise, classes"),
        ("CE;none:0;3", "the loss 'CE' has no style (@0 to @5)"),
        ("CE@0,CE@0;none:0;3", "line styles [0, 0]: each loss needs one of its own, from 0 to 5"),
        ("CE@6;none:0;3", "line styles [6]: each loss needs one of its own, from 0 to 5"),
        ("CE@-1;none:0;3", "style = '-1' is not a whole number"),
        ("XX@0;none:0;3", "no loss is called 'XX'"),
        ("GCE:q=nan@0;none:0;3", "q = nan is not finite"),
        ("GCE:q=inf@0;none:0;3", "q = inf is not finite"),
        ("GCE:q=1e999@0;none:0;3", "q = 1e999 is not finite"),
        ("GCE:q=-1@0;none:0;3", "GCE: q = -1 lies outside (0, ∞)"),
        ("GCE:q=x@0;none:0;3", "q = 'x' is not a number"),
        ("GCE:q=.5:q=.6@0;none:0;3", "GCE: q is given twice"),
        ("GCE:name=1@0;none:0;3", "GCE: no parameter 'name'"),
        ("CE@0;none:0;1", "K = 1 lies outside 2 to 100"),
        ("CE@0;none:0;101", "K = 101 lies outside 2 to 100"),
        ("CE@0;none:0;3.5", "number of classes = '3.5' is not a whole number"),
        ("CE@0;symmetric:nan;3", "noise rate = nan is not finite"),
        ("CE@0;symmetric:1.5;3", "noise rate = 1.5 lies outside [0, 1]"),
        ("CE@0;fog:0.4;3", "no noise is called 'fog'"),
        ("CE@0;cifar10:0.4;3", "the CIFAR-10 pairs need 10 classes, not 3"),
        ("CE@0;custom:0.4;3", "custom noise needs a matrix"),
        ("CE@0;custom:0.4:AAAA;3", "the noise matrix in the address cannot be read"),
        (";none:0;3", "the loss '' has no style"),
        (",".join(f"CE@{i}" for i in range(7)) + ";none:0;3", "7 losses are chosen; 1 to 6 fit"),
        ("C" * (MAX_LENGTH + 1), f"the address has {MAX_LENGTH + 1} characters"),
    ],
)
def test_the_error_says_what_and_why(address, reason):
    with pytest.raises(AddressError) as caught:
        decode(address)

    assert reason in str(caught.value)


def test_a_squeezed_matrix_that_would_fill_the_memory_is_refused():
    bomb = base64.urlsafe_b64encode(zlib.compress(bytes(8 * 1000**2), 9)).decode()

    with pytest.raises(AddressError, match="cannot be read"):
        decode(f"CE@0;custom:0:{bomb};100")


def test_numbers_of_a_huge_but_allowed_size_pass():
    assert decode("GCE:q=1e308@0;none:0;3").losses == (LossSpec.of("GCE", q=1e308),)


# ---- changes --------------------------------------------------------------------------------


def test_a_loss_keeps_its_style_when_others_come_and_go():
    workspace = DEFAULT.without(0).with_loss(LossSpec.of("MAE"))

    assert [(e.spec.name, e.style) for e in workspace.entries] == [
        ("GCE", 1),
        ("AGCE", 2),
        ("MAE", 0),
    ]


def test_a_seventh_loss_is_refused():
    full = DEFAULT.with_losses((LossSpec.of("CE"),) * MAX_LOSSES)

    with pytest.raises(AddressError, match="6 losses are chosen already; remove one first"):
        full.with_loss(LossSpec.of("MAE"))


def test_the_last_loss_stays():
    with pytest.raises(AddressError, match="0 losses are chosen"):
        DEFAULT.with_losses((LossSpec.of("CE"),)).without(0)


def test_noise_that_the_new_number_of_classes_does_not_know_becomes_symmetric():
    workspace = DEFAULT.with_noise("cifar10", 0.3).with_classes(7)

    assert workspace.noise == LabelNoise("symmetric", 0.3)
