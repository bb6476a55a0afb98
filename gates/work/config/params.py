"""Parameters of a training: from the configuration, overridden by text from a command line.

Parameters belong to the estimator beside which they were written: choosing another estimator leaves them behind, and
says so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from gates.errors import ConfigError
from gates.work.records import Value

_WHOLE = re.compile(r"[+-]?\d{1,18}\Z")
_WORDS: Mapping[str, Value] = {"true": True, "false": False, "none": None, "null": None}


def parse(text: str) -> Value:
    """Return the value of a text: true, false and none as they say, whole numbers, numbers, else the text."""
    word = text.strip()
    if word.lower() in _WORDS:
        return _WORDS[word.lower()]
    if _WHOLE.match(word):
        return int(word)
    try:
        number = float(word)
    except ValueError:
        return word
    return number if math.isfinite(number) else word


def merge(configured: Mapping[str, Value], overrides: Mapping[str, str]) -> tuple[dict[str, Value], tuple[str, ...]]:
    """Merge overrides into the configured parameters; return the result, and a note about those left behind.

    Raises `ConfigError` for an override without name or value.
    """
    faults = tuple(
        f"--param {name}={value} has no {'name' if not name.strip() else 'value'}"
        for name, value in overrides.items()
        if not name.strip() or not value.strip()
    )
    if faults:
        raise ConfigError(faults, "write --param NAME=VALUE, like --param max_depth=4")
    chosen = {name.strip(): parse(value) for name, value in overrides.items()}
    if "estimator" not in chosen or chosen["estimator"] == configured.get("estimator"):
        return {**configured, **chosen}, ()
    left = [f"{name} = {value!r}" for name, value in configured.items() if name != "estimator" and name not in chosen]
    note = f"left behind with estimator {configured.get('estimator')!r}: {', '.join(left)}"
    return chosen, (note,) if left else ()
