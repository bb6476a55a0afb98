"""Inputs that break detectors: ours must neither crash nor alarm more often than its level, nor pass what is not finite."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd

from benchmarks.verdicts.drift_tables import mix_kinds
from benchmarks.verdicts.markdown import table
from benchmarks.verdicts.options import Options
from benchmarks.verdicts.rates import Rate

Draw = Callable[[np.random.Generator, int], pd.DataFrame]


def _columns(values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(values, columns=[f"c{i}" for i in range(values.shape[1])])


def _correlated(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    return _columns(rng.standard_normal((rows, 1)) + 1e-3 * rng.standard_normal((rows, 30)))


def _half_missing(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    values = rng.standard_normal((rows, 10))
    return _columns(np.where(rng.random(values.shape) < 0.5, np.nan, values))


def _mix(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """New rows each time: two windows of one table can share rows, which is a change that has to be seen."""
    return mix_kinds(rows, rng).frame


INPUTS: Mapping[str, tuple[Draw, int, int]] = {
    "tied: rounded to whole sd": (lambda rng, rows: _columns(np.rint(rng.standard_normal((rows, 20)))), 300, 100),
    "discrete: counts with mean 0.2": (lambda rng, rows: _columns(rng.poisson(0.2, (rows, 20)).astype(float)), 300, 100),
    "rare flags: 1 %": (lambda rng, rows: _columns((rng.random((rows, 20)) < 0.01).astype(float)), 300, 100),
    "constant columns": (lambda rng, rows: _columns(np.ones((rows, 10))), 300, 100),
    "all missing beside one number": (
        lambda rng, rows: pd.DataFrame({"gone": np.full(rows, np.nan), "x": rng.standard_normal(rows)}), 300, 100,
    ),
    "half of the values missing": (_half_missing, 300, 100),
    "one row": (lambda rng, rows: _columns(rng.standard_normal((rows, 10))), 300, 1),
    "one row against one": (lambda rng, rows: _columns(rng.standard_normal((rows, 10))), 1, 1),
    "seven rows": (lambda rng, rows: _columns(rng.standard_normal((rows, 10))), 300, 7),
    "one column": (lambda rng, rows: _columns(rng.standard_normal((rows, 1))), 300, 100),
    "correlated to 0.999999": (_correlated, 300, 100),
    "Cauchy": (lambda rng, rows: _columns(rng.standard_cauchy((rows, 20))), 300, 100),
    "log-normal with sd 3": (lambda rng, rows: _columns(np.exp(3 * rng.standard_normal((rows, 20)))), 300, 100),
    "values of 1e300": (lambda rng, rows: _columns(1e300 * rng.standard_normal((rows, 5))), 300, 100),
    "5,000 columns": (lambda rng, rows: _columns(rng.standard_normal((rows, 5000))), 300, 100),
    "mixed kinds with gaps": (_mix, 300, 100),
    "mixed kinds with gaps, seven rows": (_mix, 300, 7),
    "words": (lambda rng, rows: pd.DataFrame({"w": rng.choice(["a", "b", "=1+1", "ä", ""], rows)}), 300, 100),
}  # fmt: skip
DEAR = "5,000 columns"


def tell(options: Options) -> Iterator[str]:
    from gates.measures.drift import detect

    yield "## Unpleasant inputs, nothing changed"
    yield ""
    yield "`drifted` at the 1 % level; `inconclusive` says that the rows would not do; a crash would end this table."
    yield ""
    rows = []
    for name, (make, before, now) in INPUTS.items():
        runs = options.choose(10, 20) if name == DEAR else options.choose(40, 200)
        alarms = unsure = 0
        for run in range(runs):
            rng = np.random.default_rng([5, run])
            report = detect(make(rng, before), make(rng, now), seed=run)
            alarms += report.drifted
            unsure += report.inconclusive
        rows.append((name, f"{before} / {now}", Rate(alarms, runs), f"{100 * unsure / runs:.0f} %"))
    yield from table(("input", "rows", "drifted", "inconclusive"), rows)
    yield ""
    yield "One value that is no number, in one cell of 300 / 100 rows and 10 columns:"
    yield ""
    yield from table(("value", "side", "answer"), [_spoil(value, side) for value in VALUES for side in (0, 1)])


VALUES: Mapping[str, float] = {"NaN": np.nan, "+inf": np.inf, "-inf": -np.inf}


def _spoil(value: str, side: int) -> tuple[str, str, str]:
    from gates.measures.drift import detect

    rng = np.random.default_rng(3)
    frames = [_columns(rng.standard_normal((rows, 10))) for rows in (300, 100)]
    frames[side].iloc[5, 3] = VALUES[value]
    report = detect(*frames)
    named = [f"{name!r} counted as missing" for name in ("c3",) if any(one.name == name for one in report.columns)]
    said = (
        f"drifted: {report.reasons[0]}"
        if report.drifted
        else "no drift; " + ", ".join(one.effect for one in report.columns if one.kind == "missing values")
    )
    return value, ("reference", "current")[side], said if named else "silent"
