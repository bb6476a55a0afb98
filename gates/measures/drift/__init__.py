"""Drift: does the current window still look like the rows the model learned from.

`detect` compares two tables, `detect_predictions` the predictions of one model on two tables. Light to import: the
statistics and alibi-detect are imported when first used.
"""

from __future__ import annotations

from gates.measures.drift.detection import detect
from gates.measures.drift.faults import DetectorFault, DriftFault
from gates.measures.drift.predictions import PredictionDrift, detect_predictions
from gates.measures.drift.report import ColumnDrift, DriftReport
from gates.measures.drift.selection import select_columns

__all__ = [
    "ColumnDrift",
    "DetectorFault",
    "DriftFault",
    "DriftReport",
    "PredictionDrift",
    "detect",
    "detect_predictions",
    "select_columns",
]
