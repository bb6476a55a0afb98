"""Which of two values of one setting lets less through. Where that cannot be said, the answer is that it cannot be said."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gates.errors import ConfigError
from gates.evidence import Bound
from gates.toml_reader import read_seconds


class Direction(StrEnum):
    """Where a change goes. ``BESIDE`` lets neither more nor less through: it is about what is being gated, or about spelling."""

    LOOSENED = "loosened"
    UNCLEAR = "changed"
    TIGHTENED = "tightened"
    BESIDE = "beside"


Rule = Callable[[object, object], Direction]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two policies, as a sentence."""

    direction: Direction
    sentence: str

    @property
    def weakens(self) -> bool:
        """Whether the change lets more through, or may do so for all that can be told."""
        return self.direction in (Direction.LOOSENED, Direction.UNCLEAR)


def unclear(old: object, new: object) -> Direction:
    return Direction.UNCLEAR


def beside(old: object, new: object) -> Direction:
    return Direction.BESIDE


def higher_is_stricter(old: object, new: object) -> Direction:
    """Numbers, of which NaN and true are none."""
    if not (_is_number(old) and _is_number(new)):
        return Direction.UNCLEAR
    return Direction.TIGHTENED if float(str(new)) > float(str(old)) else Direction.LOOSENED


def lower_is_stricter(old: object, new: object) -> Direction:
    return higher_is_stricter(new, old)


def shorter_is_stricter(old: object, new: object) -> Direction:
    """Lengths of time like ``24h``."""
    before, after = (read_seconds(value) if isinstance(value, str) else None for value in (old, new))
    if before is None or after is None or before == after:
        return Direction.UNCLEAR
    return Direction.TIGHTENED if after < before else Direction.LOOSENED


def present_is_stricter(old: object, new: object) -> Direction:
    """What is named holds; which of two names is stricter cannot be told."""
    if (old is None) == (new is None):
        return Direction.UNCLEAR
    return Direction.TIGHTENED if old is None else Direction.LOOSENED


def stricter_last(*words: object) -> Rule:
    """A choice of which the later words are the stricter ones."""

    def compare(old: object, new: object) -> Direction:
        places = [
            next((n for n, word in enumerate(words) if word is value or word == value), -1) for value in (old, new)
        ]
        if -1 in places or places[0] == places[1]:
            return Direction.UNCLEAR
        return Direction.TIGHTENED if places[1] > places[0] else Direction.LOOSENED

    return compare


def compare_bounds(old: object, new: object) -> Direction:
    """A bound is stricter when every value that it lets through was let through before."""
    try:
        before, after = (_interval(Bound.parse(str(bound))) for bound in (old, new))
    except ConfigError:
        return Direction.UNCLEAR
    if before == after:
        return Direction.BESIDE
    if _within(after, before):
        return Direction.TIGHTENED
    return Direction.LOOSENED if _within(before, after) else Direction.UNCLEAR


_End = tuple[
    float, int
]  # a limit, and by how little it is moved: 1 where ">" leaves the limit itself out, -1 where "<" does


def _interval(bound: Bound) -> tuple[_End, _End]:
    """The lowest and the highest value that a bound lets through, ordered like numbers."""
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
    """The texts of two lists that were taken out and that were added; None where one of them is no list of texts."""
    lists: list[list[str]] = []
    for value in (old, new):
        found = [value] if isinstance(value, str) else [] if value is None else value
        if not isinstance(found, list) or not all(isinstance(member, str) for member in found):
            return None
        lists.append(found)
    before, after = lists
    return [member for member in before if member not in after], [member for member in after if member not in before]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
