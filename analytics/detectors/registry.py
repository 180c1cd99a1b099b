"""The detectors by name, and whatever a user may give as one: a name, a spec, or a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias

from analytics.detectors.spec import DetectorSpec
from analytics.errors import OptionError, unknown_option
from analytics.former import refuse_former
from analytics.periods import YEAR_DAYS
from analytics.results import Alarms

__all__ = ["DETECTORS", "Detector", "Detectors", "detector_spec", "detector_specs"]

Detector: TypeAlias = str | DetectorSpec | Callable[..., Alarms]
Detectors: TypeAlias = Detector | Iterable[Detector] | Mapping[str, Detector]


def _ears(method: str, usual: float, strictest: float) -> DetectorSpec:
    return DetectorSpec(
        f"ears_{method.lower()}",
        "analytics.detectors._ears:ears",
        {"method": method, "pvalues": True},
        usual=usual,
        bounds=(0.1, strictest),
    )


def _control_chart(name: str, module: str, options: Mapping[str, Any]) -> DetectorSpec:
    # Designed by its average run length, which holds for independent counts only.
    return DetectorSpec(
        name,
        f"analytics.detectors._{module}:{module}",
        options,
        threshold="arl",
        usual=52.0,
        stricter="higher",
        bounds=(13.0, 1e5),
        kind="score",
        resets=True,
        formula="arl",
        sweep=None,
    )


def _rule(name: str, usual: float, bounds: tuple[float, float], **more: Any) -> DetectorSpec:
    # A rule of thumb: its threshold has no formula.
    return DetectorSpec(
        name,
        f"analytics.detectors._{name}:{name}",
        threshold="threshold",
        usual=usual,
        stricter="higher",
        bounds=bounds,
        kind="score",
        formula=None,
        **more,
    )


def _weekly(name: str, usual: float, **more: Any) -> DetectorSpec:
    return DetectorSpec(name, f"analytics.detectors._{name}:{name}", usual=usual, daily=False, **more)


_POISSON, _NB = {"family": "poisson"}, {"family": "negative_binomial"}
_LIST: tuple[DetectorSpec, ...] = (
    DetectorSpec(
        "recent_window",
        "analytics.detectors._recent_window:recent_window",
        usual=1 / 52,
        keeps=True,
    ),
    _weekly("predictive", 0.9 * 7 / YEAR_DAYS, keeps=True, spends=0.9),
    _weekly("farrington_flexible", 1 / 52, years=5),
    _weekly("farrington", 1 / 52, years=5),
    _ears("C1", 0.001, 1e-6),
    _ears("C2", 0.001, 1e-6),
    _ears("C3", 0.025, 1e-5),
    replace(_control_chart("cusum_nb", "cusum", _NB), trains=True),
    replace(_control_chart("cusum_poisson", "cusum", _POISSON), trains=True),
    replace(_control_chart("ewma", "ewma", {}), trains=True),
    _control_chart("glr_nb", "glr", _NB),
    _control_chart("glr_poisson", "glr", _POISSON),
    replace(_control_chart("rogerson", "rogerson", {}), single=True, trains=True),
    _control_chart("e_detector", "e_detector", {}),
    DetectorSpec(
        "space_time_scan",
        "analytics.detectors._space_time_scan:space_time_scan",
        usual=1 / 52,
        by_region=False,
        single=True,
        needs=("places",),
    ),
    DetectorSpec("bayes", "analytics.detectors._bayes:bayes", usual=0.05),
    _rule("rki", 1.0, (0.05, 100.0), sweep="statistic"),
    _rule("outbreak_p", 100.0, (1.5, 1e12), sweep=None, resets=True),
)
DETECTORS: Mapping[str, DetectorSpec] = MappingProxyType({spec.name: spec for spec in _LIST})


def detector_spec(detector: Detector, name: str | None = None) -> DetectorSpec:
    """Return what is known about a detector.

    Parameters
    ----------
    detector : str, DetectorSpec or callable
        A name of the registry, a spec, or a function ``f(counts, *, alpha, last) -> Alarms``: see
        :class:`DetectorSpec` for what it must do. One without ``alpha`` has no threshold that a budget can
        set; one that looks at several regions together has a true attribute ``joint``. A function of the
        registry's own is what the registry knows about it.
    name : str, optional
        What to call it.

    Raises
    ------
    OptionError
        If the name is unknown, or the function takes no ``last``.

    Examples
    --------
    >>> from analytics.detectors import predictive
    >>> detector_spec("predictive").threshold, detector_spec(predictive, "mine").name
    ('alpha', 'mine')
    """
    if isinstance(detector, DetectorSpec):
        spec = detector
    elif isinstance(detector, str) and detector in DETECTORS:
        spec = DETECTORS[detector]
    elif callable(detector):
        spec = _of_function(detector)
    else:
        raise unknown_option("detector", detector, tuple(DETECTORS))
    return spec if name is None else replace(spec, name=name)


def detector_specs(detectors: Detectors) -> list[DetectorSpec]:
    """Return what is known about one detector or several.

    Parameters
    ----------
    detectors : str, DetectorSpec, callable, iterable of them, or mapping from names to them
        See :func:`detector_spec`.

    Raises
    ------
    OptionError
        If there is none, one stands twice, or one is no detector.
    """
    if isinstance(detectors, Mapping):
        specs = [detector_spec(given, str(name)) for name, given in detectors.items()]
    elif isinstance(detectors, str | DetectorSpec) or not isinstance(detectors, Iterable):
        specs = [detector_spec(detectors)]
    else:
        specs = [detector_spec(given) for given in detectors]
    if not specs:
        raise OptionError("no detector is given", expected="at least one")
    names = [spec.name for spec in specs]
    if len(set(names)) < len(names):
        raise OptionError(
            "a detector stands twice",
            found=", ".join(names),
            todo="leave one out; a mapping from names to detectors gives each a name of its own",
        )
    return specs


def _of_function(function: Callable[..., Alarms]) -> DetectorSpec:
    """Return the spec of a function: what the registry knows of it, or what its signature says."""
    whole = function.func if isinstance(function, partial) else function
    name = getattr(whole, "__name__", type(whole).__name__)
    options = inspect.signature(function).parameters
    if "last" not in options and not any(o.kind is o.VAR_KEYWORD for o in options.values()):
        raise OptionError(
            f"{name} is no detector: it has no option last",
            expected="a function f(counts, *, alpha, last) that returns Alarms",
            found=f"{name}{inspect.signature(function)}",
        )
    alpha = options.get("alpha")
    known = [s for s in DETECTORS.values() if s.function == f"{function.__module__}:{name}"]
    if whole is function and len(known) == 1:
        return replace(known[0], as_given=True)
    if whole is function and known and alpha is None:  # several by their options, and one kind of threshold
        return replace(known[0], name=name, options={}, as_given=True)
    return DetectorSpec(
        name,
        function,
        threshold=None if alpha is None else "alpha",
        sweep=None,
        by_region=not getattr(function, "joint", False),
        as_given=alpha is None or alpha.default is not alpha.empty,
    )


def __getattr__(name: str) -> object:
    refuse_former("analytics.detectors.registry", name, Spec="DetectorSpec")
    raise AttributeError(f"module 'analytics.detectors.registry' has no attribute {name!r}")
