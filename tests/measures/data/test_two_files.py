"""A file held to the profile of another: every violation lands in a group, with its column and its count."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gates.measures.data.contract import GROUPS, hold
from gates.measures.data.profile import read

NAMES = [*GROUPS, "values"]


def split(frame, rows=400):
    shuffled = frame.sample(frac=1, random_state=1)
    return shuffled[:rows], shuffled[rows:].reset_index(drop=True)


def groups(contract):
    return {name: contract.group(name).count for name in NAMES if contract.group(name).count}


@pytest.fixture
def halves(mixed):
    return split(mixed)


def test_more_of_the_same_breaks_nothing(halves):
    found = hold(*halves, id="id", target="churned", task="classification")
    assert groups(found) == {}
    assert found.rows_share >= 1
    assert found.rules > 10
    assert found.group("values").detail == "as profiled"


def test_every_violation_is_in_one_group_with_column_and_count(halves):
    reference, current = halves
    current = current.drop(columns="plan").assign(age=lambda frame: frame["age"].where(frame.index > 6))
    current.loc[0, "amount"] = np.inf
    current.loc[1, "id"] = current.loc[2, "id"]
    found = hold(reference, current, id="id", target="churned", task="classification")
    assert set(groups(found)) == {"columns", "values", "rows"}
    assert sum(groups(found).values()) == len(found.violations)
    assert "'plan'" in found.group("columns").detail
    assert "column 'age' has 7 nulls" in found.group("values").detail
    assert "1 infinite value" in found.group("values").detail or "inf" in found.group("values").detail
    assert "'id'" in found.group("rows").detail


def test_a_single_label_is_a_fault_of_the_labels(halves):
    reference, current = halves
    found = hold(reference, current.assign(churned="yes"), id="id", target="churned", task="classification")
    assert found.group("labels").count >= 1


def test_a_handful_of_rows_stands_for_nothing(halves):
    reference, current = halves
    found = hold(reference, current[:5], id="id", target="churned", task="classification")
    assert found.rows_share < 1
    assert found.needed_n == 20
    assert found.group("size").count == 1


def test_profile_and_violations_are_left_to_be_read(halves, tmp_path):
    reference, current = halves
    found = hold(reference, current.drop(columns="plan"), id="id", target="churned", task="classification")
    found.write(tmp_path / "profile.json", tmp_path / "violations.json")
    assert len(read(tmp_path / "profile.json").expectations) == len(found.suite.expectations)
    (told,) = json.loads((tmp_path / "violations.json").read_text())["violations"]
    assert told["columns"] == ["plan"]


def test_without_id_and_target_the_rest_is_still_held(halves):
    reference, current = halves
    found = hold(reference, current.assign(age=999), id=None, target=None, task="classification")
    assert found.group("values").count >= 1


def test_a_reference_without_rows_teaches_nothing(halves):
    with pytest.raises(ValueError, match="0 rows"):
        hold(halves[0][:0], halves[1], id=None, target=None, task="classification")
