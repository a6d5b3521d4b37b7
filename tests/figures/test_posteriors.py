"""The map of decisions, the calibration function, and the way between two predictions."""

import json

import numpy as np
import pytest

from alfs_core.figures import excess, posteriors, way
from alfs_core.figures.posteriors import Decided
from alfs_core.figures.style import LOSS_COLORS
from alfs_core.losses import LossSpec
from alfs_core.noise.transition import pair_flip
from alfs_core.theory.calibration import calibration_curve
from alfs_core.theory.cards import CARDS
from alfs_core.theory.posteriors import decision_map
from tests.colours import lettering

TURNED = tuple(map(tuple, pair_flip(3, 0.3).tolist()))


def decided(name, T=None, chosen=None):
    return Decided(name, 2, decision_map(LossSpec.of(name).build(), T, side=24), chosen)


def calibrated(name, k=3):
    return excess.Calibrated(name, 1, calibration_curve(LossSpec.of(name).build(), k), k)


@pytest.mark.parametrize("T", [None, TURNED], ids=["clean", "noisy"])
@pytest.mark.parametrize("name", ["CE", "MAE", "NCE"])
def test_maps_are_figures_that_plotly_knows(name, T):
    of = decided(name, T, (0.5, 0.3, 0.2))
    drawn = posteriors.decision_figure(of, np.array([1.0, 0.0, 0.0]))

    assert not lettering(drawn) & set(LOSS_COLORS)
    json.loads(drawn.to_json())
    assert drawn.layout["title"]["text"].endswith("decisions")
    lengths = {len(column) for column in posteriors.numbers(of).values()}
    assert lengths == {len(of.map.p)}


def test_wrong_cells_appear_with_noise_only():
    clean, noisy = (posteriors.decision_figure(decided("CE", T)) for T in (None, TURNED))

    assert len(noisy.data) == len(clean.data) + 2
    assert posteriors.WRONG_COLOR in noisy.to_json()
    assert posteriors.WRONG_COLOR not in clean.to_json()


def test_captions_count():
    noisy = decided("CE", TURNED)
    wrong = np.mean(noisy.map.decision == -1)

    assert f"{100 * wrong:.0f} % end at another class" in posteriors.caption(noisy)
    assert "at all of them with certainty" in posteriors.caption(decided("MAE"))
    assert "floor" in posteriors.caption(decided("NCE"))
    assert "Marked: p = (0.5, 0.3, 0.2)" in posteriors.alternative(
        decided("CE", chosen=(0.5, 0.3, 0.2))
    )


@pytest.mark.parametrize("name", ["CE", "MAE", "AGCE", "ECE"])
def test_calibration_functions_are_figures(name):
    of = calibrated(name)
    excess.calibration_figure(of).checked()

    assert excess.calibration_alternative(of).endswith(excess.calibration_caption(of))
    assert len(excess.calibration_numbers(of)["lost"]) == 41


def test_what_is_said_of_the_constants():
    assert "cannot be improved" in excess.calibration_caption(calibrated("MAE"))
    assert "seems to leave 0 without a slope" in excess.calibration_caption(calibrated("CE"))
    assert "0 beyond" in excess.calibration_caption(calibrated("ECE"))
    assert "none is proved" in excess.calibration_caption(calibrated("NNCE"))
    assert excess.steepens(calibrated("CE").curve)
    assert not excess.steepens(calibrated("MAE").curve)


def test_only_finite_constants_are_lines():
    assert set(excess.constants(calibrated("MAE").curve)) == {excess.PROVED, excess.FOUND}
    assert excess.constants(calibrated("CE").curve) == {}
    assert excess.constants(calibrated("ECE").curve) == {}


@pytest.mark.parametrize("key", CARDS)
def test_ways_are_figures(key):
    card = CARDS[key]
    of = card.check(frozenset(h.key for h in card.hypotheses)).way
    drawn = way.way_figure(of).checked()
    told = way.numbers(of)

    assert of.end in way.caption(of)
    assert way.alternative(of).endswith(way.caption(of))
    assert len(told) == 1 + 2 * len(of.lines)
    for line, (name, values) in zip(drawn.data, of.lines, strict=True):
        np.testing.assert_allclose(line.y, told[f"change of {name}"], rtol=1e-6)
        np.testing.assert_array_equal(told[name], values)


def test_captions_of_ways_tell_lower_from_higher():
    of = CARDS["ratio"].check(frozenset({"local", "strict"})).way

    assert "a lower noisy risk and a higher clean risk" in way.caption(of)
