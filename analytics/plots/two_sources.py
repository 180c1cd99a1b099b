"""Two sources side by side: the weeks of one above those of the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analytics.duplicates.comparison import SideBySide
from analytics.errors import OptionError, unknown_option
from analytics.plots.style import WIDTH, as_written, marked
from analytics.plots.trend import plot_trend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_side_by_side"]


@as_written
def plot_side_by_side(
    result: SideBySide, *, region: str | None = None, periods: int = 104, axes: Sequence[Axes] | None = None
) -> Sequence[Axes]:
    """Draw the weekly counts of two sources, each on a scale of its own: they count different things.

    Parameters
    ----------
    result : SideBySide
    region : str, optional
        One region; all together unless given.
    periods : int
        How many weeks to show, the last ones.
    axes : sequence of two Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    sequence of two Axes

    Raises
    ------
    OptionError
        If there is no such region in both sources, or not two axes.

    Examples
    --------
    >>> from analytics.counts import Counts
    >>> from analytics.duplicates import side_by_side
    >>> one = Counts.from_array([[9]] * 22, start="2020-01-06", regions=["A"])
    >>> two = Counts.from_array([[3]] * 22, start="2020-01-06", regions=["A"])
    >>> [ax.get_title(loc="left") for ax in plot_side_by_side(side_by_side(one, two, titles=("X", "Y")))]
    ['X: incidents per week', 'Y: incidents per week']
    """
    both = [name for name in result.counts[0].regions if name in result.counts[1].regions]
    if region is not None and region not in both:
        raise unknown_option("region of both sources", region, both)
    if axes is None:
        import matplotlib.pyplot as plt

        axes = plt.subplots(2, 1, figsize=(WIDTH, 4.2), sharex=True, layout="constrained")[1]
    assert axes is not None
    if len(axes) != 2:
        raise OptionError("two sources need two axes", found=str(len(axes)))
    for ax, counts, title in zip(axes, result.counts, result.titles, strict=True):
        plot_trend(counts if region is None else counts.select(region), periods=periods, title=False, ax=ax)
        name = title if region is None else f"{title}, {region}"
        ax.set_title(
            marked(f"{name}: {counts.value} per week", counts.simulated),
            loc="left",
            pad=20 if ax.get_legend() else 6,
        )
        ax.set_ylim(bottom=0)
    return axes
