"""Each family of statistics alone keeps its level, and sees the shift that it exists for.

The bounds are those that a correct family misses with probability below 1e-6 over all cases together.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from gates.measures.drift.families import FAMILIES
from gates.measures.drift.omnibus import rank_everything
from gates.measures.drift.table import tabulate

RUNS, LEVEL, MOST = 80, 0.05, 19  # P(Binomial(80, 0.05) > 19) < 1e-8


def rows(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Six correlated columns, one of them discrete, and a category."""
    values = rng.standard_normal((n, 6)) @ (np.tril(np.ones((6, 6))) * 0.6 + np.eye(6) * 0.4)
    values[:, 5] = np.round(values[:, 5])
    frame = pd.DataFrame(values, columns=list("abcdef"))
    return frame.assign(town=rng.choice(["Bern", "Graz", "Linz"], n, p=[0.5, 0.3, 0.2]))


def rank(family: str, before: pd.DataFrame, now: pd.DataFrame, seed: int) -> float:
    found = rank_everything(tabulate(before, now), alpha=LEVEL, seed=seed, families=[family], permutations=99)
    assert found is not None
    return found.ranked.p_value


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_keeps_its_level(family):
    rng = np.random.default_rng(11)
    alarms = sum(rank(family, rows(rng, 60), rows(rng, 30), seed) <= LEVEL for seed in range(RUNS))
    assert alarms <= MOST


def move(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return frame.assign(b=frame["b"] + 1.2 * frame["b"].std())


def widen(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return frame.assign(b=frame["b"] * 2.2)


def push_all(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return frame.assign(**{name: frame[name] + 0.9 * frame[name].std() for name in "abcde"})


def blur(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return frame.assign(**{name: frame[name] + rng.normal(0, 0.8, len(frame)) for name in "abcde"})


def unlink(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return frame.assign(c=rng.permutation(frame["c"].to_numpy()))


def flip(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return frame.assign(c=-frame["c"])


def relabel(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return frame.assign(town=rng.choice(["Bern", "Graz", "Linz"], len(frame), p=[0.1, 0.3, 0.6]))


SHIFTS: dict[str, Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]] = {
    "marginals": move,
    "scale": widen,
    "kernel": push_all,
    "neighbours": push_all,
    "row scores": blur,
    "whitened": blur,
    "residuals": unlink,
    "dependence": flip,
    "categories": relabel,
}


def test_every_family_has_a_shift_of_its_own():
    assert set(SHIFTS) == set(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_sees_the_shift_that_it_exists_for(family):
    rng = np.random.default_rng(5)
    seen = sum(rank(family, rows(rng, 300), SHIFTS[family](rows(rng, 150), rng), seed) <= LEVEL for seed in range(6))
    assert seen == 6


def test_a_family_that_has_nothing_to_look_at_says_nothing():
    rng = np.random.default_rng(3)
    before, now = rows(rng, 40)[["a"]], rows(rng, 20)[["a"]]
    found = rank_everything(tabulate(before, now), alpha=0.01, seed=0)
    assert found is not None
    assert "the correlation of two columns" not in dict(found.ranked.statistics)
    assert "the shares of one category column" not in dict(found.ranked.statistics)


def test_two_columns_swapped_are_seen_by_their_relations_although_a_rare_flag_stands_beside_them():
    """Both columns have one distribution, so nothing but what they go with can tell; the flag is one row in two hundred."""
    seen = 0
    for seed in range(6):
        rng = np.random.default_rng([23, seed])
        before, now = linked(rng, 400), linked(rng, 200)
        swapped = now.assign(a=now["d"], d=now["a"])
        seen += rank("whitened", before, swapped, seed) <= LEVEL
    assert seen == 6


def linked(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Two blocks of three columns that share a part each, and a flag."""
    hidden = rng.standard_normal((n, 2))
    values = {name: hidden[:, i // 3] + 0.8 * rng.standard_normal(n) for i, name in enumerate("abcdef")}
    return pd.DataFrame({**values, "flag": rng.random(n) < 0.005})
