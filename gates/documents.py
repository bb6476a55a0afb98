"""Strict JSON: no NaN, no key twice, no document without end. Used for everything that is stored and read again."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from gates.errors import SubjectError

LARGEST = 8 << 20


def dump(content: Mapping[str, object]) -> bytes:
    """Canonical bytes: sorted keys, no spaces. Raises ValueError for NaN and infinity.

    A lone surrogate, which no UTF-8 can carry, is written as JSON's own escape.
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace")


def load(document: bytes, what: str) -> dict[str, Any]:
    """Parse ``document``; ``what`` names it in the refusal. Raises `SubjectError`."""
    if len(document) > LARGEST:
        raise SubjectError(f"{what} is larger than {LARGEST >> 20} MiB", "it is not a document that gates wrote")
    try:
        content = json.loads(
            document.decode("utf-8"),
            object_pairs_hook=_without_twins, parse_constant=_refuse_constant, parse_float=_finite,
        )  # fmt: skip
    except (ValueError, RecursionError) as error:
        raise SubjectError(f"{what} cannot be read: {error}", "it was damaged or edited; judge again") from None
    if not isinstance(content, dict):
        raise SubjectError(f"{what} is not an object", "it is not a document that gates wrote")
    return content


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice")
        found[key] = value
    return found


def _finite(text: str) -> float:
    """``1e999`` is legal JSON and reads as infinity, which no document of ours holds."""
    if not math.isfinite(number := float(text)):
        raise ValueError(f"it holds {text[:40]}, which is too large")
    return number


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"it holds {constant}")
