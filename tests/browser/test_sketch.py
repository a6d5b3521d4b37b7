"""What stands in the place of a map until plotly has started: the same map."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

MOST = 0.025  # of full brightness, as the mean over the picture; a shift of five pixels makes 0.04


def picture(figure) -> np.ndarray:
    """The part of a figure between its toolbar and its colour bar, values from 0 to 1."""
    seen = np.asarray(Image.open(BytesIO(figure.screenshot())).convert("RGB"))
    return seen[90:-90] / 255


@pytest.mark.parametrize(("path", "scheme"), [("", "light"), ("/calibration", "dark")])
def test_the_sketch_of_a_map_is_where_plotly_draws_it(app, visit, path, scheme):
    tab = visit("about:blank", color_scheme=scheme, viewport={"width": 1280, "height": 1000})
    held = []
    tab.page.route("**/plotly.min.js*", lambda route: held.append(route))
    tab.page.goto(app + path)
    figure = tab.page.locator(".alf-chart").first
    figure.locator(".alf-chart-sketch").wait_for()
    tab.idle()
    figure.scroll_into_view_if_needed()
    before = picture(figure)

    for route in held:
        route.continue_()
    figure.locator(".main-svg").first.wait_for()

    assert figure.locator(".alf-chart-sketch").count() == 0
    after = picture(figure)
    assert before.std() > 0.1
    assert np.abs(before - after).mean() < MOST
    assert np.abs(before - np.roll(after, 5, axis=1)).mean() > MOST
