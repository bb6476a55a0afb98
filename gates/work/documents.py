"""Strict JSON, both ways: a document that another reader could understand otherwise is refused.

Python's json writes NaN, which is not JSON, and reads a repeated key as its last value; neither passes here.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import NoReturn


def write_json(path: Path, content: object) -> None:
    """Write ``content`` whole or not at all. Raises ValueError for NaN and infinity, TypeError for what is not JSON."""
    text = json.dumps(content, allow_nan=False, ensure_ascii=False, indent=1)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_json(text: str | bytes) -> dict[str, object]:
    """A JSON object. Raises ValueError for anything else, for NaN, infinity, a repeated key and too deep nesting."""
    try:
        content = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_refuse_repeats)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(content, dict):
        raise ValueError(f"it holds a {type(content).__name__}, wanted an object")
    return content


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"it holds {constant}, which is not JSON")


def _refuse_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"it holds the key {repeated!r} twice")
    return content
