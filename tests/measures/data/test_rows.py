"""Equal rows meet, different rows do not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gates.measures.data.rows import contradicting, copied, hashes, repeated, steps
from gates.measures.data.survey import survey


def find(frame: pd.DataFrame, *, nearly: bool = False) -> list[bool]:
    table = survey(frame)
    return list(repeated(hashes(table, list(table.columns), grid=steps(table) if nearly else None)))


def test_a_copy_is_found_whatever_its_columns_hold():
    frame = pd.DataFrame({"a": [1.5, 2.5, 1.5], "b": ["x", "y", "x"], "c": [None, 1.0, None], "d": [True, True, True]})
    assert find(frame) == [False, False, True]


def test_zero_is_zero_and_null_is_null():
    assert find(pd.DataFrame({"a": [0.0, -0.0], "b": [np.nan, -np.nan]})) == [False, True]


def test_small_whole_numbers_do_not_collide():
    random = np.random.default_rng(1)
    frame = pd.DataFrame(random.integers(0, 17, size=(20000, 6)), columns=list("abcdef"))
    assert sum(find(frame)) == int(frame.duplicated().sum())


def test_swapped_cells_are_another_row():
    assert find(pd.DataFrame({"a": [1.0, 2.0], "b": [2.0, 1.0]})) == [False, False]


def test_a_copy_with_noise_is_nearly_equal_and_not_equal():
    frame = pd.DataFrame(np.random.default_rng(2).normal(size=(50, 20))).rename(columns=str)
    frame.iloc[7] = frame.iloc[3] + 1e-10
    assert sum(find(frame)) == 0
    assert find(frame, nearly=True)[7]
    assert sum(find(frame, nearly=True)) == 1


def test_one_huge_value_does_not_make_rows_near():
    frame = pd.DataFrame(np.random.default_rng(3).normal(size=(50, 3))).rename(columns=str)
    frame.iloc[0, 0] = 1e12
    assert sum(find(frame, nearly=True)) == 0


def test_equal_features_with_different_labels_contradict_each_other():
    features = np.array([1, 1, 2, 2, 3], dtype=np.uint64)
    labels = np.array(["a", "b", "a", "a", "b"], dtype=object)
    assert list(contradicting(features, labels)) == [True, True, False, False, False]


def test_rows_copied_from_another_table_are_found_by_their_cells():
    source = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": ["x", "y", "z"]})
    frame = pd.DataFrame({"b": ["y", "q"], "a": [2, 2], "extra": [0, 0]})
    assert list(copied(frame, source, ["a", "b"])) == [True, False]
