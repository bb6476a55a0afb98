"""Data gates that run in this very environment: ours, and bounds written by hand as people write them for Great Expectations."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from benchmarks.verdicts.data_tables import ID, TARGET

Reports = frozenset[str]


def ask_ours(reference: pd.DataFrame, batch: pd.DataFrame, seed: int) -> tuple[Reports, bool]:
    """What the suite says that `profile` learns from the reference, and whether the features or labels drifted at 1 %."""
    from gates.measures.data.profile import profile, violations
    from gates.measures.drift import detect

    suite = profile(reference, id=ID, target=TARGET, task="classification")
    broken = frozenset(f"{one.expectation} {' '.join(one.columns)}" for one in violations(suite, reference, batch))
    sides = [side.drop(columns=[ID]).astype({TARGET: "category"}) for side in (reference, batch)]
    return broken, detect(*sides, seed=seed).drifted


def ask_exact_bounds(reference: pd.DataFrame, batch: pd.DataFrame) -> Reports:
    """Great Expectations with the columns, no nulls, unique keys, known classes, and each column's own minimum and maximum."""
    return _validate(reference, batch, widening=0.0)


def ask_wide_bounds(reference: pd.DataFrame, batch: pd.DataFrame) -> Reports:
    """The same with ranges half as wide again on either side, and means within half a standard deviation, as a person would."""
    return _validate(reference, batch, widening=0.5)


def ask_template(reference: pd.DataFrame, batch: pd.DataFrame) -> Reports:
    """The data test of Microsoft's MLOpsPython template, by its formulas: as many columns as ever, no value missing, and no mean
    further from the historical mean than three times that mean. What it calls a standard deviation is a mean there, and here."""
    before, now = (side.drop(columns=[ID]).to_numpy() for side in (reference, batch))
    if now.shape[1] != before.shape[1]:
        return frozenset({"schema"})
    if now.dtype == object:  # text: the test itself breaks
        return frozenset({"crash: no numbers"})
    missing = bool(np.isnan(now).any())
    mean, historical, spread = now.mean(axis=0), before.mean(axis=0), before.std(axis=0)
    moved = (np.abs(mean - historical) > 3 * np.abs(historical)) | (np.abs(mean - spread) > 3 * np.abs(spread))
    told = {"missing values": missing, "distribution": bool(moved.any())}
    return frozenset(name for name, failed in told.items() if failed)


def as_reports(found: object) -> Reports:
    """The answer of a child process: the names of what failed, or its crash."""
    if isinstance(found, dict):
        return frozenset(f"crash: {what}" for what in found.values())
    if not isinstance(found, list):
        raise TypeError(f"a peer answered {found!r}, wanted a list of reports")
    return frozenset(map(str, found))


def _validate(reference: pd.DataFrame, batch: pd.DataFrame, *, widening: float) -> Reports:
    import great_expectations as gx
    from great_expectations import expectations as core

    suite: list[object] = [
        core.ExpectTableColumnsToMatchSet(column_set=list(reference.columns), exact_match=True),
        core.ExpectColumnValuesToBeUnique(column=ID),
        core.ExpectColumnValuesToBeInSet(column=TARGET, value_set=sorted(reference[TARGET].unique().tolist())),
    ]
    for name in [name for name in reference.columns if name not in (ID, TARGET)]:
        low, high = float(reference[name].min()), float(reference[name].max())
        room = widening * (high - low)
        suite.append(core.ExpectColumnValuesToNotBeNull(column=name))
        suite.append(core.ExpectColumnValuesToBeBetween(column=name, min_value=low - room, max_value=high + room))
        if widening:
            mean, half = float(reference[name].mean()), 0.5 * float(reference[name].std())
            suite.append(core.ExpectColumnMeanToBeBetween(column=name, min_value=mean - half, max_value=mean + half))
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas("tables").add_dataframe_asset("table")
    whole = source.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": batch})
    results = whole.validate(gx.ExpectationSuite(name="by hand", expectations=suite)).results
    return frozenset(
        f"{one.expectation_config.type} {one.expectation_config.kwargs.get('column', '')}"
        for one in results
        if not one.success
    )


BY_HAND: Mapping[str, Callable[[pd.DataFrame, pd.DataFrame], Reports]] = {
    "GX, exact bounds": ask_exact_bounds,
    "GX, bounds by hand": ask_wide_bounds,
    "MLOpsPython's data test": ask_template,
}
