"""How to read the report, and how its answers were found."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.reporting.content.weekly.numbers import RECENT, WeeklyNumbers
from analytics.reporting.content.weekly.parameters import parameter_table
from analytics.reporting.elements.tables import ReportTable
from analytics.reporting.languages import find_language
from analytics.results.grades import LEGEND

__all__ = ["MethodPage", "method_page"]

READING = (
    "**How to read this report.** Page 1 answers whether there is an uptick, where, how sure that is and "
    "what is new. *Usual* is what the year before leads one to expect of a fortnight; the four weeks "
    "between are left out, so that an uptick is not held against itself. An *uptick* (▲) is more than the "
    "ups and downs of that year explain. △ is above usual, but among so many regions chance alone may do "
    "it. “No sign” never means “nothing”: the rise that would very likely have shown stands beside it, a "
    "smaller one may be there. “Cannot be judged” and “no data” are no good news. ▼ is far below usual, "
    "or its reports are late. The signs: "
)
METHOD = """\
**Question.** Has the mean number of incidents a day grown in the recent window ({recent} days), against
a baseline of {baseline} days that ends before a guard of {guard}? Counts may be overdispersed,
autocorrelated and self-exciting. Two null hypotheses are tested. *Constant*: the two means are equal.
*Expected*: the recent mean is what the trend and the season of up to five years before the guard lead one
to expect; it needs 730 days, and ten incidents of a region for each term. The verdict rests on the second
where those days show a season that comes again each year (one so strong would be chance in 1 of 100), else
on the first. Where only the first is rejected, trend or season could be the reason.

**Test.** Given the total of recent and baseline incidents, the recent share is beta-binomial. With $L$
recent days, $n$ baseline days and sums $W$ of $L$ days over the baseline with mean $\\mu$, the
dispersion is

$$\\hat\\phi = \\max\\left(1, \\frac{{\\mathrm{{var}}(W) / \\mu}}{{1 - L/n}}\\right),$$

corrected further for the correlation of neighbouring sums. The tail is averaged over the uncertainty of
$\\hat\\phi$ and raised to the rotation p-value unless it is very small. At $\\hat\\phi = 1$ this is the
conditional test of two Poisson means [1]. Among six regions and more, each region's evidence is ranked
among that of the panel's past year.

**Verdicts.** *Uptick*: the p-value (one series) or the q-value (several regions, Benjamini and Hochberg
[2]) is at most alpha. *No large rise*: the one-sided 95 % upper limit of the rate ratio lies below the
margin; that a test is not significant is not enough [3]. Intervals invert the test; p-values are one-
sided, intervals two-sided.

1. J. Przyborowski, H. Wilenski, Homogeneity of results in testing samples from Poisson series,
   Biometrika 31 (1940), 313-323.
2. Y. Benjamini, Y. Hochberg, Controlling the false discovery rate, Journal of the Royal Statistical
   Society B 57 (1995), 289-300.
3. D. G. Altman, J. M. Bland, Absence of evidence is not evidence of absence, BMJ 311 (1995), 485.
"""


@dataclass(frozen=True)
class MethodPage:
    """How to read the report, how it was made, and from what.

    Attributes
    ----------
    reading, method : str
        Markdown.
    nulls : tuple of str
        Both null hypotheses, and how they fared.
    parameters : ReportTable
    """

    reading: str
    method: str
    nulls: tuple[str, ...]
    parameters: ReportTable


def method_page(numbers: WeeklyNumbers) -> MethodPage:
    """Return how to read the report, how it was made, and from what."""
    noun = numbers.region_noun(1)
    nulls = [] if numbers.single else [f"All regions together. {null}" for null in numbers.national.nulls]
    lead = "" if numbers.single else f"{noun[0].upper()}{noun[1:]} by {noun}. "
    apart = [numbers.result.disagreement] if numbers.result.disagreement else []
    pages = find_language(numbers.request.language).pages
    return MethodPage(
        reading=pages.get("reading", READING + LEGEND),
        method=pages.get("method", METHOD).format(
            recent=RECENT, baseline=numbers.result.baseline.days, guard=numbers.result.guard
        ),
        nulls=(*nulls, *(f"{lead}{null}" for null in numbers.result.nulls), *apart),
        parameters=parameter_table(numbers),
    )
