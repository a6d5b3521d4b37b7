"""A loss as an equation to paste into a paper."""

from __future__ import annotations

from collections.abc import Iterable

from alfs_core.losses.formula import FORMULA
from alfs_core.losses.library import LossSpec, family


def equation(spec: LossSpec) -> str:
    r"""The formula with its citation, and its numbers in the sentence after it.

    >>> print(equation(LossSpec.of("GCE", q=0.7)))
    % Generalized cross entropy
    \begin{equation}
      \ell_{\mathrm{GCE}}(u) = \frac{1-u^{q}}{q}
    \end{equation}
    with $q = 0.7$~\cite{zhang2018}.
    """
    known = family(spec.name)
    return (
        f"% {known.title}\n\\begin{{equation}}\n  {left_side(spec)} = {known.latex}\n"
        f"\\end{{equation}}{_sentence(spec)}"
    )


def equations(specs: Iterable[LossSpec]) -> str:
    """The equations of several losses as a file to include."""
    return "\n\n".join(map(equation, specs)) + "\n"


def _sentence(spec: LossSpec) -> str:
    """The numbers and the citation, on a line of their own; a typed formula may have neither."""
    known = family(spec.name)
    numbers = ", ".join(f"${value}$" for value in assigned(spec))
    told = f"with {numbers}" if numbers else "as in" if known.source else ""
    cited = rf"~\cite{{{known.source}}}" if known.source else ""
    return f"\n{told}{cited}." if told else ""


def assigned(spec: LossSpec) -> list[str]:
    """Every parameter with its value: a = 0.6."""
    values = dict(spec.values)
    return [f"{p.symbol} = {_number(values[p.name])}" for p in family(spec.name).parameters]


def left_side(spec: LossSpec) -> str:
    """What the formula is the value of."""
    typed = spec.name.startswith(FORMULA)
    index = "" if typed else rf"_{{\mathrm{{{_escaped(spec.name)}}}}}"
    return rf"\ell{index}(u)" if spec.build().local else rf"L{index}(\mathbf{{u}}, y)"


def _escaped(name: str) -> str:
    return name.replace("_", r"\_")


def _number(x: float) -> str:
    """A number as a paper writes it, powers of ten written out."""
    mantissa, e, exponent = f"{x:g}".partition("e")
    if not e:
        return mantissa
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else rf"{mantissa} \cdot {power}"
