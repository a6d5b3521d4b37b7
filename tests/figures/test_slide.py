"""The pictures of Home and of the library's cards."""

import numpy as np
import pytest

from alfs_core.figures.curves import Line
from alfs_core.figures.simplex import Panel
from alfs_core.figures.slide import slide_figure
from alfs_core.figures.thumbnail import thumbnail
from alfs_core.losses import CE, LOSSES
from alfs_core.numerics.links import Logits
from alfs_core.theory.profile import profile
from alfs_core.theory.simplex import CORNERS
from alfs_core.theory.surface import surface

ON_SIMPLEX = [n for n, f in LOSSES.items() if not isinstance(f.build().link, Logits)]


def test_the_way_lies_below_the_star_and_ends_there():
    found = surface(CE(), (0.6, 0.2, 0.2))
    way = np.array([[1.0, 0.0, 0.0], [0.8, 0.1, 0.1], [0.6, 0.2, 0.2]])

    drawn = slide_figure(Panel("CE", 0, found), way, "noisy risk").checked()

    (place,) = (i for i, layer in enumerate(drawn.data) if layer.uid == "way")
    line, star = drawn.data[place], drawn.data[place + 1]
    assert (line.x[0], line.y[0]) == pytest.approx(tuple(CORNERS[0]))
    assert (line.x[-1], line.y[-1]) == pytest.approx((star.x[0], star.y[0]))
    assert star.marker.symbol == "star"


@pytest.mark.parametrize("name", ON_SIMPLEX)
def test_every_loss_has_a_thumbnail(name):
    line = Line(name, 0, profile(LOSSES[name].build(), 10))

    drawn = thumbnail(line).checked()

    assert np.isfinite(np.asarray(drawn.data[0].y, dtype=float)).sum() > 200
    assert drawn.layout.showlegend is False
