import re

import numpy as np

from alfs_core.figures.race import RaceLine, race_figure
from alfs_core.figures.standalone import page

LINE = RaceLine("</script><b>CE", 0, np.array([1, 2]), np.array([0.25, 0.5]))
PAGE = page("A <race>", "on shapes", [(race_figure([LINE], "Test accuracy", "%", 4), "Look & see")])


def test_a_page_carries_its_library_and_asks_nobody_for_anything():
    before, after = PAGE.split("<script>", 1)[0], PAGE.rsplit("</script>", 2)[1]

    assert len(PAGE) > 1_000_000
    assert not re.search(r"(src|href)=", before + after)
    assert '"showSendToCloud": false' in after


def test_texts_are_texts():
    assert "<h1>A &lt;race&gt;</h1>" in PAGE
    assert "Look &amp; see" in PAGE
    assert "</script><b>CE" not in PAGE


def test_a_table_stands_above_the_figures():
    rows = [{"Loss": "<CE>", "Final": "50.0"}, {"Loss": "MAE", "Final": ""}]
    whole = page("race", "on shapes", [], rows, "In percent & rounded")

    assert "<tr><th>Loss</th><th>Final</th></tr>" in whole
    assert "<tr><td>&lt;CE&gt;</td><td>50.0</td></tr>" in whole
    assert "<tr><td>MAE</td><td></td></tr>" in whole
    assert "In percent &amp; rounded" in whole
    assert "<table>" not in PAGE
