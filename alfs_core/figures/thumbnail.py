"""A profile at the size of a card."""

from dataclasses import replace

from alfs_core.figures.curves import VALUE, Line, profile_figure
from alfs_core.figures.picture import Picture


def thumbnail(line: Line) -> Picture:
    """One loss over u in [0, 1], without a legend."""
    drawn = profile_figure([line], VALUE, "published")
    return replace(drawn, layout=drawn.layout | {"showlegend": False, "hovermode": "closest"})
