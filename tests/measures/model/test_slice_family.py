"""Slices: one that collapses is named, twenty equal ones rarely block, small ones are told and never pass in silence."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from gates.measures.model.predictions import NotComparable
from gates.measures.model.slices import (
    classes_against_champion,
    declared,
    shrink,
    slices_against_champion,
    slices_against_rest,
)


class Told:
    """A model whose answers are given."""

    def __init__(self, answers):
        self._answers = np.asarray(answers)

    def predict(self, X):
        return self._answers


def make_rows(y, **columns):
    frame = pd.DataFrame({"y": y, **columns})
    return SimpleNamespace(X=frame, y=frame["y"], frame=frame)


def make_roles(*slices, task="classification", group=None, weight=None):
    return SimpleNamespace(slices=slices, task=task, group=group, weight=weight)


def test_a_class_that_collapses_is_named_first_and_proved():
    y = np.repeat(["a", "b", "c"], 60)
    lost = np.where(np.arange(180) < 40, "c", y)
    found = classes_against_champion(Told(y), Told(lost), make_rows(y), make_roles(), margin=0.05, minimum=20)
    assert found.tested[0].name == "class a"
    assert found.worst < 0.001
    assert found.tested[0].difference == pytest.approx(-2 / 3)
    assert "class a: -0.667" in found.describe()


def test_small_classes_are_told_and_not_tested():
    y = np.repeat(["a", "b", "c"], [100, 50, 3])
    found = classes_against_champion(Told(y), Told(y), make_rows(y), make_roles(), margin=0.05, minimum=20)
    assert [part.name for part in found.tested] == ["class a", "class b"]
    assert found.n == 150
    assert "not tested, under 20 rows: class c (3)" in found.describe()


def test_where_every_part_is_too_small_nothing_passes_and_the_rows_are_said():
    y = np.repeat(["a", "b"], 5)
    found = classes_against_champion(Told(y), Told(y), make_rows(y), make_roles(), margin=0.05, minimum=20)
    assert (found.worst, found.needed_n, found.n) == (0.0, 40, 10)


def test_a_loss_inside_the_margin_is_no_collapse():
    y = np.repeat("a", 1000)
    lost = np.where(np.arange(1000) < 30, "b", y)
    rows, roles = make_rows(y, region=np.repeat("x", 1000)), make_roles("region")
    assert slices_against_champion(Told(y), Told(lost), rows, roles, margin=0.05, minimum=20).worst > 0.9
    assert slices_against_champion(Told(y), Told(lost), rows, roles, margin=0.0, minimum=20).worst < 1e-6


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_twenty_equal_slices_block_equal_models_rarely(task):
    """A point rule blocks every one of these; the family blocks at most its level (binomial(200, 0.05) exceeds 0.15
    with p < 1e-6).
    """
    rng, blocked, pointwise = np.random.default_rng(0), 0, 0
    for _ in range(200):
        n, region = 600, [f"store {number % 20}" for number in range(600)]
        y = rng.integers(0, 2, n) if task == "classification" else rng.normal(0, 1, n)
        noisy = [
            np.where(rng.random(n) < 0.8, y, 1 - y) if task == "classification" else y + rng.normal(0, 1, n)
            for _ in range(2)
        ]
        found = slices_against_champion(
            Told(noisy[0]),
            Told(noisy[1]),
            make_rows(y, region=region),
            make_roles("region", task=task),
            margin=0.0,
            minimum=20,
        )
        blocked += found.worst < 0.05
        pointwise += any(part.difference < 0 for part in found.tested)
    assert blocked / 200 < 0.15
    assert pointwise >= 199


def test_a_slice_that_lags_behind_the_rest_is_seen():
    y = np.zeros(400, dtype=int)
    region = np.repeat(["north", "south"], [100, 300])
    answers = np.where((region == "north") & (np.arange(400) % 2 == 0), 1, y)
    found = slices_against_rest(
        Told(answers), make_rows(y, region=region), make_roles("region"), margin=0.15, minimum=20
    )
    assert found.tested[0].name == "region = north"
    assert found.worst < 0.001
    assert (
        slices_against_rest(
            Told(answers), make_rows(y, region=region), make_roles("region"), margin=0.6, minimum=20
        ).worst
        == 1.0
    )


def test_a_regression_slice_that_collapses_is_seen():
    rng = np.random.default_rng(0)
    y, region = rng.normal(0, 1, 400), np.repeat(["north", "south"], 200)
    good, worse = (
        y + rng.normal(0, 0.1, 400),
        y + np.where(region == "north", rng.normal(0, 1, 400), rng.normal(0, 0.1, 400)),
    )
    found = slices_against_champion(
        Told(good),
        Told(worse),
        make_rows(y, region=region),
        make_roles("region", task="regression"),
        margin=0.05,
        minimum=20,
    )
    assert (found.tested[0].name, found.worst < 0.001) == ("region = north", True)


def test_numbers_are_cut_into_quarters_and_missing_values_are_a_part_of_their_own():
    frame = pd.DataFrame({"age": [*np.arange(100.0), *[np.nan] * 10], "sex": ["m", None] * 55})
    names = [name for name, _ in declared(frame, ("age", "sex"))]
    assert len([name for name in names if name.startswith("age = (")]) == 5  # four quarters and "(missing)"
    assert "age = (missing)" in names
    assert "sex = (missing)" in names
    parts = dict(declared(frame, ("age",)))
    assert sum(int(rows.sum()) for rows in parts.values()) == 110


def test_a_declared_column_that_is_not_there_is_named():
    with pytest.raises(NotComparable, match="slices names planet, and the data has no such column"):
        declared(pd.DataFrame({"age": [1.0]}), ("age", "planet"))


def test_shrinkage_pulls_small_noisy_samples_to_the_mean_and_leaves_large_ones():
    rng = np.random.default_rng(0)
    samples = [rng.normal(mean, 1, n) for mean, n in ((0.0, 1000), (1.0, 1000), (0.5, 1000), (3.0, 3))]
    pulled = shrink(samples)
    assert abs(pulled[0] - samples[0].mean()) < 0.01
    assert abs(pulled[3] - samples[3].mean()) > 0.1


def test_samples_without_spread_are_left_as_they_are():
    assert shrink([np.zeros(5), np.ones(5)]) == (0.0, 1.0)
    assert shrink([]) == ()


def test_a_part_is_told_with_its_limits():
    y = np.repeat(["a", "b"], 100)
    lost = np.where(np.arange(200) < 20, "b", y)
    worst = classes_against_champion(Told(y), Told(lost), make_rows(y), make_roles(), margin=0.05, minimum=20).tested[0]
    assert worst.difference == pytest.approx(-0.2)
    assert worst.lower < worst.difference < worst.upper < -0.1
    found = classes_against_champion(Told(y), Told(lost), make_rows(y), make_roles(), margin=0.05, minimum=20)
    assert f"class a: -0.200 ({worst.lower:+.3f} to {worst.upper:+.3f}, shrunk" in found.describe()


def test_a_part_of_a_regression_is_told_with_its_limits():
    rng = np.random.default_rng(1)
    y = rng.normal(0, 1, 200)
    rows = make_rows(y, region=np.repeat(["x", "y"], 100))
    old, new = Told(y + rng.normal(0, 1, 200)), Told(y + rng.normal(0, 3, 200))
    found = slices_against_champion(old, new, rows, make_roles("region", task="regression"), margin=0.05, minimum=20)
    assert all(part.lower < part.difference < part.upper < 0 for part in found.tested)


def test_classes_and_slices_that_are_compared_with_the_champion_are_one_family():
    """A class that is damning by itself is less so among twenty slices, in whichever of the two checks it is asked."""
    y = np.repeat(["a", "b"], 200)
    lost = np.where(np.arange(400) < 24, "b", y)
    rows, roles = make_rows(y, store=[f"store {number % 10}" for number in range(400)]), make_roles("store")
    alone = classes_against_champion(Told(y), Told(lost), rows, make_roles(), margin=0.05, minimum=20)
    family = classes_against_champion(Told(y), Told(lost), rows, roles, margin=0.05, minimum=20)
    assert family.worst == pytest.approx(min(1.0, 6 * alone.worst))  # twelve tests instead of two
    slices = slices_against_champion(Told(y), Told(lost), rows, roles, margin=0.05, minimum=20)
    assert len(slices.tested) == 10
