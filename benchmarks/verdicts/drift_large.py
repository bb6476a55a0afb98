"""Fifty thousand rows against fifty thousand: what is real and small must pass, what is large must not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd

from benchmarks.verdicts.drift_detectors import ask_columns
from benchmarks.verdicts.markdown import table
from benchmarks.verdicts.options import Options

ROWS, COLUMNS = 50_000, 32
Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def _shift(columns: int, by: float) -> Change:
    return lambda rows, rng: rows + by * (np.arange(COLUMNS) < columns)


CHANGES: Mapping[str, tuple[Change, bool]] = {
    "none": (lambda rows, rng: rows, False),
    "+0.03 sd on 4 columns": (_shift(4, 0.03), False),
    "x1.01 on all": (lambda rows, rng: 1.01 * rows, False),
    "half precision (float16)": (lambda rows, rng: rows.astype(np.float16).astype(float), False),
    "+0.3 sd on one column": (_shift(1, 0.3), True),
    "x1.2 on one column": (lambda rows, rng: rows * np.where(np.arange(COLUMNS) == 0, 1.2, 1.0), True),
    "0.5 sd noise on all": (lambda rows, rng: rows + 0.5 * rng.standard_normal(rows.shape), True),
}


def tell(options: Options) -> Iterator[str]:
    """Columns of unit variance that share a common part (correlation 0.3)."""
    from gates.measures.drift import detect

    runs = options.choose(1, 5)
    yield f"## {ROWS:,} against {ROWS:,} rows, {COLUMNS} columns, {runs} runs each"
    yield ""
    rows = []
    for name, (change, wanted) in CHANGES.items():
        ours = plain = 0
        spent = 0.0
        for run in range(runs):
            rng = np.random.default_rng([11, run])
            before, now = (_frame(_draw(rng)), _frame(change(_draw(rng), rng)))
            start = time.process_time()
            ours += detect(before, now, seed=run).drifted
            spent += time.process_time() - start
            plain += ask_columns(before, now, run)["KS, Bonferroni 1 %"]
        rows.append((name, "block" if wanted else "pass", f"{ours}/{runs}", f"{plain}/{runs}", f"{spent / runs:.1f}"))
    yield from table(("change", "wanted", "ours blocked", "KS, Bonferroni 1 % blocked", "ours, CPU s"), rows)


def _draw(rng: np.random.Generator) -> np.ndarray:
    return np.sqrt(0.3) * rng.standard_normal((ROWS, 1)) + np.sqrt(0.7) * rng.standard_normal((ROWS, COLUMNS))


def _frame(values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(values, columns=[f"c{i}" for i in range(values.shape[1])])
