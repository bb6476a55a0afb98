"""Two files are read with the roles that they support, and what is not there is said in a sentence."""

from __future__ import annotations

import pandas as pd
import pytest

from gates.errors import ConfigError
from gates.work.data.pair import read_pair
from gates.work.errors import DataError
from gates.work.records import ColumnRoles

DECLARED = ColumnRoles("id", "y", "classification", features=("gone",), time="at")
FRAME = pd.DataFrame({"id": ["007", "8"], "a": [1.5, 2.5], "y": [0, 1], "price": [1.25, 2.5]})


def pair(tmp_path, reference=FRAME, current=FRAME, **asked):
    for name, frame in (("reference", reference), ("current", current)):
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    return read_pair(tmp_path / "reference.csv", tmp_path / "current.csv", DECLARED, asked)


def test_the_declared_columns_are_used_where_they_are(tmp_path):
    found = pair(tmp_path)
    assert (found.id, found.target, found.notes) == ("id", "y", ())
    assert found.roles.features == ("a", "price")
    assert found.roles.time is None
    assert found.reference["id"].tolist() == ["007", "8"]


def test_columns_that_are_not_there_are_said(tmp_path):
    found = pair(tmp_path, FRAME.drop(columns=["id", "y"]), FRAME)
    assert (found.id, found.target) == (None, None)
    assert found.notes == (
        "the reference has no column 'id', which [tool.ml] names as id: "
        "rows are compared without a key (--id names another column)",
        "the reference has no column 'y', which [tool.ml] names as target: "
        "no column counts as a label (--target names another column)",
    )
    assert found.roles.features == ("a", "price")


def test_other_columns_may_be_named(tmp_path):
    found = pair(tmp_path, id="y", target="price")
    assert (found.id, found.target, found.roles.task) == ("y", "price", "regression")
    assert pair(tmp_path, target="y").roles.task == "classification"


@pytest.mark.parametrize("role", ["id", "target"])
def test_a_named_column_must_be_there(tmp_path, role):
    with pytest.raises(ConfigError, match=f"--{role} names 'pryce', but the reference has .*did you mean 'price'"):
        pair(tmp_path, **{role: "pryce"})


def test_a_file_that_is_no_table_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("id,y\n1,0\n2\n")
    with pytest.raises(DataError):
        read_pair(tmp_path / "a.csv", tmp_path / "a.csv", DECLARED, {})
