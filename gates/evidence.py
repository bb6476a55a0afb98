"""A measurement with its n, and the bound it is held to.

Values travel as text: numpy scalars kill a pytest-xdist worker, and NaN must survive the way so that it can be refused.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from gates.errors import ConfigError

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_BOUND = re.compile(r"\s*(>=|<=|==|>|<)\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*\Z")


@dataclass(frozen=True, slots=True)
class Bound:
    """Hold the limit that the value of an evidence must keep, written like ``>= 0.40``."""

    comparator: str
    limit: float

    def __str__(self) -> str:
        return f"{self.comparator} {format_number(self.limit)}"

    @classmethod
    def parse(cls, text: str) -> Bound:
        """Read ``>= 0.40``. Raises `ConfigError` for an unknown comparator or a limit that is no finite number."""
        match = _BOUND.match(text)
        try:
            limit = float(match[2]) if match else math.nan
        except ValueError:
            limit = math.nan
        if match is None or not math.isfinite(limit):
            raise ConfigError(f"{text!r} is not a bound; write one of >= <= == > < and a finite number, like '>= 0.40'")
        return cls(match[1], limit)

    def holds(self, value: float) -> bool:
        """Return whether a finite ``value`` keeps the bound; a value that is not finite never does."""
        return math.isfinite(value) and _OPERATORS[self.comparator](value, self.limit)


class Kind(StrEnum):
    """Name what an evidence says: how much of something there is, how many cases break a rule, or a p-value."""

    MEASUREMENT = "measurement"
    VIOLATIONS = "violations"
    P_VALUE = "p_value"


DIRECTIONS = ("", "higher", "lower")
NO_VIOLATION = Bound("==", 0.0)  # what violations are held to where a policy names no other bound


@dataclass(frozen=True, slots=True)
class Evidence:
    """Hold one measurement of one check.

    ``id`` names it within its check and is what bounds refer to; ``value`` is its number as text and ``n`` the number of rows
    (or requests) behind it. ``unit`` is the unit of the value, ``better`` says which way is better: ``higher``, ``lower`` or,
    where neither is, empty. ``needed_n`` is set where the rows were too few to tell: an evidence that misses its bound is then
    inconclusive, not failed. ``name`` and ``detail`` are for people and decide nothing.
    """

    id: str
    value: str
    n: int
    detail: str = ""
    needed_n: int | None = None
    kind: Kind = Kind.MEASUREMENT
    name: str = ""
    unit: str = ""
    better: str = ""

    @property
    def label(self) -> str:
        """Return what people read: the name or, where there is none, the id."""
        return self.name or self.id

    @property
    def number(self) -> float:
        """Return the value as a float; NaN when the text is no number."""
        try:
            return float(self.value)
        except ValueError:
            return math.nan

    @property
    def measured(self) -> bool:
        """Return whether there is a finite number from at least one row; nothing else can be inconclusive or accepted."""
        return self.n > 0 and math.isfinite(self.number)

    def fault(self, bound: Bound) -> str | None:
        """Return why this evidence does not keep ``bound``, as one sentence, or None when it does."""
        if self.n <= 0:
            return f"{self.label} was measured on {self.n} rows; a measurement needs at least one"
        if not math.isfinite(self.number):
            about = f": {self.detail}" if self.detail else ""
            return (
                f"{self.label} = {self.value}, which is not a finite number (required {bound}, n = {self.n:,}){about}"
            )
        return None if bound.holds(self.number) else self.sentence(bound)

    def sentence(self, bound: Bound | None) -> str:
        """Return ``macro_f1 = 0.276 (required >= 0.300, n = 327): detail``, for people."""
        required, shown = (f"required {bound}, " if bound else ""), format_number(self.number)
        if bound and math.isfinite(self.number):
            rounded = Bound(bound.comparator, float(format_number(bound.limit)))
            if rounded.holds(float(shown)) != bound.holds(self.number):  # rounded, it would read as the opposite
                required, shown = f"required {bound.comparator} {bound.limit!r}, ", self.value
        head = f"{self.label} = {shown}{unit_of(self)} ({required}n = {self.n:,})"
        return f"{head}: {self.detail}" if self.detail else head


_UNITS = {"milliseconds": " ms", "seconds": " s", "MiB": " MiB", "days": " days"}


def unit_of(evidence: Evidence) -> str:
    """Return the unit to print behind the number, with a blank before it; nothing where the name says what is counted."""
    return _UNITS.get(evidence.unit, "")


def format_number(value: float) -> str:
    """Return a number as people read it: integers whole, the rest with four significant digits."""
    if math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        return f"{int(value)}"
    return f"{value:.4g}"
