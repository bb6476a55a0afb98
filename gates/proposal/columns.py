"""Say what each column of a table holds, and which one identifies a row, dates it, groups it, or is what to predict.

The rule it protects: a proposal gives its reason, and one that is only a guess says so: a wrong target gates the wrong model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from gates.work.data.features import MOST_CATEGORIES

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Holds = Literal["whole numbers", "numbers", "truth values", "categories", "texts", "dates", "nothing"]

FEW_LABELS = 20  # different whole numbers up to which they are classes, or the square root of the rows
FEWEST_GROUPS = 5
_KEY = re.compile(r"(?:.*[\W_]|)(?:id|uuid|guid|uid|key|identifier|nr|number)\Z", re.IGNORECASE)
_CAMEL_KEY = re.compile(r".*[a-z0-9](?:Id|ID|Key|Uuid)\Z")
_TARGETS = frozenset(
    (
        *(
            "target",
            "label",
            "labels",
            "class",
            "y",
            "outcome",
            "response",
            "result",
            "churn",
            "churned",
            "left",
            "exited",
        ),
        *(
            "attrition",
            "survived",
            "diagnosis",
            "species",
            "fraud",
            "default",
            "defaulted",
            "progression",
            "quality",
            "price",
        ),
    )
)
_GROUPS = frozenset(
    (
        *(
            "patient",
            "subject",
            "customer",
            "client",
            "user",
            "person",
            "member",
            "household",
            "family",
            "account",
            "device",
        ),
        *("machine", "sensor", "session", "store", "shop", "site", "hospital", "school", "group"),
    )
)
_TIMES = re.compile(r"date|time|timestamp|created|seen|day|month|when|_at\Z|\Aat\Z|datum|zeit", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ColumnLook:
    """Hold one column: what it ``holds``, its different values and its missing ones, counted, and the first values as text."""

    name: str
    holds: Holds
    distinct: int
    missing: int
    example: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """Hold a column proposed for a role, and why; ``sure`` is False for a guess that a person has to confirm."""

    column: str
    reason: str
    sure: bool


@dataclass(frozen=True, slots=True)
class TableLook:
    """Hold what a table is: its columns, and the candidates for each role, the best one first."""

    rows: int
    columns: tuple[ColumnLook, ...]
    id: tuple[Candidate, ...]
    target: tuple[Candidate, ...]
    time: tuple[Candidate, ...]
    group: tuple[Candidate, ...]


def look_at(frame: DataFrame, now: datetime) -> TableLook:
    """Return what each column holds and which roles it may have; ``now`` is in UTC, and a time after it dates no row."""
    columns = tuple(_describe(frame[name], str(name)) for name in frame.columns)
    keys = propose_keys(frame, columns)
    taken = {keys[0].column} if keys else set()
    times = propose_times(frame, [one for one in columns if one.name not in taken], now)
    targets = propose_targets([one for one in columns if one.name not in taken], len(frame))
    taken |= {one.column for one in targets[:1]}
    groups = propose_groups([one for one in columns if one.name not in taken], len(frame))
    return TableLook(len(frame), columns, keys, targets, times, groups)


def tell_task_of(column: ColumnLook, rows: int) -> str:
    """Return ``regression`` for numbers with decimals and for many different whole ones, else ``classification``."""
    many = column.distinct > max(FEW_LABELS, int(rows**0.5))
    return "regression" if column.holds == "numbers" or (column.holds == "whole numbers" and many) else "classification"


def propose_keys(frame: DataFrame, columns: Sequence[ColumnLook]) -> tuple[Candidate, ...]:
    """Return the columns without a gap and without a repetition: those called like a key first, then those that look like one."""
    named, alike, guessed = [], [], []
    for column in columns:
        if (
            column.missing
            or column.distinct < len(frame)
            or column.holds not in ("whole numbers", "texts", "categories")
        ):
            continue
        if _is_key(column.name):
            named.append(Candidate(column.name, "it is called like a key, is never missing and never repeats", True))
        elif (
            column.holds == "whole numbers" and bool((frame[column.name].diff().dropna() == 1).all()) and len(frame) > 1
        ):
            why = "it numbers the rows: each row has to keep its number when the file grows"
            alike.append(Candidate(column.name, why, True))
        elif column.holds != "whole numbers" and not frame[column.name].astype(str).str.contains(r"\s").any():
            alike.append(Candidate(column.name, "it is one word a row, never missing, and never repeats", True))
        elif column.holds == "whole numbers":  # a free text is no key, however seldom it repeats
            guessed.append(Candidate(column.name, "it never repeats, which may be chance", False))
    return (*named, *alike, *guessed)


def propose_targets(columns: Sequence[ColumnLook], rows: int) -> tuple[Candidate, ...]:
    """Return the columns called like something to predict and, as a guess, the last column that could be."""
    possible = [
        one
        for one in columns
        if one.distinct >= 2
        and one.holds in ("whole numbers", "numbers", "truth values", "categories")
        and not _is_key(one.name)
    ]
    named = [one for one in possible if _words(one.name) & _TARGETS]
    exact = [one for one in named if _bare(one.name) in _TARGETS]
    best = exact or named
    chosen = [Candidate(one.name, "it is called like something to predict", len(best) == 1) for one in best]
    rest = [one for one in reversed(possible) if one not in best]
    return (*chosen, *(Candidate(one.name, "it is the last column that may be one", False) for one in rest[:1]))


def propose_times(frame: DataFrame, columns: Sequence[ColumnLook], now: datetime) -> tuple[Candidate, ...]:
    """Return the columns of dates that are never missing and have all passed; sure where there is one alone, or one name fits."""
    fitting = []
    for column in columns:
        if column.holds != "dates" or column.missing:
            continue
        times = read_times(frame[column.name])
        if times.notna().all() and (times <= now).all():
            fitting.append(column.name)
    named = [name for name in fitting if _TIMES.search(name)]
    best = named or fitting
    rest = [name for name in fitting if name not in best]
    return tuple(
        Candidate(name, "it holds a date for every row, and all of them have passed", len(best) == 1 and name in best)
        for name in (*best, *rest)
    )


def propose_groups(columns: Sequence[ColumnLook], rows: int) -> tuple[Candidate, ...]:
    """Return the columns called like somebody or something that has several rows, two at least on average."""
    named = []
    for column in columns:
        repeats = FEWEST_GROUPS <= column.distinct <= rows / 2
        if column.holds not in ("whole numbers", "categories", "texts") or column.missing or not repeats:
            continue
        if _words(column.name) & _GROUPS or _is_key(column.name):
            why = f"{column.distinct:,} of them share {rows:,} rows, and rows that belong together must not be on both sides"
            named.append(Candidate(column.name, why, True))
    return tuple(one if len(named) == 1 else Candidate(one.column, one.reason, False) for one in named)


def read_times(values: Series) -> Series:
    """Return times in UTC, missing where a value cannot be read."""
    import pandas

    return pandas.to_datetime(values, errors="coerce", utc=True, format="mixed")


def _describe(values: Series, name: str) -> ColumnLook:
    present = values.dropna()
    texts = present.astype(str)
    distinct = int(texts.nunique())
    return ColumnLook(
        name, _holds(values, present, distinct), distinct, int(values.isna().sum()), ", ".join(texts.unique()[:3])[:60]
    )


def _holds(values: Series, present: Series, distinct: int) -> Holds:
    from pandas.api import types

    if present.empty:
        return "nothing"
    if types.is_bool_dtype(values.dtype) or present.map(type).eq(bool).all():
        return "truth values"
    if types.is_datetime64_any_dtype(values.dtype):
        return "dates"
    if types.is_numeric_dtype(values.dtype):
        return "whole numbers" if bool((present == present.round()).all()) else "numbers"
    if _look_like_dates(present):
        return "dates"
    return "categories" if distinct <= min(MOST_CATEGORIES, max(2, len(values) // 2)) else "texts"


def _look_like_dates(present: Series) -> bool:
    """Texts with a year, month and day in digits, in most rows: words and short codes are no dates, whatever a parser says."""
    texts = present.astype(str)
    return bool(texts.str.match(r"\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:\D|\Z)").mean() > 0.95) and bool(
        read_times(present).notna().mean() > 0.95
    )


def _is_key(name: str) -> bool:
    return bool(_KEY.match(name) or _CAMEL_KEY.match(name))


def _bare(name: str) -> str:
    return re.sub(r"\A(?:is|has|was)_", "", name.strip().lower())


def _words(name: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return {word for word in re.split(r"[\W_]+", spaced.lower()) if word}
