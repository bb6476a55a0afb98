"""Describe the onset in words: which columns, since when, how sure, at once or night by night."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gates.nightly.night import Night, Worst
from gates.nightly.onset import Onset, estimate_onset

_SHIFT, _SPREAD = 0, 1


@dataclass(frozen=True, slots=True)
class Since:
    """Hold an onset for people: ``night`` is the id of the first night that differs, None where it is not known.

    ``earliest`` and ``latest`` are ids of nights, None where there are too few nights to say.
    """

    night: str | None
    sentence: str
    gradual: bool = False
    earliest: str | None = None
    latest: str | None = None


def tell_onset(nights: Sequence[Night]) -> Since:
    """Return when the worst columns of the last night began to differ; ``nights`` are the counted ones about one champion."""
    tonight = nights[-1]
    watched = [night for night in nights if night.rows > 0 and night.effects]
    columns = [one for one in tonight.worst if one.drifted] or list(tonight.worst[:1])
    columns = [one for one in columns if all(one.column in night.effects for night in watched)]
    if len(watched) < 2 or not columns:
        why = "one night is no history" if len(watched) < 2 else "no column is known from every night"
        return Since(None, f"onset: after the champion was trained, and not known more closely: {why}")
    parts = [_series(one, watched) for one in columns]
    anchored = all(part is not None for _, part in parts)
    onset = estimate_onset(
        [values for values, _ in parts], [night.rows for night in watched], tonight.reference_rows if anchored else 0.0
    )
    assert onset is not None
    return _say(onset, watched, columns, parts[0][1])


def _series(column: Worst, nights: Sequence[Night]) -> tuple[list[float], int | None]:
    """Return the column's effect by night, and which effect it is: shift or spread, whichever differs more tonight, or None."""
    tonight = nights[-1].effects[column.column]
    if any(len(night.effects[column.column]) != len(tonight) for night in nights) or len(tonight) != 2:
        return [night.effects[column.column][0] for night in nights], None
    part = _SPREAD if abs(tonight[_SPREAD]) * math.sqrt(2.0) > abs(tonight[_SHIFT]) else _SHIFT
    return [night.effects[column.column][part] for night in nights], part


def _say(onset: Onset, nights: Sequence[Night], columns: Sequence[Worst], part: int | None) -> Since:
    first = nights[onset.night]
    names = ", ".join(repr(one.column) for one in columns[:5])
    between = ""
    if onset.earliest is not None and onset.latest is not None and onset.earliest != onset.latest:
        between = f" (between {nights[onset.earliest].day} and {nights[onset.latest].day})"
    about = f"at or before {first.day}, the first night watched" if onset.night == 0 else f"{first.day}{between}"
    unit = {_SHIFT: " sd", _SPREAD: " in the logarithm of the spread"}.get(
        part if part is not None else -1, " in distance"
    )
    how = f"{onset.size:+.2g}{unit} {'a night' if onset.gradual else 'at once'}"
    sentence = f"onset: {about}; {names}: {how} (least-squares change point over {len(nights)} nights)"
    earliest, latest = (None if k is None else nights[k].id for k in (onset.earliest, onset.latest))
    return Since(first.id, sentence, onset.gradual, earliest, latest)
