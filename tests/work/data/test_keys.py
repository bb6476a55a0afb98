"""A row may be identified by several columns together: everywhere the same way."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from gates.work.data.keys import join_key, name_key, split_key, without_key
from gates.work.data.pair import read_pair
from gates.work.data.reading import read, read_ids
from gates.work.data.split import split
from gates.work.errors import DataError
from gates.work.mutants.rows import leak, repeat_keys
from gates.work.mutants.tables import Subject
from gates.work.records import ColumnRoles

KEY = ("store", "day")
ROLES = ColumnRoles(name_key(KEY), "y", "classification", key=KEY)


@pytest.fixture
def table():
    days = pd.date_range("2024-01-01", periods=30)
    rows = [(f"S{store}", day, store * 1.5, day.day % 2) for store in range(10) for day in days]
    return pd.DataFrame(rows, columns=["store", "day", "x", "y"])


def test_a_row_has_one_id_in_csv_and_in_parquet(table, tmp_path):
    table.to_csv(tmp_path / "t.csv", index=False)
    table.to_parquet(tmp_path / "t.parquet")
    table.astype({"store": "string"}).assign(day=table["day"].dt.date).to_parquet(tmp_path / "dates.parquet")
    ids = [read(tmp_path / name, ROLES)["store + day"].tolist() for name in ("t.csv", "t.parquet", "dates.parquet")]
    assert ids[0] == ids[1] == ids[2]
    assert ids[0][0] == "S0|2024-01-01"
    assert list(read_ids(tmp_path / "t.csv", ROLES)) == ids[0]


@pytest.mark.parametrize("parts", [("a|b", "c"), ("a", "b|c"), ("a\\", "|b"), ("a", "b", "c")])
def test_other_values_have_another_id_and_come_back(parts):
    assert split_key(join_key(parts)) == list(parts)


def test_a_key_with_a_gap_is_missing():
    assert join_key(("a", None)) is None
    assert join_key(("a", float("nan"))) is None


def test_the_columns_of_a_key_are_no_features_unless_they_are_declared():
    assert {"store", "day", "store + day", "y"} == ROLES.apart


def test_a_column_of_the_key_that_is_not_there_is_named(table, tmp_path):
    table.drop(columns="day").to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(DataError, match=r"no column 'day', which \[tool.ml\] names as id"):
        read(tmp_path / "t.csv", ROLES)


def test_a_column_with_the_name_of_the_ids_is_refused(table, tmp_path):
    table.assign(**{"store + day": "x"}).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(
        DataError, match="has a column 'store \\+ day', which is what the ids of 'store' and 'day' are called"
    ):
        read(tmp_path / "t.csv", ROLES)


def test_pairs_that_repeat_are_seen_by_the_profile(table, tmp_path):
    from gates.measures.data.contract import hold

    table.to_csv(tmp_path / "a.csv", index=False)
    again = pd.concat([table, table[:20].assign(x=lambda frame: frame.x + 0.25)])
    again.to_csv(tmp_path / "b.csv", index=False)
    declared = ColumnRoles("(no id)", "y", "classification")
    pair = read_pair(tmp_path / "a.csv", tmp_path / "b.csv", declared, {"id": "store,day"})
    held = hold(pair.reference, pair.current, id=pair.id, target=pair.target, task="classification")
    assert [(one.columns, one.count) for one in held.violations if one.expectation == "expect_unique_key"] == [
        (("store + day",), 20)
    ]


def test_a_column_with_a_comma_in_its_name_is_one_column(table, tmp_path):
    table.rename(columns={"store": "store,day"}).to_csv(tmp_path / "a.csv", index=False)
    pair = read_pair(tmp_path / "a.csv", tmp_path / "a.csv", replace(ROLES, id="k", key=()), {"id": "store,day"})
    assert pair.id == "store,day"


def test_faults_of_the_selftest_stand_in_the_columns_of_the_key(table, tmp_path):
    import numpy as np

    table.to_csv(tmp_path / "t.csv", index=False)
    frame = read(tmp_path / "t.csv", ROLES)
    subject = Subject(frame, ROLES, ("x",), 0.33, np.random.default_rng(0))
    for bend in (repeat_keys, leak):
        bent = bend(subject)
        without_key(bent, frame, ROLES).to_csv(tmp_path / "bent.csv", index=False)
        assert read(tmp_path / "bent.csv", ROLES)["store + day"].tolist() == bent["store + day"].tolist()
    sides = split(frame, ROLES, 0.33)
    assert set(bent["store + day"][len(frame) :]) & set(sides.holdout["store + day"]) == set()
