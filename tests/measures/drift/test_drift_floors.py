"""Fifty thousand rows prove the smallest difference; only one that is large enough to matter may alarm."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gates.measures.drift import detect
from gates.measures.drift.floors import MANY, Effect, weigh_effects
from gates.measures.drift.integrity import inspect
from gates.measures.drift.table import tabulate
from gates.measures.drift.univariate import compare_columns

ROWS = 20_000


@pytest.fixture(scope="module")
def reference() -> pd.DataFrame:
    return make(np.random.default_rng(1))


def make(rng: np.random.Generator) -> pd.DataFrame:
    loadings = np.tril(np.ones((6, 6))) * 0.4 + np.eye(6)
    frame = pd.DataFrame(rng.standard_normal((ROWS, 6)) @ loadings).add_prefix("c")
    return frame.assign(town=rng.choice(["Bern", "Graz", "Linz"], ROWS, p=[0.5, 0.3, 0.2]))


def weigh(reference: pd.DataFrame, current: pd.DataFrame) -> Effect:
    table = tabulate(reference, current)
    repeated = inspect(table, seed=0).change
    return weigh_effects(table, compare_columns(table, backend="scipy", alpha=0.01), repeated=repeated, seed=0)


def shift(frame, rng):
    return frame.assign(c1=frame["c1"] + 0.05 * frame["c1"].std())


def stretch(frame, rng):
    return frame.assign(**{f"c{i}": frame[f"c{i}"] * 1.03 for i in range(6)})


def lose_a_few(frame, rng):
    return frame.assign(c1=frame["c1"].mask(rng.random(ROWS) < 0.005))


def favour(frame, rng):
    return frame.assign(town=rng.choice(["Bern", "Graz", "Linz"], ROWS, p=[0.52, 0.28, 0.2]))


def round_off(frame, rng):
    return frame.assign(**{f"c{i}": frame[f"c{i}"].astype(np.float16).astype(float) for i in range(6)})


@pytest.mark.parametrize("change", [shift, stretch, lose_a_few, favour, round_off])
def test_a_difference_that_is_real_and_tiny_passes(reference, change):
    rng = np.random.default_rng(2)
    assert weigh(reference, change(make(rng), rng)).p_value > 0.01


def test_without_the_floor_the_tiny_difference_alarms(reference):
    rng = np.random.default_rng(2)
    current = shift(make(rng), rng)
    assert not detect(reference, current, backend="scipy").drifted
    assert detect(reference, current, backend="scipy", effect_floor=False).drifted


def shift_far(frame, rng):
    return frame.assign(c1=frame["c1"] + 0.3 * frame["c1"].std())


def stretch_one(frame, rng):
    return frame.assign(c1=frame["c1"] * 1.2)


def blur(frame, rng):
    return frame.assign(
        **{f"c{i}": frame[f"c{i}"] + rng.normal(0, 0.55 * frame[f"c{i}"].std(), ROWS) for i in range(6)}
    )


def lose_many(frame, rng):
    return frame.assign(c1=frame["c1"].mask(rng.random(ROWS) < 0.05))


def favour_much(frame, rng):
    return frame.assign(town=rng.choice(["Bern", "Graz", "Linz"], ROWS, p=[0.6, 0.2, 0.2]))


def unlink(frame, rng):
    return frame.assign(c1=rng.permutation(frame["c1"].to_numpy()))


def repeat(frame, rng):
    return pd.concat([frame[: ROWS - 1_500], frame[:1_500]], ignore_index=True)


def fill(frame, rng):
    return frame.assign(c1=frame["c1"].where(rng.random(ROWS) > 0.05, 0.0))


@pytest.mark.parametrize("change", [shift_far, stretch_one, blur, lose_many, favour_much, unlink, repeat, fill])
def test_a_difference_that_matters_alarms(reference, change):
    rng = np.random.default_rng(2)
    effect = weigh(reference, change(make(rng), rng))
    assert effect.p_value < 0.001
    assert any(word in effect.detail for word in ("changed by", "moved by", "area under the curve"))


def test_a_large_difference_alarms_with_its_effect(reference):
    rng = np.random.default_rng(2)
    report = detect(reference, unlink(make(rng), rng), backend="scipy")
    assert report.drifted
    assert "2,000 + 2,000 rows" in report.sentence
    assert "the correlation of two columns changed by" in report.sentence


def test_no_difference_at_all_passes(reference):
    assert 2 * ROWS > MANY
    assert not detect(reference, make(np.random.default_rng(3)), backend="scipy").drifted
