"""Read and write strict JSON: no NaN, no infinity, no repeated key. Used for everything that is stored and read again.

Python's json writes NaN, which is not JSON, and reads a repeated key as its last value; neither passes here.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from gates.errors import SubjectError

LARGEST = 8 << 20


def dump(content: Mapping[str, object]) -> bytes:
    """Return canonical bytes: sorted keys, no spaces. Raises ValueError for NaN and infinity, TypeError for what is not JSON.

    A lone surrogate, which no UTF-8 can carry, is written as JSON's own escape.
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace")


def load(document: bytes, what: str) -> dict[str, Any]:
    """Return the object in ``document``; ``what`` names it in messages.

    Raises `SubjectError` for more than `LARGEST` bytes, and for all that `read_json` refuses.
    """
    if len(document) > LARGEST:
        raise SubjectError(f"{what} is larger than {LARGEST >> 20} MiB", "it is not a document that gates wrote")
    try:
        content = _parse(document)
    except ValueError as error:
        raise SubjectError(f"{what} cannot be read: {error}", "it was damaged or edited; judge again") from None
    if not isinstance(content, dict):
        raise SubjectError(f"{what} is not an object", "it is not a document that gates wrote")
    return content


def read_json(text: str | bytes) -> dict[str, object]:
    """Return a JSON object, from text or from its bytes in UTF-8.

    Raises ValueError for anything else, for NaN, infinity, a repeated key and too deep nesting.
    """
    content = _parse(text)
    if not isinstance(content, dict):
        raise ValueError(f"it holds a {type(content).__name__}, wanted an object")
    return content


def write_json(path: Path, content: object) -> None:
    """Write ``content`` to a file, whole or not at all.

    Raises ValueError for NaN and infinity, TypeError for what is not JSON, OSError where the file cannot be written.
    """
    text = json.dumps(content, allow_nan=False, ensure_ascii=False, indent=1)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _parse(text: str | bytes) -> object:
    try:
        return json.loads(
            text.decode("utf-8") if isinstance(text, bytes) else text,
            object_pairs_hook=_refuse_repeats, parse_constant=_refuse_constant, parse_float=_finite,
        )  # fmt: skip
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _refuse_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content: dict[str, object] = {}
    for key, value in pairs:
        if key in content:
            raise ValueError(f"the key {key!r} stands twice")
        content[key] = value
    return content


def _finite(text: str) -> float:
    """Return the number; ``1e999`` is legal JSON and reads as infinity, which no document of ours holds."""
    if not math.isfinite(number := float(text)):
        raise ValueError(f"it holds {text[:40]}, which is too large")
    return number


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"it holds {constant}, which is not JSON")
