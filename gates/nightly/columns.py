"""Read the file in which a night's checks leave the effect of every column. No field of it is trusted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gates import documents
from gates.errors import SubjectError
from gates.nightly.night import Worst
from gates.printing import printable

SCHEMA = 1
_MOST = 10


@dataclass(frozen=True, slots=True)
class Columns:
    """Hold the worst columns in words, the effects of all in numbers (as in `Night`), and the number of rows on both sides.

    All is empty where nothing was compared.
    """

    worst: tuple[Worst, ...] = ()
    effects: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    reference_rows: int = 0
    rows: int = 0


def read_columns(path: Path) -> Columns:
    """Read what the checks of a night wrote; empty where the file is absent. Raises `SubjectError` for a file of any other
    form.
    """
    if not path.exists():
        return Columns()
    content = documents.load(path.read_bytes(), path.name)
    try:
        if content["schema"] != SCHEMA:
            raise ValueError("another schema")
        worst = tuple(_worst(one) for one in content["worst"][:_MOST])
        effects = {printable(str(name)): _numbers(numbers) for name, numbers in content["effects"].items()}
        rows = [content[key] for key in ("n_reference", "n_current")]
        if not all(type(count) is int and count >= 0 for count in rows):
            raise TypeError(f"its rows are {rows}")
        return Columns(worst, effects, *rows)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SubjectError(f"{path.name} is not what the checks of a night write: {error}", "run it again") from None


def _worst(value: Mapping[str, object]) -> Worst:
    column, effect, p_value, drifted = (value[key] for key in ("column", "effect", "p_value", "drifted"))
    if not (isinstance(column, str) and isinstance(effect, str) and isinstance(drifted, bool)):
        raise TypeError("a column has another form")
    return Worst(printable(column), printable(effect), _finite(p_value), drifted)


def _numbers(value: object) -> tuple[float, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= 2:
        raise TypeError("an effect has another form")
    return tuple(_finite(number) for number in value)


def _finite(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"{value!r:.40} is no finite number")
    return float(value)
