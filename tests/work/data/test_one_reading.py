"""The same table gets the same verdict, whatever file it lies in: CSV or Parquet, 32 or 64 bit, in any order of columns."""

from __future__ import annotations

import string
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.measures.data.contract import hold
from gates.measures.drift.table import tabulate
from gates.measures.drift.univariate import compare_columns
from gates.work.data.pair import read_pair
from gates.work.records import ColumnRoles

N = 160
ROLES = ColumnRoles("id", "y", "classification")


def _dates(rng: np.random.Generator, shift: int) -> list[str]:
    return [str(day) for day in np.datetime64("2024-01-01") + rng.integers(0, 90, N) + 40_000 * shift]


KINDS = {
    "number": lambda rng, shift: rng.normal(9 * shift, 1, N),
    "few levels": lambda rng, shift: rng.choice([0.1, 0.2, 0.3, 0.7], N) + shift,
    "whole": lambda rng, shift: rng.integers(0, 1000, N) + 10_000 * shift,
    "truth": lambda rng, shift: rng.random(N) < (0.98 if shift else 0.3),
    "word": lambda rng, shift: rng.choice(
        ["red", "grün", "blau"], N, p=[0.9, 0.05, 0.05] if shift else [0.3, 0.3, 0.4]
    ),
    "country": lambda rng, shift: rng.choice(["DE", "NA", "ZA"], N, p=[0.05, 0.9, 0.05] if shift else [0.4, 0.2, 0.4]),
    "code": lambda rng, shift: rng.choice(["0012", "12", "0120"], N, p=[0.1, 0.8, 0.1] if shift else [0.8, 0.1, 0.1]),
    "digits": lambda rng, shift: rng.choice(["12", "7", "900"], N, p=[0.1, 0.8, 0.1] if shift else [0.8, 0.1, 0.1]),
    "with strangers": lambda rng, shift: [
        "?" if at % 10 == 0 else f"{value:.4f}" for at, value in enumerate(rng.normal(9 * shift, 1, N))
    ],
    "with thousands": lambda rng, shift: [f"{value:,.2f}" for value in np.exp(rng.normal(8 + 6 * shift, 1, N))],
    "date": _dates,
}


def table(kinds: list[str], seed: int, shifted: str) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    columns = {
        f"{letter} {kind}": KINDS[kind](rng, int(kind == shifted))
        for letter, kind in zip(string.ascii_letters, kinds, strict=False)
    }
    return pd.DataFrame({"id": [f"k{seed}_{at}" for at in range(N)], **columns, "y": rng.integers(0, 2, N)})


def write(frame: pd.DataFrame, path: Path, bits: int) -> Path:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
        return path
    small = {name: f"{dtype.kind}4" for name, dtype in frame.dtypes.items() if dtype.kind in "if" and bits == 32}
    frame.astype(small).to_parquet(path, index=False)
    return path


def verdict(reference: Path, current: Path) -> tuple[bool, bool]:
    pair = read_pair(reference, current, ROLES, {})
    held = hold(pair.reference, pair.current, id=pair.id, target=pair.target, task=pair.roles.task)
    features = list(pair.roles.features)
    columns = compare_columns(tabulate(pair.reference[features], pair.current[features]), backend="scipy", alpha=1e-4)
    return bool(held.violations), any(column.drifted for column in columns)


@settings(max_examples=4, deadline=None, derandomize=True)
@given(
    kinds=st.lists(st.sampled_from(sorted(KINDS)), min_size=2, max_size=6, unique=True),
    seed=st.integers(0, 50),
    place=st.integers(-1, 5),
    order=st.randoms(use_true_random=False),
)
def test_a_table_gets_the_same_verdict_from_any_file(kinds, seed, place, order):
    shifted = kinds[place] if 0 <= place < len(kinds) else ""
    before, now = table(kinds, 2 * seed, ""), table(kinds, 2 * seed + 1, shifted)
    names = list(now.columns)
    order.shuffle(names)
    verdicts = {}
    with TemporaryDirectory() as folder:
        for left, right in product((".csv", ".parquet"), repeat=2):
            first = write(before, Path(folder) / f"a{left}", 64)
            second = write(now[names], Path(folder) / f"b{right}", 32)
            verdicts[left, right] = verdict(first, second)
    assert len(set(verdicts.values())) == 1, (kinds, shifted, verdicts)
    if shifted:
        assert verdicts[".csv", ".csv"] == (True, True), (kinds, shifted)
