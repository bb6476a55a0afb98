"""Say how a missing value is spelt in a text file: one rule for every command, which ``[tool.ml] missing`` changes.

A typed file (Parquet) knows missing values by itself: there a text is a text, whatever it says.
"""

from __future__ import annotations

MISSING = ("", "NaN", "nan", "null", "NULL", "NA", "N/A", "#N/A", "None")
