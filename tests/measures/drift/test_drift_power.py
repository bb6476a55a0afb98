"""The number of rows that a report asks for is the number with which the declared shift is really seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gates.measures.drift import detect
from gates.measures.drift.power import needed_rows


def test_fewer_rows_on_one_side_need_more_on_the_other():
    many, few = (needed_rows(n, 50, 10, alpha=0.01, shift=0.5) for n in (100_000, 200))
    assert many < few


def test_a_small_reference_asks_for_more_rows_of_both():
    assert needed_rows(30, 10, 10, alpha=0.01, shift=0.5) == needed_rows(30, 30, 10, alpha=0.01, shift=0.5) > 30


@pytest.mark.parametrize(("easier", "harder"), [({"shift": 1.0}, {"shift": 0.5}), ({"alpha": 0.05}, {"alpha": 0.01})])
def test_what_is_harder_to_see_needs_more_rows(easier, harder):
    rows = [needed_rows(600, 200, 10, **{"alpha": 0.01, "shift": 0.5, **case}) for case in (easier, harder)]
    assert rows[0] < rows[1]


@pytest.mark.parametrize("columns", [1, 30])
def test_with_the_needed_rows_the_shift_is_seen_four_times_out_of_five(columns):
    rng = np.random.default_rng(13)
    runs, seen = 30, 0
    needed = detect(*(frame(rng, n, columns) for n in (400, 20)), backend="scipy").needed_n
    for seed in range(runs):
        current = frame(rng, needed, columns)
        current["c0"] += 0.5
        seen += detect(frame(rng, 400, columns), current, backend="scipy", seed=seed).drifted
    assert seen >= 14  # P(Binomial(30, 0.8) < 14) < 1e-4, and the seeds are fixed


def frame(rng: np.random.Generator, rows: int, columns: int) -> pd.DataFrame:
    return pd.DataFrame(rng.standard_normal((rows, columns))).add_prefix("c")
