"""What an answer costs in CPU seconds, beside bare column tests on the same rows; ratios hold between machines, seconds do not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from benchmarks.verdicts.drift_detectors import ask_alibi_columns, ask_columns
from benchmarks.verdicts.markdown import table
from benchmarks.verdicts.options import Options

ROWS = (1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000)
WIDTHS = (16, 64, 128, 256, 512, 1_024, 2_048, 5_000)
COLUMNS = 32


def tell(options: Options) -> Iterator[str]:
    from gates.measures.drift import detect

    repeats = options.choose(2, 5)
    yield "## What an answer costs"
    yield ""
    yield f"CPU seconds on one thread, the least of {repeats} calls. Ours is shown where it stops early and where it does not."
    yield ""
    before, now = _draw(600, 128, 0), _draw(200, 128, 1)
    moved = now + 0.1 * np.random.default_rng(2).standard_normal(now.shape)
    early, full = (_time(lambda side=side: detect(before, side), repeats) for side in (now, moved))
    bare, alibi = (_time(lambda ask=ask: ask(before, now, 0), repeats) for ask in (ask_columns, ask_alibi_columns))
    yield from table(
        ("600 against 200 rows, 128 columns", "CPU s", "ratio to bare KS"),
        [
            (name, f"{spent:.3f}", f"{spent / bare:.1f}")
            for name, spent in (
                ("scipy's KS on every column", bare), ("alibi-detect KSDrift, twice", alibi),
                ("ours, nothing changed", early), ("ours, 0.1 sd noise (all permutations)", full),
            )
        ],
    )  # fmt: skip
    yield ""
    yield "Growth with rows (both sides alike) and with columns (600 against 200 rows), all permutations:"
    yield ""
    sizes = ROWS[: options.choose(5, len(ROWS))]
    yield from _grow("rows of either side, 32 columns", sizes, lambda rows: _draw_pair(rows, rows, COLUMNS), repeats)
    yield ""
    widths = WIDTHS[: options.choose(5, len(WIDTHS))]
    yield from _grow("columns", widths, lambda columns: _draw_pair(600, 200, columns), repeats)


def _grow(
    title: str, sizes: tuple[int, ...], make: Callable[[int], tuple[pd.DataFrame, pd.DataFrame]], repeats: int
) -> Iterator[str]:
    from gates.measures.drift import detect

    rows, last = [], 0.0
    for size in sizes:
        pair = make(size)
        spent = _time(lambda pair=pair: detect(*pair), repeats)
        bare = _time(lambda pair=pair: ask_columns(*pair, 0), repeats)
        growth = f"{spent / last:.2f}" if last else "-"
        rows.append((f"{size:,}", f"{spent:.2f}", growth, f"{spent / bare:.1f}"))
        last = spent
    yield from table((title, "CPU s", "ratio to the line above", "ratio to bare KS"), rows)


def _draw_pair(before: int, now: int, columns: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    return _draw(before, columns, 0), 1.3 * _draw(now, columns, 1)


def _draw(rows: int, columns: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng([13, seed])
    values = np.sqrt(0.3) * rng.standard_normal((rows, 1)) + np.sqrt(0.7) * rng.standard_normal((rows, columns))
    return pd.DataFrame(values, columns=[f"c{i}" for i in range(columns)])


def _time(call: Callable[[], object], repeats: int) -> float:
    call()
    spent = []
    for _ in range(repeats):
        start = time.process_time()
        call()
        spent.append(time.process_time() - start)
    return min(spent)
