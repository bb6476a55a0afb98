"""Turn a reference into expectations: what each column, each row and each label of the next batch should look like."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from gates.extras import EXPECTATIONS, require
from gates.measures.data.modes import modes
from gates.measures.data.precision import hundredths
from gates.measures.data.rows import hashes, repeated, steps
from gates.measures.data.survey import Floats, Survey, survey
from gates.measures.data.tails import bounds
from gates.measures.dates import MOSTLY, reach_of, read_date, write_date

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.expectations.expectation import Expectation
    from pandas import DataFrame

FEW_ROWS = 20  # a batch below this, or below a twentieth of the reference, is too small to stand for anything
FEW_CATEGORIES = 20  # a column of words is a category up to this many different ones, or one in twenty rows
# Statistical expectations that share alpha: ranges, nulls, unseen, shares, modes, precision, repeated rows (2), contradicting
# labels; and the two of `reference_comparison`: rows of the reference, and labels that no longer follow the features. One more
# each where some values of a column of dates are none, and where texts stand among numbers.
SHARING = 11
MOST_CODES = 1_000  # levels of a code that a suite names, so that a person can still read it
GROWTH = 10  # ranges are wide enough for a batch of so many times the reference's rows


def learn(
    reference: DataFrame,
    *,
    key: str | None,
    target: str | None,
    task: str | None,
    alpha: float,
    apart: Sequence[str] = (),
) -> ExpectationSuite:
    """Learn a suite from a reference: see `gates.measures.data.profile.profile`."""
    table = survey(reference)
    if not table.rows or not table.columns:
        raise ValueError(
            f"the reference has {table.rows} rows and {len(table.columns)} columns; a suite is learnt from data"
        )
    for role, name in (("id", key), ("target", target)):
        if name is not None and not table.holds(name):
            raise ValueError(f"the reference has no column {name!r}, which is named as {role}")
    require("a suite of expectations", EXPECTATIONS)
    from great_expectations import ExpectationSuite

    classes = target if target is not None and (task or tell_task(table, target)) == "classification" else None
    dates = {
        name: read
        for name in table.columns
        if name not in (key, classes, *apart) and (read := _dates(table, name)) is not None
    }
    strange = any(np.isnan(read).any() for read in dates.values()) + bool(_strangers(table))
    level = alpha / (SHARING + strange)
    expectations = [
        *_of_the_table(table, (key, *apart), dates, level),
        *_of_dates(dates, level),
        *_of_numbers(table, [name for name in table.numeric if name not in (key, classes, *apart)], level),
        *_of_categories(
            table,
            _categories(table, (key, *apart, *dates), classes),
            _codes(table, (key, *apart, *dates), classes),
            level,
        ),
        *_of_rows(table, key, classes, level),
        *_of_the_target(table, target),
    ]
    return ExpectationSuite(name="profile", expectations=expectations)


def tell_task(table: Survey, target: str) -> str:
    """Return ``classification`` for words, booleans and few different whole numbers; otherwise ``regression``."""
    column = table.columns[target]
    if column.kind != "number":
        return "classification"
    cells = table.numbers[:, table.numeric.index(target)]
    cells = cells[np.isfinite(cells)]
    whole = bool((cells == np.rint(cells)).all())
    return (
        "classification"
        if whole and len(np.unique(cells)) <= max(FEW_CATEGORIES, math.isqrt(table.rows))
        else "regression"
    )


def _of_the_table(
    table: Survey, apart: Sequence[str | None], dates: Mapping[str, Floats], level: float
) -> list[Expectation]:
    from great_expectations.expectations import ExpectTableColumnsToMatchSet, ExpectTableRowCountToBeBetween

    from gates.measures.data.expectations import ExpectColumnKinds, ExpectNullShares

    kinds = {name: "number or text" if name in apart else str(column.kind) for name, column in table.columns.items()}
    kinds |= dict.fromkeys(dates, "time or text")  # Parquet keeps dates as such, CSV as texts
    nulls = {name: column.nulls for name, column in table.columns.items()}
    return [
        ExpectTableRowCountToBeBetween(min_value=min(table.rows, max(FEW_ROWS, table.rows // 20))),
        ExpectTableColumnsToMatchSet(column_set=list(table.columns), exact_match=True),
        ExpectColumnKinds(
            kinds={name: kind for name, kind in kinds.items() if kind != "empty"},
            **({"seen": strangers, "rows": table.rows, "level": level} if (strangers := _strangers(table)) else {}),
        ),
        ExpectNullShares(
            columns=[name for name, count in nulls.items() if not count],
            seen={name: count for name, count in nulls.items() if count},
            rows=table.rows,
            level=level,
        ),
    ]


def _strangers(table: Survey) -> dict[str, int]:
    """How many texts stand among the numbers of a column, for each that has some."""
    return {
        name: column.strangers for name, column in table.columns.items() if column.kind == "number" and column.strangers
    }


def _of_numbers(table: Survey, names: Sequence[str], level: float) -> list[Expectation]:
    if not names:
        return []
    from gates.measures.data.expectations import (
        ExpectFiniteNumbers,
        ExpectModalShares,
        ExpectNumbersInRange,
        ExpectPrecision,
    )

    _, cells = table.numbers_of(names)
    low, high = bounds(cells, level=level, rows=GROWTH * table.rows)
    bounded = np.isfinite(low) & np.isfinite(high)
    ranges = {name: (_outward(low[at], -1), _outward(high[at], 1)) for at, name in enumerate(names) if bounded[at]}
    rounded, known = hundredths(cells)
    behind = {name: int(known[at]) for at, name in enumerate(names) if known[at] < table.rows}
    expectations: list[Expectation] = [
        ExpectFiniteNumbers(columns=list(names)),
        ExpectModalShares(
            seen={name: [(mode.value, mode.count) for mode in modes(cells[:, at])] for at, name in enumerate(names)},
            rows=table.rows, known=behind, level=level,
        ),
        ExpectPrecision(
            seen={name: int(rounded[at]) for at, name in enumerate(names)}, rows=table.rows, known=behind, level=level
        ),
    ]  # fmt: skip
    return [ExpectNumbersInRange(ranges=ranges), *expectations] if ranges else expectations


def _dates(table: Survey, name: str) -> Floats | None:
    """The dates of a column as seconds since 1970, NaN for a value that is none; None for a column that is not one of dates."""
    if table.columns[name].kind not in ("time", "text"):
        return None
    known = table.frame[name].dropna()
    if isinstance(known.iloc[0], str) and np.isnan(read_date(known.iloc[0])) and np.isnan(read_date(known.iloc[-1])):
        return None  # hardly a column of dates: spares the reading of the rest
    dates = np.array([read_date(value) for value in known], dtype=np.float64)
    return dates if float((~np.isnan(dates)).mean()) >= MOSTLY else None


def _of_dates(dates: Mapping[str, Floats], level: float) -> list[Expectation]:
    if not dates:
        return []
    from gates.measures.data.expectations import ExpectDatesInRange

    reach = {name: reach_of(float(np.nanmin(read)), float(np.nanmax(read))) for name, read in dates.items()}
    ranges = {name: (write_date(first), write_date(last)) for name, (first, last) in reach.items()}
    if not (seen := {name: count for name, read in dates.items() if (count := int(np.isnan(read).sum()))}):
        return [ExpectDatesInRange(ranges=ranges)]
    return [ExpectDatesInRange(ranges=ranges, seen=seen, rows=max(map(len, dates.values())), level=level)]


def _categories(table: Survey, apart: Sequence[str | None], classes: str | None) -> list[str]:
    names = []
    for name, column in table.columns.items():
        if name == classes:
            names.append(name)
        elif column.kind in ("text", "boolean") and name not in apart:
            distinct = int(table.labels(name).nunique())
            if distinct <= max(FEW_CATEGORIES, table.rows // 20):
                names.append(name)
    return names


def _codes(table: Survey, apart: Sequence[str | None], classes: str | None) -> list[str]:
    """Columns of words with too many levels for shares, of which most come up again: a code that is new is then a sign."""
    names = []
    for name, column in table.columns.items():
        if column.kind == "text" and name != classes and name not in apart:
            counts = table.labels(name).value_counts()
            many = max(FEW_CATEGORIES, table.rows // 20) < len(counts) <= MOST_CODES
            if many and int((counts == 1).sum()) <= counts.sum() / 2:
                names.append(name)
    return names


def _of_categories(table: Survey, names: Sequence[str], codes: Sequence[str], level: float) -> list[Expectation]:
    """Known values of categories and codes, and the shares of categories."""
    if not names and not codes:
        return []
    from gates.measures.data.expectations import ExpectCategoryShares, ExpectKnownCategories

    counts = {
        name: {str(value): int(n) for value, n in table.labels(name).value_counts().items()}
        for name in (*names, *codes)
    }
    known = ExpectKnownCategories(
        categories={name: sorted(counts[name]) for name in counts},
        seen_once={name: sum(n == 1 for n in counts[name].values()) for name in counts},
        rows=table.rows, level=level,
    )  # fmt: skip
    shares = {name: counts[name] for name in names}
    return [known, ExpectCategoryShares(counts=shares, level=level)] if shares else [known]


def _of_rows(table: Survey, key: str | None, classes: str | None, level: float) -> list[Expectation]:
    from gates.measures.data.expectations import (
        ExpectConsistentLabels,
        ExpectDistinctRows,
        ExpectRowsApart,
        ExpectUniqueKey,
    )

    ignore = [key] if key is not None else []
    columns = [name for name in table.columns if name not in ignore]
    rules: list[Expectation] = [ExpectUniqueKey(column=key)] if key is not None else []
    if not columns:
        return rules
    exact, near = repeated(hashes(table, columns)), repeated(hashes(table, columns, grid=steps(table)))
    rules.append(ExpectDistinctRows(ignore=ignore, seen=int(exact.sum()), rows=table.rows, level=level))
    rules.append(ExpectRowsApart(ignore=ignore, seen=int((near & ~exact).sum()), rows=table.rows, level=level))
    if classes is not None and len(columns) > 1:
        labels = ExpectConsistentLabels(column=classes, ignore=ignore)
        seen = int(labels.find(table, [name for name in columns if name != classes]).sum())
        rules.append(ExpectConsistentLabels(column=classes, ignore=ignore, seen=seen, rows=table.rows, level=level))
    return rules


def _of_the_target(table: Survey, target: str | None) -> list[Expectation]:
    if target is None or table.labels(target).nunique() < 2:
        return []
    from gates.measures.data.expectations import ExpectSeveralLabels

    return [ExpectSeveralLabels(column=target, at_least=2)]


def _outward(value: float, direction: int) -> float:
    """A bound with four significant digits, rounded away from the data: what a reviewer can read."""
    if value == 0 or not math.isfinite(value):
        return float(value)
    unit = 10.0 ** (math.floor(math.log10(abs(value))) - 3)
    rounded = (math.ceil if direction > 0 else math.floor)(value / unit) * unit
    return float(f"{rounded:.4g}")
