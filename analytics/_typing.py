"""Names of types that many rooms share."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = ["BoolArray", "Days", "Direction", "FloatArray", "IndexArray", "IntArray"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
IndexArray = npt.NDArray[np.intp]
Direction = Literal["greater", "less"]
Days = npt.NDArray[np.datetime64]  # datetime64[D]
