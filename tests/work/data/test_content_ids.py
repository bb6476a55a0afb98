"""A table without a key: a row is what it holds, in any order, in any file, and equal rows are never parted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy
import pandas
import pytest

from gates.measures.data.relabelling import find_relabelled
from gates.work.data.content_ids import content_columns, content_ids, drop_repeated, require_same_columns
from gates.work.data.growth_step import main as compare_growth
from gates.work.data.new_rows import arrivals, count_changed_rows
from gates.work.data.reading import read, read_ids
from gates.work.data.split import split
from gates.work.data.window import choose_newest
from gates.work.errors import DataError
from gates.work.records import CONTENT, ColumnRoles

ROLES = ColumnRoles(CONTENT, "y", "classification", weight="w")
ROWS = 300


def make_table(rows: int = ROWS) -> pandas.DataFrame:
    """Every kind of column, with gaps and awkward names; row 1 equals row 0 but for its label."""
    draw = numpy.random.default_rng(2)
    frame = pandas.DataFrame({
        "größe": draw.normal(size=rows).round(6),
        "=cmd|x": draw.choice(["Köln", "東京", "=SUM(A1)"], rows),
        "count": draw.integers(0, 9, rows),
        "gap": pandas.Series(draw.integers(0, 9, rows)).where(draw.random(rows) > 0.2),
        "vip": draw.random(rows) < 0.4,
        "seen": pandas.date_range("2026-01-01", periods=rows, freq="37min"),
        "big": 2**60 + draw.integers(0, 9, rows),
        "note": pandas.Series([f"note {n}" for n in range(rows)]).where(draw.random(rows) > 0.2, None),
        "w": 1.0,
        "y": ["yes", "no"] * (rows // 2),
    })  # fmt: skip
    frame.loc[1, frame.columns[:-1]] = frame.loc[0, frame.columns[:-1]]
    return frame.astype({"count": "int64", "vip": bool, "big": "int64"})


TABLE = make_table()


def written(frame, path):
    frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path, index=False)
    return path


def test_ids_do_not_depend_on_the_order_of_rows_or_columns():
    ids = content_ids(TABLE, ROLES)
    order = numpy.random.default_rng(0).permutation(ROWS)
    assert content_ids(TABLE.iloc[order, ::-1], ROLES).equals(ids.iloc[order])


def test_ids_do_not_depend_on_the_file_or_on_how_whole_numbers_are_stored(tmp_path):
    ids = tuple(content_ids(TABLE, ROLES))
    other = TABLE.astype({"count": "float64", "vip": object, "seen": "datetime64[ms]"})
    for number, (frame, name) in enumerate(
        [(TABLE, "a.csv"), (TABLE, "b.parquet"), (other, "c.csv"), (other, "d.parquet")]
    ):
        path = written(frame, tmp_path / f"{number}{name}")
        assert read_ids(path, ROLES) == ids, name
        assert tuple(read(path, ROLES)[CONTENT]) == ids, name


def test_the_id_of_a_row_is_fixed_for_good():
    """A holdout that was drawn once must never be drawn again by another version."""
    frame = pandas.DataFrame({"a": [1.5, numpy.nan], "b": ["ü", None], "y": [0, 1]})
    assert content_ids(frame, ROLES).tolist() == ["row-d202cbc100abe97e2255bed0", "row-eb743ead1158e4226d27fbec"]


def test_equal_rows_have_one_id_whatever_their_label_and_weight_and_one_side():
    changed = TABLE.assign(y="no", w=3.0)
    assert content_ids(changed, ROLES).equals(content_ids(TABLE, ROLES))
    frame = pandas.concat([TABLE, changed], ignore_index=True).assign(**{CONTENT: lambda f: content_ids(f, ROLES)})
    sides = split(frame, ROLES, 0.33)
    assert len(set(sides.training[CONTENT]) | set(sides.holdout[CONTENT])) == ROWS - 1
    assert not set(sides.training[CONTENT]) & set(sides.holdout[CONTENT])
    assert 0.2 * ROWS < len(sides.holdout) / 2 < 0.45 * ROWS


@pytest.mark.parametrize(
    ("column", "value"),
    [("größe", 0.25), ("=cmd|x", "Köln "), ("count", 10), ("gap", None), ("vip", None), ("seen", pandas.Timestamp("2027-01-01")),
     ("big", 2**60 + 10), ("note", "other")],
)  # fmt: skip
def test_a_row_of_which_a_value_changes_is_a_new_row(column, value):
    frame = TABLE.astype({"vip": object})
    at = int(frame["gap"].notna().to_numpy().nonzero()[0][3])
    frame.loc[at, column] = value
    assert (content_ids(frame, ROLES) != content_ids(TABLE, ROLES)).to_numpy().nonzero()[0].tolist() == [at]


def test_neighbouring_whole_numbers_beyond_what_a_float_holds_are_two():
    frame = pandas.DataFrame({"a": [2**53, 2**53 + 1, -(2**60)], "y": 0})
    assert content_ids(frame, ROLES).nunique() == 3
    assert content_ids(frame.iloc[[0, 2]].astype({"a": float}), ROLES).equals(content_ids(frame.iloc[[0, 2]], ROLES))


def test_missing_is_one_thing_and_minus_zero_is_zero():
    cells = [None, numpy.nan, pandas.NaT, "", "x"]
    assert content_ids(pandas.DataFrame({"a": pandas.Series(cells, dtype=object), "y": 0}), ROLES).nunique() == 2
    assert content_ids(pandas.DataFrame({"a": [0.0, -0.0, numpy.inf, -numpy.inf], "y": 0}), ROLES).nunique() == 3


def test_a_table_of_nothing_but_a_target_has_no_rows_to_tell_apart():
    with pytest.raises(DataError, match="no column identifies a row, and beside the target there is none"):
        content_ids(pandas.DataFrame({"y": [1, 2], "w": [1, 1]}), ROLES)


def test_a_column_of_the_name_of_the_ids_is_refused(tmp_path):
    path = written(TABLE.assign(**{CONTENT: 1}), tmp_path / "t.csv")
    with pytest.raises(
        DataError, match=r"has a column '\(row content\)', which is what rows without a key are identified by"
    ):
        read(path, ROLES)


def test_the_target_and_the_weight_do_not_identify_a_row():
    assert content_columns(["b", "w", CONTENT, "y", "a"], ROLES) == ("a", "b")


def keyed(frame):
    return frame.assign(**{CONTENT: content_ids(frame, ROLES)})


def test_new_rows_and_changed_rows_are_counted_by_content():
    previous, batch = keyed(TABLE.iloc[:200]), keyed(TABLE)
    assert arrivals(batch, previous, ROLES).index.tolist() == list(range(200, ROWS))
    assert count_changed_rows(batch, previous, ROLES) == 0
    relabelled = keyed(TABLE.assign(y="no"))
    assert arrivals(relabelled, previous, ROLES).index.tolist() == list(range(200, ROWS))
    assert count_changed_rows(relabelled, previous, ROLES) == int((TABLE["y"].iloc[2:200] == "yes").sum())


@pytest.mark.parametrize(("rows", "grew"), [(200, False), (201, True)])
def test_growth_is_found_by_content(tmp_path, write_project, rows, grew):
    config = write_project(tmp_path, id="", target='"y"', weight='"w"')
    paths = [written(TABLE.iloc[:count], tmp_path / f"{at}.csv") for at, count in enumerate((rows, 200))]
    into = tmp_path / "into"
    into.mkdir()
    options = ["--config", config, "--batch", paths[0], "--previous", paths[1], "--into", into]
    assert compare_growth([str(option) for option in options]) == 0
    assert ('"grew": true' in (into / "growth.json").read_text(encoding="utf-8")) is grew


def test_rows_without_a_label_are_recognised_in_a_night():
    previous, arrived = keyed(TABLE.iloc[:200]), keyed(TABLE.drop(columns=["y", "w"]))
    require_same_columns(arrived, previous, ROLES)
    window = choose_newest(arrived, previous[CONTENT], ROLES, "all", datetime.now(UTC))
    assert len(window.frame) == 100


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda frame: frame.drop(columns="note"), "lack 'note'"),
        (lambda frame: frame.assign(new=1, more=2), "have 'more', 'new' besides"),
    ],
    ids=["a column less", "two columns more"],
)
def test_data_of_other_columns_have_no_rows_to_recognise(change, expected):
    with pytest.raises(DataError, match=f"the data {expected}: no row can be recognised"):
        require_same_columns(change(TABLE), TABLE, ROLES)
    require_same_columns(change(TABLE), TABLE, replace(ROLES, id="count"))


def test_labels_of_rows_that_repeat_are_compared_with_none():
    previous, batch = keyed(TABLE), keyed(TABLE.assign(y=["no", "yes"] * (ROWS // 2)))
    before = drop_repeated(previous, batch, ROLES)
    assert len(before) == ROWS - 2
    assert find_relabelled(batch, before, ROLES).count == ROWS - 2
    assert drop_repeated(previous, batch, replace(ROLES, id="count")) is previous
