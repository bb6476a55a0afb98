"""Names for the arrays that the drift statistics pass around, so that a signature says what is in them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
