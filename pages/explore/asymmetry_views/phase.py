"""Which parameters of a family are asymmetric under the noise at hand."""

from __future__ import annotations

import streamlit as st

from alfs_core.figures import phase as phases
from alfs_core.losses import LossSpec, family
from alfs_core.losses.base import Parameter
from alfs_core.losses.families import Family
from alfs_core.losses.presets import PRESETS
from alfs_core.theory.phase import (
    CODES,
    Rows,
    Values,
    asymmetric_ranges,
    dominated,
    phase,
    ratio_needed,
    strip,
)
from pages.common.cache import cached
from pages.common.chart import chart
from pages.common.choices import Chosen
from pages.common.show import caption, plain, text
from pages.common.workspace import Workspace
from pages.explore.asymmetry_views.common import choice, on_noise, rows_under, undominated

phase_of, strip_of, ranges_of = cached(phase), cached(strip), cached(asymmetric_ranges)


def show_phase(losses: list[Chosen], workspace: Workspace) -> None:
    text(
        "Which parameters of this family are asymmetric under the noise at hand?",
        "asymmetric loss",
        "asymmetry ratio",
    )
    one = choice.loss(losses)
    kind = family(one.spec.name)
    rows = rows_under(workspace.noise, workspace.num_classes)
    if not kind.parameters:
        st.info(
            f"{plain(one.name)} has no parameters, so there is nothing to vary. Pick another loss, "
            "or look at *Robust or trainable* for all of them.",
            icon=":material/info:",
        )
    elif not dominated(rows):
        undominated()
    elif len(kind.parameters) == 1:
        show_strip(one, kind.parameters[0], rows, losses, workspace)
    else:
        show_plane(one, kind, rows, losses, workspace)


def axes_of(kind: Family) -> tuple[Parameter, Parameter]:
    """The two parameters to vary; asked for where there are more."""
    by_name = {p.name: p for p in kind.parameters}
    x, y = kind.parameters[-2:]
    if len(by_name) == 2:
        return x, y
    names = {name: phases.words(p) for name, p in by_name.items()}
    with st.container(horizontal=True):
        across = choice("Across", "x", names, default=x.name)
        left = {name: word for name, word in names.items() if name != across}
        usual = y.name if y.name in left else next(iter(left))
        up = choice("Up", "y", left, default=usual)
    return by_name[across], by_name[up]


def show_plane(
    one: Chosen, kind: Family, rows: Rows, losses: list[Chosen], workspace: Workspace
) -> None:
    x, y = axes_of(kind)
    fixed: Values = tuple((k, v) for k, v in one.spec.values if k not in (x.name, y.name))
    with st.spinner("Judging the family …"):
        diagram = phase_of(kind.name, fixed, x.name, y.name, rows)
    marks = marks_of(one, losses, x.name, y.name)
    noise = workspace.noise.words
    ranges = [(p, ranges_of(kind.name, one.spec.values, p.name, rows)) for p in (x, y)]
    chart(
        phases.phase_figure(diagram, marks, one.place),
        key="asymmetry-phase",
        alt=phases.phase_alternative(diagram, marks, noise),
        caption=plain(phases.phase_caption(diagram, one.name, code(one, workspace), ranges, noise)),
        numbers=lambda: phases.phase_numbers(diagram),
        height=560,
    )
    about_limit(one)


def show_strip(
    one: Chosen, parameter: Parameter, rows: Rows, losses: list[Chosen], workspace: Workspace
) -> None:
    with st.spinner("Judging the family …"):
        line = strip_of(one.spec.name, (), parameter.name, rows)
    marks = marks_of(one, losses, parameter.name, None)
    noise = workspace.noise.words
    ranges = ranges_of(one.spec.name, one.spec.values, parameter.name, rows)
    chart(
        phases.strip_figure(line, marks, one.place, ratio_needed(rows)),
        key="asymmetry-strip",
        alt=phases.strip_alternative(line, marks, noise),
        caption=plain(phases.strip_caption(line, one.name, code(one, workspace), ranges, noise)),
        numbers=lambda: phases.strip_numbers(line),
        height=480,
    )
    about_limit(one)


def code(one: Chosen, workspace: Workspace) -> float:
    return CODES[on_noise(one.loss, workspace.noise, workspace.num_classes).decisive]


def about_limit(one: Chosen) -> None:
    if one.loss.vertices_excluded:
        caption(
            f"{plain(one.name)} has no value at the corners of the simplex: the picture shows what "
            "holds as the floor $u_i \\ge \\delta$ goes to 0."
        )


def marks_of(one: Chosen, losses: list[Chosen], x: str, y: str | None) -> list[phases.Mark]:
    """The papers' values, and above them the losses of the workspace that are of this family."""
    own = [other for other in losses if other.spec.name == one.spec.name]
    stars = [
        phases.Mark(
            other.name, *position(other.spec, x, y), other.place, off(other.spec, one, x, y)
        )
        for other in own
    ]
    return papers(one, x, y) + stars


def papers(one: Chosen, x: str, y: str | None) -> list[phases.Mark]:
    """One mark for all data sets whose values stand in the same place."""
    places: dict[tuple[float, float | None], list[tuple[str, str]]] = {}
    for dataset, preset in PRESETS.get(one.spec.name, {}).items():
        spec = LossSpec.of(one.spec.name, **preset.values)
        told = (dataset, off(spec, one, x, y))
        places.setdefault(position(spec, x, y), []).append(told)
    return [
        phases.Mark(
            ", ".join(dataset for dataset, _ in told),
            *place,
            None,
            "; ".join(sorted({other for _, other in told if other})),
        )
        for place, told in places.items()
    ]


def position(spec: LossSpec, x: str, y: str | None) -> tuple[float, float | None]:
    values = dict(spec.values)
    return values[x], None if y is None else values[y]


def off(spec: LossSpec, shown: Chosen, x: str, y: str | None) -> str:
    """The numbers that differ from those of the diagram."""
    here = dict(shown.spec.values)
    return ", ".join(f"{k} {v:g}" for k, v in spec.values if k not in (x, y) and here[k] != v)
