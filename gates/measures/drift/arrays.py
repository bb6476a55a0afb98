"""Names for the arrays that the drift statistics pass around, so that a signature says what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Singles: TypeAlias = npt.NDArray[np.float32]
Codes: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Texts: TypeAlias = npt.NDArray[np.object_]  # None where there is none


@dataclass(frozen=True, slots=True)
class ColumnTests:
    """Hold the p-values and statistics of some columns, in their order: ``p_values`` (c,), ``distances`` (c,)."""

    p_values: Floats
    distances: Floats
