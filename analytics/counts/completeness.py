"""What share of a period's incidents had been reported, as far as that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics._typing import BoolArray, Days, FloatArray, IntArray
from analytics.errors import InputError
from analytics.options import numbers_of
from analytics.periods import DAY

__all__ = ["SETTLED_DAYS", "Completeness", "Known", "settled_completeness"]

SETTLED_DAYS = 180  # a day so long before the file was drawn reads as complete


@dataclass(frozen=True, eq=False, slots=True)
class Known:
    """Completeness of a window: arrays of shape (periods, regions).

    Both are None where it is not known for every covered period of every region.
    """

    share: FloatArray | None = None
    deviation: FloatArray | None = None

    @property
    def mean(self) -> float | None:
        """Mean share, or None."""
        return None if self.share is None else _mean(self.share)

    @property
    def mean_deviation(self) -> float | None:
        """Mean standard deviation; None where there is none."""
        return None if self.deviation is None else _mean(self.deviation)


@dataclass(frozen=True, eq=False)
class Completeness:
    """Share of the incidents already reported, beside the counts.

    Attributes
    ----------
    share : float array, shape (periods, regions)
        Above 0 and at most 1; NaN where not known.
    deviation : float array, same shape
        Its standard deviation; the errors of all periods go together.
    basis : str
        Where it comes from: ``"given"``, or the day the file was drawn.

    Raises
    ------
    InputError
        If the arrays differ in shape, or a share or deviation is out of range.
    """

    share: FloatArray
    deviation: FloatArray
    basis: str

    def __post_init__(self) -> None:
        if self.share.shape != self.deviation.shape:
            raise InputError(
                "the deviation of a completeness has another shape",
                expected=str(self.share.shape),
                found=str(self.deviation.shape),
            )
        known = ~np.isnan(self.share)
        if not ((self.share[known] > 0) & (self.share[known] <= 1)).all():
            raise InputError("a completeness is out of range", expected="above 0 and at most 1, or NaN")
        if not (self.deviation[known] >= 0).all():
            raise InputError("the deviation of a completeness is out of range", expected="0 or more")

    def rows(self, keep: slice | npt.NDArray[np.bool_]) -> Completeness:
        """Return that of some periods."""
        return Completeness(self.share[keep], self.deviation[keep], self.basis)

    def columns(self, at: list[int]) -> Completeness:
        """Return that of some regions."""
        return Completeness(self.share[:, at], self.deviation[:, at], self.basis)

    def joined(self, boundary: IntArray) -> Completeness:
        """Return that of longer periods: the mean of those in each, not known where one is not."""
        size = np.diff(np.r_[boundary, len(self.share)])[:, None]
        share, deviation = (
            np.add.reduceat(part, boundary, axis=0) / size for part in (self.share, self.deviation)
        )
        return Completeness(share, deviation, self.basis)

    def summed(self, counts: npt.NDArray[np.integer]) -> Completeness:
        """Return that of the sum over regions, which count by what they hold in all."""
        weight = counts.sum(axis=0, dtype=np.float64)
        used = weight > 0
        if not used.any():
            weight, used = np.ones(len(weight)), np.ones(len(weight), dtype=bool)
        weight = weight[used] / weight[used].sum()
        share, deviation = (
            np.minimum(part[:, used] @ weight, cap)[:, None]
            for part, cap in ((self.share, 1.0), (self.deviation, np.inf))
        )
        return Completeness(share, deviation, self.basis)

    def set_last(self, share: npt.ArrayLike, deviation: npt.ArrayLike | None, periods: slice) -> Completeness:
        """Return it with some periods as given: one number, one a period, or one a period and region."""
        whole = [self.share.copy(), self.deviation.copy()]
        for array, given in zip(whole, (share, 0.0 if deviation is None else deviation), strict=True):
            stated = numbers_of(given)
            array[periods] = stated[:, None] if stated.ndim == 1 else stated
        return Completeness(whole[0], whole[1], "given")

    def window(self, covered: BoolArray, periods: slice) -> Known:
        """Return that of some periods, whose coverage is `covered`."""
        part = self.rows(periods)
        share, deviation = part.share, part.deviation
        if np.isnan(share[covered]).any() or not share.size:
            return Known()
        share, deviation = np.nan_to_num(share, nan=1.0), np.nan_to_num(deviation)
        return Known(share, deviation if deviation.any() else None)

    @classmethod
    def unknown(cls, shape: tuple[int, int]) -> Completeness:
        """Return one that is not known anywhere."""
        return cls(np.full(shape, np.nan), np.full(shape, np.nan), "not known")


def settled_completeness(
    days: Days, regions: int, extracted: np.datetime64 | None, as_of: np.datetime64, *, reports_dated: bool
) -> Completeness | None:
    """Return what the day a file was drawn says: days long before it are complete, later ones not known.

    Where the days of the reports are known, only what had been reported by `as_of` is counted, so `as_of`
    takes the place of the day the file was drawn. None where nothing follows.

    Examples
    --------
    >>> days = np.array(["2019-01-01", "2019-12-31"], dtype="datetime64[D]")
    >>> found = settled_completeness(days, 1, np.datetime64("2020-05-01"), days[1], reports_dated=False)
    >>> found.share.tolist(), found.basis
    ([[1.0], [nan]], 'drawn on 2020-05-01, 180 days or more later')
    """
    if extracted is None:
        return None
    seen = min(extracted, as_of) if reports_dated else extracted
    settled = days <= seen - SETTLED_DAYS * DAY
    if not settled.any():
        return None
    share = np.where(settled, 1.0, np.nan)[:, None] * np.ones(regions)
    what = f"drawn on {seen}" if seen == extracted else f"reports up to {seen}"
    return Completeness(
        share, np.where(np.isnan(share), np.nan, 0.0), f"{what}, {SETTLED_DAYS} days or more later"
    )


def _mean(values: FloatArray) -> float:
    low: Any = values.min()
    return float(low) if low == values.max() else float(values.mean())
