"""The share of the largest class: exact, blind to the sides in its choice, and seen where the class lost half of its rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gates.measures.drift import detect, detect_predictions
from gates.measures.drift.blocks import Blocks
from gates.measures.drift.class_share import compare_class_share, find_classes
from gates.measures.drift.measuring import CLASSES, OMNIBUS, share_of_omnibus
from gates.measures.drift.table import MISSING, CategoryColumn, TwoSamples, tabulate


def draw_classes(rng: np.random.Generator, shares: list[float], after: list[float]) -> CategoryColumn:
    """600 classes of the reference and 200 current ones."""
    levels = tuple("abcdefghij"[: len(shares)])
    sides = [rng.choice(len(shares), n, p=p).astype(np.int64) for n, p in ((600, shares), (200, after))]
    return CategoryColumn("y", sides[0], sides[1], levels)


def count_alarms(
    rng: np.random.Generator, shares: list[float], after: list[float], level: float, runs: int = 200
) -> int:
    return sum(
        compare_class_share(draw_classes(rng, shares, after), blocks=None, alpha=level, seed=0).p_value < level
        for _ in range(runs)
    )


def test_of_two_classes_the_p_value_is_that_of_fisher():
    """The tea tasting of Fisher (1935): of four cups three are right, p = 34 / 70, or all four, p = 2 / 70; two-sided."""
    for now, p_value in (([0, 1, 1, 1, MISSING], 34 / 70), ([1, 1, 1, 1], 2 / 70)):
        before = [0, 0, 0, 1] if 0 in now else [0, 0, 0, 0]
        column = CategoryColumn("y", np.array(before), np.array(now), ("milk", "tea"))
        share = compare_class_share(column, blocks=None, alpha=0.0005, seed=0)
        assert share.p_value == pytest.approx(p_value, abs=0.02)
    assert share.detail == "class 'milk' is 0.0% of the current rows, was 100.0%"


def test_ten_equal_classes_do_not_raise_the_level(rng):
    """Fisher's test of the class that is the largest of the reference would alarm more often than its level says."""
    assert count_alarms(rng, [0.1] * 10, [0.1] * 10, 0.05) <= 22  # P(Binomial(200, 0.05) > 22) < 1e-3


def test_a_majority_class_that_lost_half_of_its_rows_is_seen_in_three_of_four_windows(rng):
    halved = [0.195 / 0.805, 0.31 / 0.805, 0.3 / 0.805]
    assert (
        count_alarms(rng, [0.39, 0.31, 0.3], halved, 0.01 * CLASSES) >= 125
    )  # measured 75 %: P(Binomial(200, 0.75) < 125) < 1e-4


def test_the_share_is_part_of_the_answer_where_the_label_is_known(rng):
    before = pd.DataFrame(
        {"a": rng.normal(size=600), "y": pd.Categorical(rng.choice(list("xyz"), 600, p=[0.5, 0.3, 0.2]))}
    )
    now = pd.DataFrame(
        {"a": rng.normal(size=200), "y": pd.Categorical(rng.choice(list("xyz"), 200, p=[0.2, 0.5, 0.3]))}
    )
    report = detect(before, now, backend="scipy", label="y")
    assert report.drifted
    assert {part.name: part.share for part in report.parts} == pytest.approx(
        {"rows as a whole": 0.6, "columns": 0.1, "integrity": 0.1, "the largest class": 0.2}
    )
    assert sum(part.share for part in report.parts) == pytest.approx(1.0)
    assert "the largest class: class 'x' is" in report.sentence
    assert "the largest class" not in {part.name for part in detect(before, now, backend="scipy").parts}


def test_without_classes_on_both_sides_the_permutation_test_keeps_its_share():
    before, now = pd.DataFrame({"y": ["x", "z"] * 20}), pd.DataFrame({"y": [None] * 20}, dtype=object)
    assert find_classes(tabulate(before, now), "y") is None
    assert share_of_omnibus(tabulate(before, now), "y") == OMNIBUS
    assert share_of_omnibus(tabulate(before, before), "absent") == OMNIBUS
    assert share_of_omnibus(tabulate(before, before), "y") == pytest.approx(OMNIBUS - CLASSES)


def test_blocks_of_one_class_are_exchanged_whole(rng):
    """Thirty blocks of twenty rows of one class: Fisher counts each row as news, blocks do not."""
    of_block = np.repeat(rng.integers(0, 2, 30), 20)
    column = CategoryColumn("y", of_block[:400], of_block[400:], ("x", "z"))
    blocks = Blocks(np.repeat(np.arange(30), 20), np.arange(30) >= 20, np.zeros(30, dtype=np.int64))
    alone = compare_class_share(column, blocks=None, alpha=0.01, seed=0).p_value
    assert compare_class_share(column, blocks=blocks, alpha=0.01, seed=0).p_value > alone
    moved = CategoryColumn("y", np.zeros(400, dtype=np.int64), np.ones(200, dtype=np.int64), ("x", "z"))
    assert compare_class_share(moved, blocks=blocks, alpha=0.01, seed=0).p_value < 0.01


def test_predicted_classes_are_compared_too(rng):
    def answers(n: int, share: float) -> np.ndarray:
        """Shares near one half, whose distribution hardly differs while the predicted class does."""
        first = 0.5 + np.where(rng.random(n) < share, 1, -1) * rng.uniform(0, 0.01, n)
        return np.column_stack([first, 1 - first])

    report = detect_predictions(answers(600, 0.6), answers(200, 0.3), classes=("no", "yes"), backend="scipy")
    assert report.drifted
    assert "class 'no' is" in report.sentence
    calm = detect_predictions(answers(600, 0.6), answers(600, 0.6), classes=("no", "yes"), backend="scipy")
    assert not calm.drifted
    labels = detect_predictions(["x"] * 300 + ["z"] * 300, ["x"] * 20 + ["z"] * 180, backend="scipy", orders=None)
    assert labels.drifted
    assert "class 'x' is 10.0% of the current rows, was 50.0%" in labels.sentence


def test_a_table_without_rows_has_no_classes():
    empty = TwoSamples((), (CategoryColumn("y", np.zeros(0, int), np.zeros(0, int), ()),), (), (), (), (), (), 0, 0, 1)
    assert find_classes(empty, "y") is None
