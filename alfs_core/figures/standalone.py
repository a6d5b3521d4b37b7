"""Figures and a table as one page of their own, which needs no server and no network."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence

from plotly.offline import get_plotlyjs

from alfs_core.figures.picture import Picture

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:"
)
CONFIG = '{"responsive": true, "displaylogo": false, "showSendToCloud": false}'
STYLE = """body { margin: 2rem auto; max-width: 60rem; font: 16px/1.5 sans-serif; }
figure { margin: 0 0 2rem } .plot { height: 420px } @media print { .plot { height: 320px } }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .3rem 1.5rem .3rem 0; border-bottom: 1px solid #d5dcde }"""


def page(
    title: str,
    words: str,
    figures: Sequence[tuple[Picture, str]],
    rows: Sequence[Mapping[str, str]] = (),
    about: str = "",
) -> str:
    """An HTML page with plotly.js inside: title, a paragraph, and figures with their captions.

    ``rows`` make a table above the figures, ``about`` is its caption.
    """
    parts = "\n".join(_figure(place, *one) for place, one in enumerate(figures))
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>{STYLE}</style>
<script>{get_plotlyjs()}</script>
<h1>{html.escape(title)}</h1>
<p>{html.escape(words)}</p>
{_table(rows, about)}
{parts}
</html>
"""


def _table(rows: Sequence[Mapping[str, str]], about: str) -> str:
    """The rows under their names, which are those of the first."""
    if not rows:
        return ""
    told = [_row("th", rows[0]), *(_row("td", row.values()) for row in rows)]
    body = "\n".join(told)
    caption = f"<figcaption>{html.escape(about)}</figcaption>"
    return f"<figure><table>\n{body}\n</table>{caption}</figure>"


def _row(cell: str, texts: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<{cell}>{html.escape(text)}</{cell}>' for text in texts)}</tr>"


def _figure(place: int, drawn: Picture, caption: str) -> str:
    """One figure; no text of it can end the script that it stands in."""
    spec = drawn.to_json().replace("<", "\\u003c")
    return f"""<figure>
<div id="figure-{place}" class="plot"></div>
<figcaption>{html.escape(caption)}</figcaption>
</figure>
<script>
{{
  const {{ data, layout }} = {spec};
  Plotly.newPlot("figure-{place}", data, layout, {CONFIG});
}}
</script>"""
