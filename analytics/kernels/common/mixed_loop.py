"""The loop behind :func:`analytics.kernels.common.tails.mixed_tail`: tails at every node of every series."""

from __future__ import annotations

import math

from analytics._typing import FloatArray
from analytics.kernels.common.compiled import compiled

__all__ = ["CLOSED", "EDGE", "FLAT", "SMOOTH", "average_tails"]

FLAT = 1e-4  # a dispersion this close to 1 is treated as 1
SMOOTH = 30.0  # from this standard deviation on a tail is integrated, below it is summed
CLOSED = 4.0  # below this second parameter the mass piles up at the far end
EDGE = 60  # ... where so many terms are summed one by one
_PRODUCT = 16.0  # so many factors are multiplied, more are left to Stirling's series
_STIRLING = 10.0  # ... from here on
_HALF_LOG = 0.5 * math.log(2 * math.pi)
_SPENT = 1e-15


@compiled
def _beside_stirling(x: float) -> float:
    square = 1 / (x * x)
    series = 1 / 1260 - square * (1 / 1680 - square / 1188)
    return (1 / 12 - square * (1 / 360 - square * series)) / x


@compiled
def _log_gamma(x: float) -> float:
    product = 1.0
    while x < _STIRLING:
        product *= x
        x += 1
    out = (x - 0.5) * math.log(x) - x + _HALF_LOG + _beside_stirling(x)
    return out if product == 1.0 else out - math.log(product)


@compiled
def _log_rise(x: float, m: float) -> float:
    """Return the logarithm of ``x (x + 1) ... (x + m - 1)``, to the last digits."""
    product, k = 1.0, 0.0
    upto = m if m <= _PRODUCT else _STIRLING
    if m <= _PRODUCT or x < _STIRLING:
        while k < upto:
            product *= x + k
            k += 1
    out = 0.0 if product == 1.0 else math.log(product)
    if k == m:
        return out
    x += k
    m -= k
    out += _beside_stirling(x + m) - _beside_stirling(x)
    return out + m * math.log(x + m) + (x - 0.5) * math.log1p(m / x) - m


@compiled
def _digamma(x: float) -> float:
    shifted = 0.0
    while x < _STIRLING:
        shifted += 1 / x
        x += 1
    square = 1 / (x * x)
    series = 1 / 252 - square * (1 / 240 - square * (1 / 132 - square * 691 / 32760))
    return math.log(x) - 0.5 / x - square * (1 / 12 - square * (1 / 120 - square * series)) - shifted


@compiled
def _mass(x: float, n: float, a: float, b: float, constant: float) -> float:
    rise, fall = _log_gamma(x + a) - _log_gamma(x + 1), _log_gamma(n - x + b) - _log_gamma(n - x + 1)
    return math.exp(constant + rise + fall)


@compiled
def _long_tail(s: float, n: float, a: float, b: float, panel: FloatArray) -> float:
    """Integrate the mass from `s` on by Gauss-Legendre, with the first Euler-Maclaurin term.

    The variable is the logit of the share, in which the mass is smooth at both ends. Where it piles up at the
    far end, the last terms there are summed one by one.
    """
    constant = _log_gamma(n + 1) - _log_gamma(n + a + b)
    constant += _log_gamma(a + b) - _log_gamma(a) - _log_gamma(b)
    last = n - EDGE
    if b >= CLOSED:
        spread = math.sqrt(n * a * b * (a + b + n) / ((a + b) ** 2 * (a + b + 1)))
        scale = n / (a + b)  # the tail falls no more slowly than exp(-x / scale)
        last = s + 12 * spread + 30 * (scale if scale > 1 else 1.0)
        last = last if last < n - 0.5 else n - 0.5
    first = math.log(s / (n - s))
    width = math.log(last / (n - last)) - first
    total = 0.0
    for q in range(panel.shape[1]):
        share = 1 / (1 + math.exp(-first - width * panel[0, q]))
        total += panel[1, q] * _mass(n * share, n, a, b, constant) * n * share * (1 - share)
    total *= width
    slope = _digamma(n - s + 1) - _digamma(s + 1) + _digamma(s + a) - _digamma(n - s + b)
    total -= _mass(s, n, a, b, constant) * slope / 12
    if b < CLOSED:
        for k in range(EDGE):
            total += _mass(n - k, n, a, b, constant)
        total += _mass(n - EDGE, n, a, b, constant) / 2
    return total


@compiled
def _gamma_tail(
    s: float, n: float, a: float, b: float, choose: float, panel: FloatArray, negligible: float
) -> float:
    """Upper mid-p tail of a beta-binomial; `choose` is the logarithm of n over s, `panel` as below."""
    # Mirror where the observed count is at or below the mean, so that the summed side is always the thin one.
    mirrored = s * (a + b) < n * a
    if mirrored:
        s, a, b = n - s, b, a
    long = n * a * b * (a + b + n) > SMOOTH**2 * (a + b) ** 2 * (a + b + 1)
    if long and SMOOTH / 3 <= s < n and (b >= CLOSED or n - s > 2 * EDGE):
        total = _long_tail(s, n, a, b, panel)
    else:
        mass = math.exp(choose + _log_rise(a, s) + _log_rise(b, n - s) - _log_rise(a + b, n))
        total, k = 0.5 * mass, s
        while k < n:
            ratio = (n - k) * (k + a) / ((k + 1) * (n - k - 1 + b))
            mass *= ratio
            k += 1
            total += mass
            # Beyond the mode the terms shrink at least geometrically once the ratio is below one.
            if ratio < 1.0 and mass <= negligible * (1 - ratio):
                break
    total = 1.0 if total > 1 else 0.0 if total < 0 else total
    return 1.0 - total if mirrored else total


@compiled
def _one(s: float, n: float, odds: float, term: float, weight: float, ratios: FloatArray) -> float:
    """Upper mid-p tail of a binomial, times a weight; `term` is its mass at `s`, times that."""
    above = s * (1 + odds) > n * odds
    side, held, other, factor = (0, s, n - s, odds) if above else (1, n - s, s, 1 / odds)
    total, k = 0.5 * term, 0
    while k < other:
        term *= factor * (ratios[side, k] if k < ratios.shape[1] else (other - k) / (held + k + 1))
        total += term
        if term <= _SPENT * total:
            break
        k += 1
    return total if above else weight - total


@compiled
def _four(
    held: float,
    other: float,
    odds: tuple[float, float, float, float],
    terms: tuple[float, float, float, float],
    ratios: FloatArray,
) -> float:
    """Sum half of each of four terms and what lies beyond them."""
    f0, f1, f2, f3 = odds
    t0, t1, t2, t3 = terms
    sum0, sum1, sum2, sum3, k = 0.5 * t0, 0.5 * t1, 0.5 * t2, 0.5 * t3, 0
    while k < other:
        ratio = ratios[k] if k < ratios.size else (other - k) / (held + k + 1)
        t0 *= ratio * f0
        t1 *= ratio * f1
        t2 *= ratio * f2
        t3 *= ratio * f3
        sum0 += t0
        sum1 += t1
        sum2 += t2
        sum3 += t3
        if (t0 + t1) + (t2 + t3) <= _SPENT * (sum0 + sum3):
            break
        k += 1
    return (sum0 + sum1) + (sum2 + sum3)


@compiled
def _lognormal_tail(
    s: float,
    n: float,
    centre: float,
    scale: float,
    choose: float,
    nodes: FloatArray,
    ratios: FloatArray,
    work: FloatArray,
) -> float:
    """Upper mid-p tail of a binomial whose logit share is normal, over `nodes` and their weights.

    `ratios`, shape (2, any), holds what a term above (below) `s` is multiplied with beside the odds; `work`,
    of the shape of `nodes`, is written over.
    """
    z, weight, odds, term = nodes[0], nodes[1], work[0], work[1]
    middle = math.exp(centre)
    for q in range((z.size + 1) // 2):
        factor = math.exp(scale * z[q])
        odds[q], odds[z.size - 1 - q] = middle * factor, middle / factor
    for q in range(z.size):
        term[q] = weight[q] * math.exp(choose + s * (centre + scale * z[q]) - n * math.log(1 + odds[q]))
    mean = 0.0
    # Sum on the side away from the mean, where each term is smaller than the one before; four at a time.
    q = 0
    while q < z.size:
        last = q + 3
        if last < z.size and s * (1 + odds[last]) > n * odds[last]:
            four = odds[q], odds[q + 1], odds[q + 2], odds[last]
            mass = term[q], term[q + 1], term[q + 2], term[last]
            mean += _four(s, n - s, four, mass, ratios[0])
            q += 4
        elif last < z.size and s * (1 + odds[q]) <= n * odds[q]:
            four = 1 / odds[q], 1 / odds[q + 1], 1 / odds[q + 2], 1 / odds[last]
            mass = term[q], term[q + 1], term[q + 2], term[last]
            mean += weight[q] + weight[q + 1] + weight[q + 2] + weight[last]
            mean -= _four(n - s, s, four, mass, ratios[1])
            q += 4
        else:
            mean += _one(s, n, odds[q], term[q], weight[q], ratios)
            q += 1
    return mean


@compiled
def average_tails(
    series: FloatArray,
    dispersion: FloatArray,
    node_weight: FloatArray,
    nodes: FloatArray,
    panel: FloatArray,
    negligible: float,
    upper: bool,
    ratios: FloatArray,
    work: FloatArray,
    out: FloatArray,
) -> None:
    """Put into `out` the larger of the gamma- and the lognormal-mixed tail, averaged over the dispersion.

    Parameters
    ----------
    series : float array, shape (5, series)
        Counts of the recent window and of both (whole numbers), exposures of the recent window and of the
        baseline, and the level: where the gamma-mixed tail is above it, the other is not looked at.
    dispersion : float array, shape (series, any)
        The dispersion at its nodes, and `node_weight`, their weights.
    nodes, panel : float arrays, shape (2, any)
        Nodes, which rise, and weights: for a standard normal variable, and on the line from 0 to 1.
    negligible : float
        Mass that is not summed.
    upper : bool
    ratios, work : float arrays, shapes (2, any) and that of `nodes`
        Written over.
    out : float array, shape (series,)
    """
    for i in range(out.size):
        s, n, recent, baseline, level = series[0, i], series[1, i], series[2, i], series[3, i], series[4, i]
        choose = math.lgamma(n + 1) - math.lgamma(s + 1) - math.lgamma(n - s + 1)
        for k in range(ratios.shape[1]):
            ratios[0, k] = (n - s - k) / (s + k + 1)
            ratios[1, k] = (s - k) / (n - s + k + 1)
        rate, share = n / (recent + baseline), recent / baseline
        mean, mean_base, logit = rate * recent, rate * baseline, math.log(share)
        mass = math.exp(choose + s * logit - n * math.log(1 + share))
        flat = _one(s, n, share, mass, 1.0, ratios)
        gamma = 0.0
        for j in range(node_weight.size):
            excess, tail = dispersion[i, j] - 1.0, flat
            if excess > FLAT:
                tail = _gamma_tail(s, n, mean / excess, mean_base / excess, choose, panel, negligible)
            gamma += node_weight[j] * (tail if upper else 1.0 - tail)
        out[i] = gamma
        if gamma > level:
            continue
        lognormal = 0.0
        for j in range(node_weight.size):
            excess, tail = dispersion[i, j] - 1.0, flat
            if excess > FLAT:
                var, var_base = math.log1p(excess / mean), math.log1p(excess / mean_base)
                centre, scale = logit - var / 2 + var_base / 2, math.sqrt(var + var_base)
                tail = _lognormal_tail(s, n, centre, scale, choose, nodes, ratios, work)
            lognormal += node_weight[j] * (tail if upper else 1.0 - tail)
        if lognormal > gamma:
            out[i] = lognormal
