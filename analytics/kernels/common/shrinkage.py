"""Drawing the dispersions of many series together, where the panel is alike.

References
----------
.. [1] Smyth, G. K. (2004). Linear models and empirical Bayes methods for assessing differential expression.
       Statistical Applications in Genetics and Molecular Biology 3, 3.
.. [2] Phipson, B., Lee, S., Majewski, I. J., Alexander, W. S., Smyth, G. K. (2016). Robust hyperparameter
       estimation protects against hypervariable genes. Annals of Applied Statistics 10, 946-963.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import special
from scipy.optimize import brentq

from analytics.kernels.common.dispersion import Dispersion

__all__ = ["shrink_dispersion"]

_MIN_SERIES = 10
_WINSOR = 0.1  # share of the log dispersions drawn in at either end before the prior is estimated


def shrink_dispersion(dispersion: Dispersion) -> Dispersion:
    """Shrink dispersions towards their common value, never below a series' own estimate.

    A scaled inverse chi-square prior is fitted by the moments of the log dispersions [1]_, winsorised so that
    a few bursty series do not set it [2]_. In mixed panels bursty series are made worse by shrinking
    downwards, hence the floor; what remains is a gain in degrees of freedom. With fewer than ten series, or
    where the estimates vary no more than chance, the prior says nothing more than the data do.

    Returns
    -------
    Dispersion
        Larger or equal `phi`, larger `edf`.

    Examples
    --------
    >>> few = Dispersion(np.ones(3), np.full(3, 20.0), np.zeros(3), np.full(3, 26))
    >>> shrink_dispersion(few) is few
    True
    """
    phi, edf = dispersion.phi, dispersion.edf
    usable = edf > 2
    if usable.sum() < _MIN_SERIES:
        return dispersion
    # log phi less the bias of a log chi-square; its variance beyond trigamma(edf/2) is the prior's.
    e = np.log(phi[usable]) - special.digamma(edf[usable] / 2) + np.log(edf[usable] / 2)
    low, high = np.quantile(e, [_WINSOR, 1 - _WINSOR])
    drawn = np.clip(e, low, high)
    excess = drawn.var(ddof=1) - special.polygamma(1, edf[usable] / 2).mean()
    if excess <= 0:
        prior_edf, scale = 100.0, float(np.exp(drawn.mean()))
    else:
        prior_edf = 2 * brentq(lambda x: float(special.polygamma(1, x)) - excess, 1e-3, 1e4)
        scale = float(np.exp(drawn.mean() + special.digamma(prior_edf / 2) - np.log(prior_edf / 2)))
    shrunk = (prior_edf * scale + edf * phi) / (prior_edf + edf)
    return replace(dispersion, phi=np.maximum(phi, shrunk), edf=edf + prior_edf)
