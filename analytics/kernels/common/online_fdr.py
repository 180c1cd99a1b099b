"""The false discovery rate over time, when each decision is made before the next p-value is known.

LORD++ and SAFFRON spend a level on every test and earn more with every rejection. Where p-values of near
periods share data, a test may use only the outcomes it shares nothing with [3]_: those are its past, the
others its conflict set.

References
----------
.. [1] Ramdas, A., Yang, F., Wainwright, M. J., Jordan, M. I. (2017). Online control of the false discovery
       rate with decaying memory. NeurIPS 30. (LORD++)
.. [2] Ramdas, A., Zrnic, T., Wainwright, M. J., Jordan, M. I. (2018). SAFFRON: an adaptive algorithm for
       online control of the false discovery rate. ICML 35.
.. [3] Zrnic, T., Ramdas, A., Jordan, M. I. (2021). Asynchronous online testing of multiple hypotheses.
       Journal of Machine Learning Research 22 (33), 1-39.
.. [4] Javanmard, A., Montanari, A. (2018). Online rules for control of false discovery rate and false
       discovery exceedance. Annals of Statistics 46, 526-554.
"""

from __future__ import annotations

import numpy as np

from analytics._typing import BoolArray, FloatArray

__all__ = ["lord", "saffron"]


LORD_SUM = 12.6452  # of log(max(j, 2)) / (j exp(sqrt(log j))) over j = 1, 2, ..., rounded up
SAFFRON_POWER, SAFFRON_SUM = 1.6, 2.28577  # of j^-1.6, rounded up
CANDIDATE = 0.5  # a p-value at most this is a candidate, which costs SAFFRON nothing
START = 0.5  # share of alpha that may be spent before the first rejection


def lord(
    pvalues: FloatArray, alpha: float, *, conflict: int = 1, start: float = START
) -> tuple[BoolArray, FloatArray]:
    """LORD++ along each column: which tests are rejected, and the level each was put to.

    Parameters
    ----------
    pvalues : float array, shape (periods, series)
        NaN where not tested: such periods cost nothing and are not in the family.
    alpha : float
        False discovery rate of each series.
    conflict : int
        P-values fewer than so many periods apart share data; 1 if none do.
    start : float
        Share of `alpha` that may be spent before the first rejection.

    Returns
    -------
    rejected : bool array, same shape
    level : float array, same shape
        NaN where not tested.

    Notes
    -----
    The k-th rejection, once it lies outside the conflict set, opens a pot of `alpha` (the first: of what the
    start left over), spent in shares that add up to one. All levels up to a test then add up to at most
    `alpha` times the rejections it may know of, or `alpha`.

    Examples
    --------
    >>> rejected, level = lord(np.array([[0.5], [0.0001], [0.001], [0.9]]), 0.1)
    >>> rejected[:, 0].tolist()
    [False, True, True, False]
    """
    step = np.arange(1, len(pvalues) + 2, dtype=float)
    shares = np.log(np.maximum(step, 2)) / (step * np.exp(np.sqrt(np.log(step)))) / LORD_SUM
    return _spend(pvalues, shares, alpha, start, conflict, candidate=None)


def saffron(
    pvalues: FloatArray,
    alpha: float,
    *,
    conflict: int = 1,
    start: float = START,
    candidate: float = CANDIDATE,
) -> tuple[BoolArray, FloatArray]:
    """SAFFRON along each column: which tests are rejected, and the level each was put to.

    Parameters
    ----------
    pvalues, alpha, conflict, start
        As for :func:`lord`.
    candidate : float
        Tests with a p-value at most this cost nothing, once outside the conflict set; the others are charged
        1 / (1 - candidate) for it.

    Returns
    -------
    rejected : bool array, same shape
    level : float array, same shape
        NaN where not tested.

    Examples
    --------
    >>> rejected, level = saffron(np.array([[0.5], [0.0001], [0.001], [0.9]]), 0.1)
    >>> rejected[:, 0].tolist()
    [False, True, True, False]
    """
    shares = np.arange(1, len(pvalues) + 2, dtype=float) ** -SAFFRON_POWER / SAFFRON_SUM
    return _spend(pvalues, shares, alpha, start, conflict, candidate=candidate)


def _spend(
    pvalues: FloatArray,
    shares: FloatArray,
    alpha: float,
    start: float,
    conflict: int,
    *,
    candidate: float | None,
) -> tuple[BoolArray, FloatArray]:
    periods, series = pvalues.shape
    tested = ~np.isnan(pvalues)
    filled = np.where(tested, pvalues, np.inf)
    rejected = np.zeros((periods, series), dtype=bool)
    level = np.full((periods, series), np.nan)
    total = alpha if candidate is None else alpha * (1 - candidate)
    most = np.inf if candidate is None else candidate
    # One row for each pot: what it holds, which share is due next, the period it was opened in.
    holds = np.full((1, series), start * total)
    due = np.zeros((1, series), dtype=np.int64)
    opened = np.zeros((1, series), dtype=np.int64)
    known = np.zeros(series, dtype=np.int64)
    for t in range(periods):
        past = t - conflict
        if past >= 0:
            if candidate is not None:  # what turned out to be a candidate gives its share back
                due -= (filled[past] <= candidate) & (opened <= past)
            at = np.flatnonzero(rejected[past])
            if at.size:
                known[at] += 1
                if known.max() >= len(holds):
                    more = np.zeros((1, series), dtype=np.int64)
                    holds, due = np.vstack([holds, np.zeros((1, series))]), np.vstack([due, more])
                    opened = np.vstack([opened, more])
                holds[known[at], at] = np.where(known[at] == 1, (1 - start) * total, total)
                due[known[at], at] = 0
                opened[known[at], at] = t
        spent = np.minimum((holds * shares[np.maximum(due, 0)]).sum(axis=0), most)
        level[t, tested[t]] = spent[tested[t]]
        rejected[t] = filled[t] <= spent
        due += tested[t]
    return rejected, level
