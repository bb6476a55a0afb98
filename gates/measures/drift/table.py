"""Put reference and current side by side, column by column, before anything is measured.

The rule it protects: nothing that a statistic cannot read may reach it unseen. A missing value becomes a fact of its own (how
often it is missing), an infinite one is counted and named, a column that is absent or has changed its kind is a difference.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gates.measures.dates import DAY
from gates.measures.drift.arrays import Codes, Flags, Floats, Texts
from gates.measures.drift.faults import DriftFault
from gates.measures.drift.kinds import (
    Values,
    factorize,
    kind_of_dtype,
    kind_of_objects,
    read_dates,
    read_numbers,
    seconds_of,
    stack_vectors,
    to_common_floats,
    width_of,
)
from gates.measures.drift.texts import as_texts, is_prose, measure_form, measure_topics, pattern_of, spell, varies
from gates.plain import differs_little

if TYPE_CHECKING:
    import pandas as pd

MISSING = -1  # the code of a missing category
LEVELS = 50  # levels of a category that are compared one by one; the others together
RARE = 10  # a level with fewer rows on both sides together is compared with the other rare ones
HOUR = 3_600.0  # s
TIMED = 0.05  # share of the dates that are no midnight, from which their time of day is compared


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """Hold a column of numbers: ``reference`` (n,) and ``current`` (m,) hold NaN where a value is missing or infinite, finite
    numbers elsewhere. ``source`` is the column that it was computed from, "" where it is a column of the table itself.
    """

    name: str
    reference: Floats
    current: Floats
    source: str = ""


@dataclass(frozen=True, slots=True)
class CategoryColumn:
    """Hold a column of categories: ``reference`` (n,) and ``current`` (m,) hold indices into ``levels``, `MISSING` where the
    value is missing.
    """

    name: str
    reference: Codes
    current: Codes
    levels: tuple[str, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class LevelColumn:
    """Hold a column with values that come up too rarely to be compared one by one: a code (n,), (m,) for each distinct value."""

    name: str
    reference: Codes
    current: Codes


@dataclass(frozen=True, slots=True)
class DateColumn:
    """Hold a column of dates: seconds since 1970, ``reference`` (n,), ``current`` (m,), NaN where missing."""

    name: str
    reference: Floats
    current: Floats


@dataclass(frozen=True, slots=True)
class NotCompared:
    """Name a column of which the values, or their position, are not compared, and why."""

    column: str
    why: str

    @property
    def sentence(self) -> str:
        """Return the column and the reason in words."""
        return f"column {self.column!r} {self.why}"


@dataclass(frozen=True, slots=True)
class Infinite:
    """Count how many values of one column are infinite on either side."""

    column: str
    reference: int
    current: int

    @property
    def sentence(self) -> str:
        """Return the column and its infinite values on both sides, in words."""
        return f"column {self.column!r} holds {self.current:,} infinite values (reference {self.reference:,})"


@dataclass(frozen=True, slots=True)
class TwoSamples:
    """Hold both sides as comparable columns, and in sentences what could not be made comparable.

    ``numbers`` and ``categories`` also hold what was computed from a column of another kind. ``unalike`` are differences by
    themselves (a column is missing, a kind has changed); ``skipped`` are columns that are not compared, or not in all that they
    hold.
    """

    numbers: tuple[NumberColumn, ...]
    categories: tuple[CategoryColumn, ...]
    levels: tuple[LevelColumn, ...]
    dates: tuple[DateColumn, ...]
    infinite: tuple[Infinite, ...]
    unalike: tuple[str, ...]
    skipped: tuple[NotCompared, ...]
    n_reference: int
    n_current: int
    columns: int

    @property
    def compared(self) -> int:
        """Return the number of columns of the table that can be compared, at least in part."""
        names = [one.source or one.name for one in self.numbers] + [one.source or one.name for one in self.categories]
        return len({*names, *(one.name for one in self.levels), *(one.name for one in self.dates)})

    @property
    def missing(self) -> tuple[tuple[str, Flags, Flags], ...]:
        """Return the columns that miss values somewhere: name, flags of the reference (n,), flags of current (m,)."""
        flags = [(one.name, np.isnan(one.reference), np.isnan(one.current)) for one in self.numbers if not one.source]
        flags += [(one.name, np.isnan(one.reference), np.isnan(one.current)) for one in self.dates]
        flags += [
            (one.name, one.reference == MISSING, one.current == MISSING) for one in self.categories if not one.source
        ]
        named = {name for name, _, _ in flags}
        flags += [
            (one.name, one.reference == MISSING, one.current == MISSING) for one in self.levels if one.name not in named
        ]
        return tuple((name, before, now) for name, before, now in flags if before.any() or now.any())


def tabulate(reference: pd.DataFrame, current: pd.DataFrame, *, categorical: Iterable[str] = ()) -> TwoSamples:
    """Compare by column name; ``categorical`` names number columns that are names of classes. Raises `DriftFault` for no tables."""
    before, now = _columns(reference, "the reference"), _columns(current, "current")
    table = _Table(set(categorical))
    table.unalike += [
        f"column {name!r} is missing from current{differs_little(name, (other for other in now if other not in before))}"
        for name in before
        if name not in now
    ]
    table.unalike += [f"column {name!r} is not in the reference" for name in now if name not in before]
    shared = [name for name in before if name in now]
    for name in shared:
        table.add(name, before[name], now[name])
    table.add_intervals()
    return TwoSamples(
        tuple(table.numbers), tuple(table.categories), tuple(table.levels), tuple(table.dates), tuple(table.infinite),
        tuple(table.unalike), tuple(table.skipped), len(reference), len(current), len(shared),
    )  # fmt: skip


class _Table:
    """Collects the columns of both sides, each as what it holds."""

    def __init__(self, classes: set[str]) -> None:
        self._classes = classes
        self.numbers: list[NumberColumn] = []
        self.categories: list[CategoryColumn] = []
        self.levels: list[LevelColumn] = []
        self.dates: list[DateColumn] = []
        self.infinite: list[Infinite] = []
        self.unalike: list[str] = []
        self.skipped: list[NotCompared] = []

    def add(self, name: str, before: pd.Series, now: pd.Series) -> None:
        """Add a column as what both sides hold, or name it as one that is not compared."""
        kinds = [kind_of_dtype(side, name in self._classes) or kind_of_objects(side) for side in (before, now)]
        present = {kind for kind in kinds if kind != "empty"}
        if not present:
            self.skipped.append(NotCompared(name, "has no value on either side"))
        elif present <= {"complex numbers", "objects"}:
            self.skipped.append(NotCompared(name, f"holds {next(iter(present))}"))
        elif present == {"vectors"}:
            self._add_vectors(name, before, now)
        elif present == {"numbers"}:
            self._add_numbers(name, *_to_floats(before, now))
        elif present == {"dates"}:
            self._add_dates(name, seconds_of(before), seconds_of(now))
        elif present <= {"categories", "numbers", "dates"}:
            self._add_values(name, before, now, kinds)
        else:
            self._differ(name, kinds)

    def add_intervals(self) -> None:
        """Add the days between each column of dates and the first one: they stay the same while both move on."""
        for first, other in ((self.dates[0], other) for other in self.dates[1:]):
            days = [(b - a) / DAY for a, b in ((first.reference, other.reference), (first.current, other.current))]
            self.numbers.append(NumberColumn(f"{other.name} (days after {first.name})", days[0], days[1], other.name))

    def _differ(self, name: str, kinds: Sequence[str]) -> None:
        self.unalike.append(f"column {name!r} holds {kinds[1]} where the reference holds {kinds[0]}")

    def _add_values(self, name: str, before: pd.Series, now: pd.Series, kinds: Sequence[str]) -> None:
        """A column of texts or objects: of numbers or dates that are written as texts, of categories, of codes or of prose."""
        if "dates" in kinds:
            before, now = (side.astype(object) for side in (before, now))
        values = factorize(before, now)
        as_they_are = name in self._classes or any(_is_categorical(side) for side in (before, now))
        numbers = None if as_they_are else read_numbers(values)
        if numbers is not None:
            self._add_parsed(name, values, numbers, "number", self._add_numbers)
            return
        dates = None if as_they_are else read_dates(values)
        if dates is not None:
            self._add_parsed(name, values, dates, "date", self._add_dates)
            return
        if len({kind for kind in kinds if kind != "empty"}) > 1:
            self._differ(name, kinds)
            return
        self._add_categories(name, values)

    def _add_parsed(
        self, name: str, values: Values, parsed: Floats, what: str, add: Callable[[str, Floats, Floats], None]
    ) -> None:
        """A column in which most texts are numbers or dates, and the others are a category of their own."""
        strange = np.isnan(parsed) & np.array([value == value for value in values.distinct])  # NaN is missing
        before, now = values.share(strange)
        if before == 0.0 and now > 0.0:  # the reference is of one kind, and current is not
            example = values.distinct[int(np.flatnonzero(strange)[0])]
            self.unalike.append(
                f"column {name!r} holds {now:.1%} values like {example!r} where the reference holds {what}s"
            )
        add(name, *values.spread(parsed))
        if before > 0.0 or now > 0.0:
            spelled = np.array(
                [spell(value) if odd else f"(a {what})" for value, odd in zip(values.distinct, strange, strict=True)],
                dtype=object,
            )
            texts = np.append(spelled, None)[values.codes]
            category = _to_categories(f"{name} (no {what})", texts, values.n_reference)
            if category is not None:
                self.categories.append(replace(category, source=name))

    def _add_numbers(self, name: str, before: Floats, now: Floats, source: str = "") -> None:
        counts = [int(np.isinf(side).sum()) for side in (before, now)]
        if any(counts):
            self.infinite.append(Infinite(name, counts[0], counts[1]))
        before, now = (np.where(np.isinf(side), np.nan, side) for side in (before, now))
        self.numbers.append(NumberColumn(name, before, now, source))

    def _add_dates(self, name: str, before: Floats, now: Floats) -> None:
        self.dates.append(DateColumn(name, before, now))
        self.skipped.append(
            NotCompared(name, "holds dates: they move on by themselves, so only dates out of all reach are seen")
        )
        both = np.concatenate([before, now])
        known = both[~np.isnan(both)]
        if len(known) and float((known % DAY != 0).mean()) >= TIMED:
            self.numbers.append(NumberColumn(f"{name} (hour of day)", before % DAY / HOUR, now % DAY / HOUR, name))

    def _add_vectors(self, name: str, before: pd.Series, now: pd.Series) -> None:
        widths = {width for side in (before, now) if (width := width_of(side))}
        if len(widths) > 1:
            self.unalike.append(f"column {name!r} holds vectors of {' and of '.join(map(str, sorted(widths)))} numbers")
            return
        (width,) = widths
        sides = [stack_vectors(side, width) for side in (before, now)]
        for place in range(width):
            self._add_numbers(f"{name}[{place}]", sides[0][:, place], sides[1][:, place], name)

    def _add_categories(self, name: str, values: Values) -> None:
        stray = [math.inf in (value, -value) if isinstance(value, float) else False for value in values.distinct]
        if any(stray):
            spread = [side[~np.isnan(side)] for side in values.spread(np.array(stray, dtype=np.float64))]
            self.infinite.append(Infinite(name, *(int(side.sum()) for side in spread)))
        spelled = as_texts(values.distinct)
        texts = np.append(np.array(spelled, dtype=object), None)[values.codes]
        category = _to_categories(name, texts, values.n_reference)
        if category is not None:
            self.categories.append(category)
        if category is None or "(rare values)" in category.levels:
            codes, levels = _code(texts)
            self.levels.append(LevelColumn(name, codes[: values.n_reference], codes[values.n_reference :]))
            if len(levels) > LEVELS and all(isinstance(value, str) for value in values.distinct):
                self._add_form(name, levels, codes, values.n_reference)

    def _add_form(self, name: str, texts: tuple[str, ...], codes: Codes, n_reference: int) -> None:
        """The form of texts that hardly come up twice, and of prose what it is about."""
        spread = Values(codes, texts, n_reference)
        measures = list(measure_form(texts))
        if is_prose(texts):
            measures += measure_topics(texts, codes, seed=0)
        else:
            forms = np.append(np.array([pattern_of(text) for text in texts], dtype=object), None)[codes]
            category = _to_categories(f"{name} (pattern)", forms, n_reference)
            if category is not None and len(category.levels) > 1:
                self.categories.append(replace(category, source=name))
        for what, measured in measures:
            if varies(measured, np.ones(len(measured), dtype=np.bool_)):
                self.numbers.append(NumberColumn(f"{name} ({what})", *spread.spread(measured), name))


def _columns(frame: pd.DataFrame, side: str) -> Mapping[str, pd.Series]:
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise DriftFault(
            f"{side} is a {type(frame).__name__}, wanted a pandas DataFrame: give the rows as a table with column names"
        )
    names = [str(name) for name in frame.columns]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise DriftFault(f"{side} has more than one column named {twice[0]!r}: rename or drop one")
    return {name: frame.iloc[:, i] for i, name in enumerate(names)}


def _is_categorical(values: pd.Series) -> bool:
    import pandas as pd

    return isinstance(values.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(values.dtype)


def _to_floats(before: pd.Series, now: pd.Series) -> tuple[Floats, Floats]:
    from pandas.api import types

    if any(types.is_timedelta64_dtype(side.dtype) for side in (before, now)):
        sides = [seconds_of(side) if types.is_timedelta64_dtype(side.dtype) else _empty(side) for side in (before, now)]
        return sides[0], sides[1]
    return to_common_floats(before, now)


def _empty(values: pd.Series) -> Floats:
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def _code(texts: Texts) -> tuple[Codes, tuple[str, ...]]:
    import pandas as pd

    codes, levels = pd.factorize(texts, use_na_sentinel=True)
    return np.asarray(codes, dtype=np.int64), tuple(str(level) for level in levels)


def _to_categories(name: str, texts: Texts, n_reference: int) -> CategoryColumn | None:
    """Levels by how often they come up on both sides together, so that the choice cannot favour one side; None for free text."""
    codes, levels = _code(texts)
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    order = sorted(range(len(levels)), key=lambda i: (-counts[i], levels[i]))
    kept = [i for i in order[:LEVELS] if counts[i] >= RARE]
    if not kept and len(levels) > LEVELS:
        return None
    place = np.full(len(levels) + 1, len(kept), dtype=np.int64)
    place[kept] = np.arange(len(kept))
    place[-1] = MISSING
    names = [levels[i] for i in kept] + (["(rare values)"] if len(kept) < len(levels) else [])
    recoded = place[codes]
    return CategoryColumn(name, recoded[:n_reference], recoded[n_reference:], tuple(names))
