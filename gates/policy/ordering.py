"""Compare two values of one setting: which lets less through, or that this is unclear."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gates.errors import ConfigError
from gates.evidence import Bound
from gates.toml_reader import read_seconds


class Direction(StrEnum):
    """Say where a change goes. ``BESIDE`` lets neither more nor less through: it is about what is gated, or about spelling."""

    LOOSENED = "loosened"
    UNCLEAR = "changed"
    TIGHTENED = "tightened"
    BESIDE = "beside"


Rule = Callable[[object, object], Direction]


@dataclass(frozen=True, slots=True)
class Change:
    """Hold one difference between two policies: its direction, and a sentence."""

    direction: Direction
    sentence: str

    @property
    def weakens(self) -> bool:
        """Return whether the change lets more through, or may do so."""
        return self.direction in (Direction.LOOSENED, Direction.UNCLEAR)


def unclear(old: object, new: object) -> Direction:
    """Return that nobody can say which value is stricter: the rule of a key without a rule."""
    return Direction.UNCLEAR


def beside(old: object, new: object) -> Direction:
    """Return that the change lets neither more nor less through."""
    return Direction.BESIDE


def higher_is_stricter(old: object, new: object) -> Direction:
    """Compare two finite numbers of which the higher is stricter; unclear for anything else, also true and NaN."""
    if not (_is_number(old) and _is_number(new)):
        return Direction.UNCLEAR
    return Direction.TIGHTENED if float(str(new)) > float(str(old)) else Direction.LOOSENED


def lower_is_stricter(old: object, new: object) -> Direction:
    """Compare two finite numbers of which the lower is stricter; unclear for anything else, also true and NaN."""
    return higher_is_stricter(new, old)


def shorter_is_stricter(old: object, new: object) -> Direction:
    """Compare two lengths of time like ``24h``, of which the shorter is stricter; unclear for equal ones and anything else."""
    before, after = (read_seconds(value) if isinstance(value, str) else None for value in (old, new))
    if before is None or after is None or before == after:
        return Direction.UNCLEAR
    return Direction.TIGHTENED if after < before else Direction.LOOSENED


def present_is_stricter(old: object, new: object) -> Direction:
    """Compare an absent value (None) with a present one, which is stricter; unclear where both or neither is present."""
    if (old is None) == (new is None):
        return Direction.UNCLEAR
    return Direction.TIGHTENED if old is None else Direction.LOOSENED


def absent_is_stricter(old: object, new: object) -> Direction:
    """Compare an absent value (None), which is stricter, with a present one; unclear where both or neither is present."""
    if (old is None) == (new is None):
        return Direction.UNCLEAR
    return Direction.LOOSENED if old is None else Direction.TIGHTENED


def stricter_last(*words: object) -> Rule:
    """Return a rule for a choice among ``words``, of which the later are the stricter; unclear for any other word."""

    def compare(old: object, new: object) -> Direction:
        places = [
            next((n for n, word in enumerate(words) if word is value or word == value), -1) for value in (old, new)
        ]
        if -1 in places or places[0] == places[1]:
            return Direction.UNCLEAR
        return Direction.TIGHTENED if places[1] > places[0] else Direction.LOOSENED

    return compare


def compare_bounds(old: object, new: object) -> Direction:
    """Compare two bounds: one is stricter when it lets through only values that the other lets through too.

    Unclear where neither holds, or where one is no bound.
    """
    try:
        before, after = (_interval(Bound.parse(str(bound))) for bound in (old, new))
    except ConfigError:
        return Direction.UNCLEAR
    if before == after:
        return Direction.BESIDE
    if _within(after, before):
        return Direction.TIGHTENED
    return Direction.LOOSENED if _within(before, after) else Direction.UNCLEAR


_End = tuple[float, int]  # a limit, and 0 where it is included, 1 where ">" excludes it, -1 where "<" does


def _interval(bound: Bound) -> tuple[_End, _End]:
    """Return the lowest and the highest value that a bound lets through, in a form that is ordered like numbers."""
    below, above = (-math.inf, 0), (math.inf, 0)
    limit = bound.limit
    match bound.comparator:
        case ">=":
            return (limit, 0), above
        case ">":
            return (limit, 1), above
        case "<=":
            return below, (limit, 0)
        case "<":
            return below, (limit, -1)
        case _:
            return (limit, 0), (limit, 0)


def _within(inner: tuple[_End, _End], outer: tuple[_End, _End]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def members(old: object, new: object) -> tuple[Sequence[str], Sequence[str]] | None:
    """Return the texts that were removed from a list and those that were added; None where one side is no list of texts."""
    lists: list[list[str]] = []
    for value in (old, new):
        texts = [value] if isinstance(value, str) else [] if value is None else value
        if not isinstance(texts, list) or not all(isinstance(member, str) for member in texts):
            return None
        lists.append(texts)
    before, after = lists
    return [member for member in before if member not in after], [member for member in after if member not in before]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
