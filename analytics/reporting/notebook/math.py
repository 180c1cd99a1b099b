"""The LaTeX that our notebooks use, as Typst mathematics. An unknown macro is an error, never dropped."""

from __future__ import annotations

import re
from typing import Final

from analytics.errors import InputError, nearest
from analytics.reporting.notebook.escape import string

__all__ = ["latex_to_typst"]

_TOKEN: Final = re.compile(r"\\([A-Za-z]+\*?|.)|(\d+(?:\.\d+)?)|(\s+)|(.)", re.DOTALL)

# Names that are the same in both languages, then pairs of LaTeX=Typst.
_SAME = """
alpha beta gamma delta zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon chi psi
omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega sum exp log ln min max lim det inf sup arg
sin cos tan gcd Pr in times approx equiv partial nabla div subset supset emptyset forall exists prime ell
quad lt gt
"""
_PAIRS = """
epsilon=epsilon.alt varepsilon=epsilon phi=phi.alt varphi=phi vartheta=theta.alt prod=product int=integral
infty=infinity le=lt.eq leq=lt.eq ge=gt.eq geq=gt.eq ne=eq.not neq=eq.not ll=lt.double gg=gt.double
sim=tilde.op simeq=tilde.eq propto=prop pm=plus.minus mp=minus.plus cdot=dot.op ast=ast.op notin=in.not
subseteq=subset.eq cup=union cap=inter setminus=without neg=not land=and lor=or to=arrow.r
rightarrow=arrow.r leftarrow=arrow.l Rightarrow=arrow.r.double mapsto=arrow.r.bar
Leftrightarrow=arrow.l.r.double mid=divides ldots=dots.h dots=dots.h cdots=dots.h.c vdots=dots.v
circ=compose lfloor=floor.l rfloor=floor.r lceil=ceil.l rceil=ceil.r langle=chevron.l rangle=chevron.r
lvert=bar.v rvert=bar.v lVert=bar.v.double rVert=bar.v.double qquad=wide
"""
_CALLED = """
hat=hat widehat=hat bar=macron overline=overline underline=underline tilde=tilde widetilde=tilde vec=arrow
dot=dot ddot=dot.double mathbf=bold boldsymbol=bold mathcal=cal mathbb=bb mathit=italic mathsf=sans
mathrm=upright sqrt=sqrt
"""


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split())


_SYMBOLS: Final[dict[str, str]] = {
    **{name: name for name in _SAME.split()},
    **_pairs(_PAIRS),
    **dict.fromkeys(("displaystyle", "textstyle", "limits", "nonumber", "!"), ""),
    **{character: f"\\{character}" for character in "{}_%&#$"},
    ",": "thin",
    ":": "med",
    ";": "thick",
    " ": "space",
    "\n": "space",
    "|": "bar.v.double",
    "\\": "\\\n",
}
_CALLS: Final = _pairs(_CALLED)
_TEXTS: Final = ("text", "textrm", "textbf", "textit", "mbox")
_ENVIRONMENTS: Final = (
    "aligned",
    "align",
    "align*",
    "split",
    "gathered",
    "cases",
    "matrix",
    "pmatrix",
    "bmatrix",
)
_SPECIAL: Final = (
    *["frac", "dfrac", "tfrac", "binom", "operatorname", "operatorname*", "left", "right", "begin", "end"],
    *_TEXTS,
)
_CHARACTERS: Final[dict[str, str]] = {
    "-": "minus", "*": "ast.op", "<": "lt", ">": "gt", "=": "=", "+": "+", "~": "space.nobreak",
    "|": 'class("normal", bar.v)',
}  # fmt: skip
_SEPARATORS: Final = {",": "comma", ";": "semi"}


def latex_to_typst(latex: str) -> str:
    r"""Return the Typst of a formula, without the dollar signs around it.

    Raises
    ------
    InputError
        If the formula holds an unknown macro or environment, or its braces do not match.

    Examples
    --------
    >>> latex_to_typst(r"\frac{y + 1}{\hat\mu_i} \le 1.5")
    'frac(y + 1, hat(mu)_(i)) lt.eq 1.5'
    """
    parser = _Parser(latex)
    result = parser.sequence(())
    parser.finish()
    return result


class _Parser:
    """A recursive descent over the tokens of one formula."""

    def __init__(self, latex: str) -> None:
        self.latex = latex.strip()
        self.tokens: list[str] = []
        for match in _TOKEN.finditer(self.latex):
            macro, number, space, character = match.groups()
            if macro is not None:
                known_star = macro in _SPECIAL or not macro.endswith("*")
                self.tokens += [f"\\{macro}"] if known_star else [f"\\{macro[:-1]}", "*"]
            elif space is not None:
                self.tokens.append(" ")
            else:
                self.tokens.append(number or character)
        self.at = 0

    def error(self, what: str, *, expected: str | None = None, todo: str | None = None) -> InputError:
        return InputError(what, expected=expected, where=f"the formula ${self.latex}$", todo=todo)

    def peek(self) -> str | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self) -> str:
        token = self.peek()
        if token is None:
            raise self.error("a formula ends too early", todo="close every brace and give every argument")
        self.at += 1
        return token

    def spaces(self) -> None:
        while self.peek() == " ":
            self.at += 1

    def finish(self) -> None:
        if self.peek() is not None:
            raise self.error(
                f"a formula has {self.peek()!r} where nothing was opened", todo="match the braces"
            )

    def sequence(self, stop: tuple[str, ...]) -> str:
        """Return everything up to one of the tokens in `stop` (not taken) or the end."""
        parts: list[str] = []
        while True:
            self.spaces()
            token = self.peek()
            if token is None or token in stop or token == "}":
                return " ".join(p for p in parts if p)
            if token == "'":
                self.at += 1
                parts.append(self.base(parts) + "'")
            elif token in ("_", "^"):
                self.at += 1
                parts.append(f"{self.base(parts)}{token}({self.argument()})")
            else:
                parts.append(self.atom())

    def base(self, parts: list[str]) -> str:
        """Take off what a script or a prime stands at; nothing stands there at the start or after a space."""
        return (parts.pop() if parts else "") or '""'

    def argument(self) -> str:
        """Return one argument: a group in braces or a single token."""
        self.spaces()
        if self.peek() != "{":
            return self.atom()
        self.at += 1
        inner = self.sequence(("}",))
        self.close("}")
        return inner or '""'

    def close(self, token: str) -> None:
        self.spaces()
        if self.peek() != token:
            raise self.error(f"a formula lacks its closing {token}", todo="match the braces")
        self.at += 1

    def raw_group(self) -> str:
        """Return the text of a group in braces as it stands."""
        self.spaces()
        if self.take() != "{":
            raise self.error("a macro that takes text needs braces", expected=r"such as \text{weeks}")
        parts = []
        while (token := self.take()) != "}":
            parts.append(token.removeprefix("\\") if len(token) == 2 else token)
        return "".join(parts)

    def atom(self) -> str:
        token = self.take()
        if token.startswith("\\") and len(token) > 1:
            return self.macro(token[1:])
        if token == "{":
            inner = self.sequence(("}",))
            self.close("}")
            return inner or '""'
        if token == "&":
            return "&"
        if token in _SEPARATORS:
            return _SEPARATORS[token]
        if token in _CHARACTERS:
            return _CHARACTERS[token]
        if token[0].isdigit() or (token.isascii() and token.isalpha()):
            return token
        return f"\\{token}" if token.isascii() else string(token)

    def macro(self, name: str) -> str:
        if name in _SYMBOLS:
            return _SYMBOLS[name]
        if name == "sqrt" and self.peek() == "[":
            self.at += 1
            index = self.sequence(("]",))
            self.close("]")
            return f"root({index}, {self.argument()})"
        if name in _CALLS:
            return f"{_CALLS[name]}({self.argument()})"
        if name in ("frac", "dfrac", "tfrac", "binom"):
            return f"{'binom' if name == 'binom' else 'frac'}({self.argument()}, {self.argument()})"
        if name in _TEXTS:
            return string(self.raw_group())
        if name in ("operatorname", "operatorname*"):
            return f"op({string(self.raw_group())}, limits: #{'true' if name.endswith('*') else 'false'})"
        if name == "left":
            left = self.delimiter()
            inner = self.sequence(("\\right",))
            self.close("\\right")
            return f"lr({left} {inner} {self.delimiter()})"
        if name == "begin":
            return self.environment()
        known = sorted({*_SYMBOLS, *_CALLS, *_SPECIAL} - {"\n"})
        close = nearest(name, known)
        raise self.error(
            f"unknown LaTeX macro \\{name}",
            expected="one of those listed in docs/reporting.md",
            todo=f"did you mean \\{close[0]}?" if close else "write the formula with simpler macros",
        )

    def delimiter(self) -> str:
        self.spaces()
        return "" if self.peek() == "." and self.take() else self.atom()

    def environment(self) -> str:
        name = self.raw_group()
        if name not in _ENVIRONMENTS:
            raise self.error(f"unknown LaTeX environment {name}", expected=", ".join(_ENVIRONMENTS))
        inner = self.sequence(("\\end",))
        self.close("\\end")
        if (closed := self.raw_group()) != name:
            raise self.error(f"the environment {name} is closed as {closed}")
        if name not in ("cases", "matrix", "pmatrix", "bmatrix"):
            return inner
        rows = [row.strip() for row in inner.split("\\\n") if row.strip()]
        if name == "cases":
            return f"cases({', '.join(rows)})"
        delimiter = {"matrix": "#none", "pmatrix": '"("', "bmatrix": '"["'}[name]
        body = "; ".join(", ".join(cell.strip() or '""' for cell in row.split("&")) for row in rows)
        return f"mat(delim: {delimiter}, {body})"
