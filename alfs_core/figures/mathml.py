r"""LaTeX between dollar signs as MathML, for a page without a script that typesets.

It covers what the formulas of the library, the theorems and the evidence use; a command that is not
known becomes an ``merror``, which the tests look for.
"""

from __future__ import annotations

import re
from html import escape

from alfs_core.theory.words import LETTERS

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\s+|.", re.DOTALL)
_SIGNS = {
    "sum": "∑",
    "ge": "≥",
    "le": "≤",
    "ne": "≠",
    "approx": "≈",
    "to": "→",
    "in": "∈",
    "subset": "⊂",
    "iff": "⟺",
    "Leftrightarrow": "⇔",
    "cdot": "·",
    "times": "×",
    "mid": "∣",
    "pm": "±",
    "|": "‖",
    "{": "{",
    "}": "}",
}
_WORDS = {"log", "exp", "max", "min", "inf", "sup", "arg", "softmax", "softplus"}
_ACCENTS = {"hat": "^", "tilde": "~", "bar": "¯"}
_SPACES = {",": ".17em", ";": ".28em", ":": ".22em", " ": ".25em", "quad": "1em", "qquad": "2em"}
_THIN = '<mspace width=".17em"/>'
_FENCES = set("()[]|/")
_NOTHING = {"!", "textstyle", "displaystyle"}


def rich(text: str) -> str:
    r"""A sentence with formulas between dollar signs as HTML.

    >>> rich("a < b where $u_m$")
    'a &lt; b where <math><msub><mi>u</mi><mi>m</mi></msub></math>'
    """
    pieces = text.split("$")
    return "".join(
        mathml(piece) if i % 2 else escape(_typeset(piece)) for i, piece in enumerate(pieces)
    )


def _typeset(words: str) -> str:
    """Braces and the signs of numbers outside of formulas."""
    return re.sub(r"(?<!\w)-(?=\d)", "−", re.sub(r"\\([{}])", r"\1", words))


def mathml(latex: str, *, large: bool = False) -> str:
    """A formula of its own; ``large`` sets it as a display is set, within its line."""
    reader = _Reader(_TOKEN.findall(latex))
    style = ' displaystyle="true"' if large else ""
    return f"<math{style}>{reader.row()}</math>"


class _Reader:
    """Tokens from left to right; each method returns the MathML of what it has read."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens[::-1]

    def peek(self) -> str:
        return self.tokens[-1] if self.tokens else ""

    def row(self, *ends: str) -> str:
        """Everything up to one of ``ends``, which is left to be read."""
        parts = []
        while self.tokens and self.peek() not in ends:
            word = self.peek()[1:] in _WORDS
            parts.append(self.scripted())
            if word and self.peek() not in ("(", "\\left"):
                parts.append(_THIN)
        return "".join(parts)

    def scripted(self) -> str:
        """One thing with what stands below and above it."""
        base, below, above = self.thing(), "", ""
        while self.peek() in ("_", "^", "'"):
            sign = self.tokens.pop()
            if sign == "_":
                below = self.argument()
            else:
                above += "<mo>′</mo>" if sign == "'" else self.argument()
        if above.count("<mo>′</mo>") and above != "<mo>′</mo>":
            above = f"<mrow>{above}</mrow>"
        if below and above:
            return f"<msubsup>{base}{below}{above}</msubsup>"
        if below or above:
            tag = "msub" if below else "msup"
            return f"<{tag}>{base}{below or above}</{tag}>"
        return base

    def argument(self) -> str:
        """What a command or a script takes: a group or one thing."""
        while self.peek().isspace():
            self.tokens.pop()
        token = self.peek()
        if token.isdigit() and len(token) > 1:  # \frac12
            self.tokens[-1] = token[1:]
            return f"<mn>{token[0]}</mn>"
        return self.thing()

    def thing(self) -> str:
        token = self.tokens.pop() if self.tokens else ""
        if token == "{":
            inside = self.row("}")
            self.skip("}")
            return f"<mrow>{inside}</mrow>" if inside.count("</m") != 1 else inside
        if token.startswith("\\"):
            return self.command(token[1:])
        if token[:1].isdigit():
            return f"<mn>{token}</mn>"
        if token.isalpha():
            return f"<mi>{escape(token)}</mi>"
        if not token.strip():
            return ""
        if token in _FENCES:
            return f'<mo stretchy="false">{token}</mo>'
        return f"<mo>{escape({'-': '−', '*': '∗'}.get(token, token))}</mo>"

    def command(self, name: str) -> str:
        if name in LETTERS:
            return f"<mi>{LETTERS[name]}</mi>"
        if name in _SIGNS:
            return f'<mo stretchy="false">{_SIGNS[name]}</mo>'
        if name in _WORDS:
            return f"<mi>{name}</mi>"
        if name in _SPACES:
            return f'<mspace width="{_SPACES[name]}"/>'
        if name in _NOTHING:
            return ""
        if name in _ACCENTS:
            return f'<mover accent="true">{self.argument()}<mo>{_ACCENTS[name]}</mo></mover>'
        match name:
            case "frac" | "tfrac" | "dfrac":
                return f"<mfrac>{self.argument()}{self.argument()}</mfrac>"
            case "sqrt":
                return f"<msqrt>{self.argument()}</msqrt>"
            case "left":
                inside = self.fence() + self.row("\\right")
                self.skip("\\right")
                return f"<mrow>{inside}{self.fence()}</mrow>"
            case "text":
                # blanks at the ends of an mtext are dropped, hard ones are not
                told = self.verbatim().replace(" ", "\N{NO-BREAK SPACE}")
                return f"<mtext>{escape(told)}</mtext>"
            case "mathrm" | "operatorname":
                return f'<mi mathvariant="normal">{escape(self.verbatim())}</mi>'
            case "mathbf":
                return f'<mi style="font-weight:bold">{escape(self.verbatim())}</mi>'
            case "dots" | "ldots":
                return "<mo>…</mo>"
            case "begin":
                return self.cases()
        return f"<merror><mtext>{escape(name)}</mtext></merror>"

    def fence(self) -> str:
        token = self.tokens.pop() if self.tokens else "."
        sign = _SIGNS.get(token[1:], "") if token.startswith("\\") else token
        return "" if sign == "." else f'<mo stretchy="true">{escape(sign)}</mo>'

    def verbatim(self) -> str:
        """The text of a group, as it stands."""
        self.skip("{")
        said = []
        while self.tokens and self.peek() != "}":
            said.append(self.tokens.pop())
        self.skip("}")
        return "".join(said).replace("\\_", "_")

    def cases(self) -> str:
        """Lines of two columns behind a brace, up to the end of the environment."""
        self.verbatim()
        lines = []
        while self.tokens and self.peek() != "\\end":
            cells = []
            while self.tokens and self.peek() not in ("\\\\", "\\end"):
                cells.append(f"<mtd>{self.row('&', chr(92) * 2, chr(92) + 'end')}</mtd>")
                self.skip("&")
            self.skip("\\\\")
            lines.append(f"<mtr>{''.join(cells)}</mtr>")
        self.skip("\\end")
        self.verbatim()
        return f'<mo stretchy="true">{{</mo><mtable>{"".join(lines)}</mtable>'

    def skip(self, token: str) -> None:
        if self.peek() == token:
            self.tokens.pop()
