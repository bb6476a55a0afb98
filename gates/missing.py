"""Say how a missing value is spelt in a text file: one rule for every command, which ``[tool.ml] missing`` changes.

A typed file (Parquet) knows missing values by itself: there a text is a text, whatever it says.
"""

from __future__ import annotations

MISSING = ("", "NaN", "nan", "null", "NULL", "NA", "N/A", "#N/A", "None")


def describe_missing(missing: tuple[str, ...] = MISSING) -> str:
    """Return in words which texts of a text file are read as missing, and what changes that: for a label that is spelt like one."""
    spelt = ", ".join(map(repr, missing)) or "none"
    return f'read as missing in a text file are {spelt} (missing in [tool.ml] says otherwise, like missing = [""])'
