"""One test per column, for attribution: which columns differ, and by how much.

Numbers: two-sample Kolmogorov-Smirnov; categories and missingness: chi-square on the counts; values and dates that the
reference lacks: Fisher's exact test (`gates.measures.drift.novelty`). The tests themselves belong to a backend; what protects
them is here: only finite numbers go in, and p-values that are not in [0, 1] never come out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from gates.measures.drift.arrays import Codes, ColumnTests, Flags, Floats
from gates.measures.drift.faults import DetectorFault, DriftFault
from gates.measures.drift.novelty import compare_reach, compare_unseen
from gates.measures.drift.report import ColumnDrift
from gates.measures.drift.small_samples import correct_counts, correct_numbers
from gates.measures.drift.table import MISSING, CategoryColumn, NumberColumn, TwoSamples
from gates.plain import show


class Backend(Protocol):
    """Name a library that can test columns one at a time.

    ``reference`` (n, c) and ``current`` (m, c) hold finite numbers; the columns in ``categories`` hold codes 0, 1, 2...
    """

    def __call__(self, reference: Floats, current: Floats, categories: Sequence[int], alpha: float) -> ColumnTests: ...


def choose_backend(name: str) -> Backend:
    """Return the backend of that name; import only that library. Raises `DriftFault` with the legal names."""
    if name == "alibi-detect":
        from gates.measures.drift.alibi import measure_columns as through_alibi

        return through_alibi
    if name == "scipy":
        from gates.measures.drift.scipy_twin import measure_columns as through_scipy

        return through_scipy
    raise DriftFault(f"drift.backend is {name!r}, wanted 'alibi-detect' or 'scipy': correct the spelling")


def guard(backend: Backend) -> Backend:
    """Return the same backend, which refuses to test what is not finite and to return what is no p-value."""

    def guarded(reference: Floats, current: Floats, categories: Sequence[int], alpha: float) -> ColumnTests:
        for side, values in (("the reference", reference), ("current", current)):
            if values.size == 0 or not np.isfinite(values).all():
                wrong = (
                    "no values"
                    if values.size == 0
                    else f"{int((~np.isfinite(values)).sum()):,} values that are not finite"
                )
                raise DetectorFault(
                    f"{side} would reach the detector with {wrong}, wanted finite numbers: it would answer 'no drift'"
                )
        tested = backend(reference, current, categories, alpha)
        p, width = np.asarray(tested.p_values, dtype=np.float64), reference.shape[1]
        if p.shape != (width,) or not np.isfinite(p).all() or (p < 0).any() or (p > 1 + 1e-6).any():
            raise DetectorFault(
                f"the detector returned p-values {p[:5].tolist()}, wanted {width} numbers in [0, 1]: do not trust its answer"
            )
        return ColumnTests(np.minimum(p, 1.0), np.asarray(tested.distances, dtype=np.float64))

    return guarded


def compare_columns(table: TwoSamples, *, backend: str, alpha: float) -> tuple[ColumnDrift, ...]:
    """Test every column of the table and every missingness that varies; return them worst first. Both sides must have rows."""
    test = guard(choose_backend(backend))
    entries: list[tuple[str, str, float, float, str]] = []
    whole = [one for one in table.numbers if not np.isnan(one.reference).any() and not np.isnan(one.current).any()]
    if whole and _enough(table.n_reference, table.n_current):
        tested = test(
            np.column_stack([one.reference for one in whole]),
            np.column_stack([one.current for one in whole]),
            (),
            alpha,
        )
        entries += [
            (
                one.name,
                "numbers",
                float(d),
                correct_numbers(float(p), one.reference, one.current),
                describe_numbers(one.reference, one.current),
            )
            for one, p, d in zip(whole, tested.p_values, tested.distances, strict=True)
        ]
    complete = {one.name for one in whole}
    for number in (one for one in table.numbers if one.name not in complete):
        entries += _test_observed_numbers(number, test, alpha)
    for category in table.categories:
        entries += _test_observed_categories(category, test, alpha)
    entries += _test_missing(table.missing, test, alpha)
    entries += _test_novelty(table)
    q = adjust([entry[3] for entry in entries])
    columns = [
        ColumnDrift(name, kind, distance, p, q_value, q_value < alpha, effect)
        for (name, kind, distance, p, effect), q_value in zip(entries, q, strict=True)
    ]
    return tuple(sorted(columns, key=lambda one: (one.p_value, -one.distance)))


def adjust(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return false discovery rate adjusted p-values (Benjamini and Hochberg 1995), in the order given."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return tuple(adjusted.tolist())


def describe_numbers(reference: Floats, current: Floats) -> str:
    """Return the mean shift in standard deviations of the reference, and the ratio of the standard deviations, in words."""
    with np.errstate(over="ignore", invalid="ignore"):
        spread = float(reference.std()) or float(np.concatenate([reference, current]).std())
        if spread == 0:
            return "is the same constant on both sides"
        shift, scale = (float(current.mean()) - float(reference.mean())) / spread, float(current.std()) / spread
    return f"moved by {shift:+.2f} sd, spread x{scale:.2f}"


def describe_shares(before: Codes, now: Codes, levels: Sequence[str]) -> tuple[str, float]:
    """Return the level whose share changed most, in words, and the total variation distance (0 to 1) of both sides' shares."""
    shares, shares_before = (_shares(side, len(levels)) for side in (now, before))
    change = shares - shares_before
    worst = int(np.abs(change).argmax())
    effect = f"has {show(levels[worst])} in {shares[worst]:.1%} of rows, was {shares_before[worst]:.1%}"
    return effect, float(np.abs(change).sum() / 2)


def describe_missing(was: Flags, gone: Flags) -> str:
    """Return the share of missing values on both sides, in words."""
    return f"is missing in {gone.mean():.1%} of rows, was {was.mean():.1%}"


def list_observed(column: NumberColumn) -> tuple[Floats, Floats]:
    """Return the values of the reference and those of current that are not missing."""
    return column.reference[~np.isnan(column.reference)], column.current[~np.isnan(column.current)]


def _enough(n: int, m: int) -> bool:
    """The asymptotic distribution needs n m / (n + m) > 1/2; one value against one says nothing, and scipy answers NaN."""
    return 2 * n * m > n + m


def _test_observed_numbers(
    column: NumberColumn, test: Backend, alpha: float
) -> list[tuple[str, str, float, float, str]]:
    before, now = list_observed(column)
    if not _enough(len(before), len(now)):
        return []  # no value on one side: the missingness test below is the one that speaks
    tested = test(before[:, None], now[:, None], (), alpha)
    p_value = correct_numbers(float(tested.p_values[0]), before, now)
    return [(column.name, "numbers", float(tested.distances[0]), p_value, describe_numbers(before, now))]


def _test_observed_categories(
    column: CategoryColumn, test: Backend, alpha: float
) -> list[tuple[str, str, float, float, str]]:
    before, now = (side[side != MISSING] for side in (column.reference, column.current))
    if not len(before) or not len(now):
        return []
    tested = test(before[:, None].astype(np.float64), now[:, None].astype(np.float64), (0,), alpha)
    effect, distance = describe_shares(before, now, column.levels)
    p_value = correct_counts(float(tested.p_values[0]), before, now, len(column.levels))
    return [(column.name, "categories", distance, p_value, effect)]


def _test_missing(
    missing: Sequence[tuple[str, Flags, Flags]], test: Backend, alpha: float
) -> list[tuple[str, str, float, float, str]]:
    if not missing:
        return []
    before, now = (np.column_stack([one[side] for one in missing]).astype(np.float64) for side in (1, 2))
    tested = test(before, now, range(len(missing)), alpha)
    return [
        (
            name,
            "missing values",
            float(abs(gone.mean() - was.mean())),
            correct_counts(float(p), was.astype(np.int64), gone.astype(np.int64), 2),
            describe_missing(was, gone),
        )
        for (name, was, gone), p in zip(missing, tested.p_values, strict=True)
    ]


def _test_novelty(table: TwoSamples) -> list[tuple[str, str, float, float, str]]:
    """Values and dates that the reference does not hold; the p-values are exact, so no backend takes part."""
    measured = [
        *((one.name, "unseen values", compare_unseen(one.reference, one.current, seed=0)) for one in table.levels),
        *((one.name, "dates", compare_reach(one.reference, one.current, seed=0)) for one in table.dates),
    ]
    return [(name, kind, one.change, one.p_value, one.effect) for name, kind, one in measured if one is not None]


def _shares(codes: Codes, levels: int) -> Floats:
    return np.bincount(codes, minlength=levels) / max(len(codes), 1)
