"""Two files are read with the roles that they support, and what is not there is said in a sentence."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from gates.errors import ConfigError
from gates.work.data.pair import read_pair
from gates.work.errors import DataError
from gates.work.records import ColumnRoles, Spelling

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


def labels(tmp_path, values, **asked):
    frame = pd.DataFrame({"id": range(len(values)), "a": 1.5, "y": 0, "price": values})
    return pair(tmp_path, frame, frame, target="price", **asked)


def test_whole_numbers_are_classes_or_numbers_by_how_many_there_are_and_it_is_said(tmp_path):
    few, many = labels(tmp_path, [1, 2, 3] * 20), labels(tmp_path, list(range(60)))
    assert (few.roles.task, many.roles.task) == ("classification", "regression")
    assert few.notes == ("target 'price': 3 whole numbers, taken as classes; --task regression changes it",)
    assert many.notes == ("target 'price': 60 whole numbers, taken as numbers; --task classification changes it",)
    assert labels(tmp_path, ["a", "b"]).notes == ()


def test_what_the_target_is_can_be_said(tmp_path):
    said = labels(tmp_path, [1, 2, 3] * 20, task="regression")
    assert (said.roles.task, said.notes) == ("regression", ())
    typed = replace(DECLARED, spelling=Spelling(types=(("price", "number"),)))
    paths = (tmp_path / "reference.csv", tmp_path / "current.csv")
    assert read_pair(*paths, typed, {"target": "price"}).roles.task == "regression"
    typed = replace(DECLARED, spelling=Spelling(types=(("price", "text"),)))
    assert read_pair(*paths, typed, {"target": "price"}).roles.task == "classification"


def test_a_file_follows_the_one_that_knows_more_of_a_column(tmp_path):
    known = pd.DataFrame({"id": ["1", "2"], "code": ["12", "7"], "land": ["NA", "DE"], "a": [1, 2], "y": [0, 1]})
    known.to_parquet(tmp_path / "known.parquet")
    known.to_csv(tmp_path / "plain.csv", index=False)
    known.assign(code=["0012", "7"]).to_csv(tmp_path / "codes.csv", index=False)
    for names in (("known.parquet", "plain.csv"), ("plain.csv", "known.parquet")):
        both = read_pair(*(tmp_path / name for name in names), DECLARED, {})
        for frame in (both.reference, both.current):
            assert frame["code"].tolist() == ["12", "7"]
            assert frame["land"].tolist() == ["NA", "DE"]
            assert frame["a"].tolist() == [1, 2]
        assert "'NA' is a value in the" in both.notes[0]
        assert 'missing = [""] in [tool.ml] makes it one everywhere' in both.notes[0]
    both = read_pair(tmp_path / "codes.csv", tmp_path / "plain.csv", DECLARED, {})
    assert both.current["code"].tolist() == ["12", "7"]


@pytest.mark.parametrize(("broken", "named"), [(0, "ref.csv"), (1, "cur.csv")])
def test_the_file_that_is_broken_is_named(tmp_path, broken, named):
    FRAME.to_csv(tmp_path / "good.csv", index=False)
    (tmp_path / "bad.csv").write_text("id,y\n1,0\n2\n")
    paths = [tmp_path / "good.csv"] * 2
    paths[broken] = tmp_path / "bad.csv"
    names = {"reference_name": "the reference ref.csv", "current_name": "cur.csv"}
    with pytest.raises(DataError, match=f"line 3 of .*{named} has 1 values"):
        read_pair(*paths, DECLARED, names)


@pytest.mark.parametrize("role", ["id", "target"])
def test_a_named_column_must_be_there(tmp_path, role):
    with pytest.raises(ConfigError, match=f"--{role} names 'pryce', but the reference has .*did you mean 'price'"):
        pair(tmp_path, **{role: "pryce"})


def test_a_file_that_is_no_table_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("id,y\n1,0\n2\n")
    with pytest.raises(DataError):
        read_pair(tmp_path / "a.csv", tmp_path / "a.csv", DECLARED, {})
