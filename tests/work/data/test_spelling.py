"""A column of a text file is read as what it holds, the same whoever reads it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pandas as pd
import pytest

from gates.work.data.reading import read
from gates.work.data.spelling import holds_leading_zeros
from gates.work.errors import DataError
from gates.work.records import ColumnRoles, Spelling

ROLES = ColumnRoles("id", "y", "classification")


def column(tmp_path, values, roles=ROLES, notes=None, name="v"):
    frame = pd.DataFrame(
        {"id": range(len(values)), name: values, "y": [0, 1] * (len(values) // 2) + [0] * (len(values) % 2)}
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    return read(tmp_path / "t.csv", roles, notes=notes)[name]


def spelt(**how):
    return replace(ROLES, spelling=Spelling(**how))


def test_codes_with_leading_zeros_are_texts(tmp_path):
    assert column(tmp_path, ["0012", "12", "1200"]).tolist() == ["0012", "12", "1200"]
    assert column(tmp_path, ["12", "1200", "0.5", "0"]).tolist() == [12, 1200, 0.5, 0]


def test_a_column_that_is_declared_a_number_has_no_codes(tmp_path):
    assert column(tmp_path, ["0012", "12"], spelt(types=(("v", "number"),))).tolist() == [12, 12]
    strange = column(tmp_path, ["0012", "?"], spelt(types=(("v", "number"),)))
    assert strange.tolist() == ["12", "?"]


def test_numbers_that_are_declared_texts_stay_as_they_are_spelt(tmp_path):
    assert column(tmp_path, ["1.50", "12"], spelt(types=(("v", "text"),))).tolist() == ["1.50", "12"]


def test_a_weight_and_the_target_of_a_regression_are_numbers(tmp_path):
    assert column(tmp_path, ["0012", "12"], replace(ROLES, weight="v")).tolist() == [12, 12]
    assert column(tmp_path, ["0012", "12"], ColumnRoles("id", "v", "regression")).tolist() == [12, 12]


def test_commas_between_thousands_are_read_and_said(tmp_path):
    notes: list[str] = []
    assert column(tmp_path, ["1,234.50", "950.00", "12,000,000"], notes=notes).tolist() == [1234.5, 950, 12_000_000]
    assert notes == [
        "column 'v' holds numbers with commas between thousands and is read as numbers;"
        ' types = { v = "text" } in [tool.ml] changes it'
    ]


@pytest.mark.parametrize("values", [["1,234", "0,5"], ["1,234", "many", "few"], ["1,234", "0012"], ["12,34", "1"]])
def test_commas_that_may_be_something_else_are_left_alone(tmp_path, values):
    notes: list[str] = []
    assert column(tmp_path, values, notes=notes).tolist() == values
    assert notes == []


def test_decimal_and_thousands_are_declared(tmp_path):
    how = spelt(decimal=",", thousands=".")
    assert column(tmp_path, ["1.234,50", "0,5", "7"], how).tolist() == [1234.5, 0.5, 7]
    assert column(tmp_path, ["one", "1.234,50", "two"], how).tolist() == ["one", "1.234,50", "two"]


def test_a_date_format_is_declared(tmp_path):
    how = spelt(date_format="%d.%m.%Y")
    assert column(tmp_path, ["31.01.2026", "01.02.2026"], how).tolist() == [
        pd.Timestamp(datetime(2026, 1, 31)),
        pd.Timestamp(datetime(2026, 2, 1)),
    ]
    mostly = column(tmp_path, ["31.01.2026"] * 30 + ["soon"], how)
    assert mostly.iloc[0] == "2026-01-31T00:00:00"
    assert mostly.iloc[-1] == "soon"


def test_a_declared_date_that_is_none_is_refused_by_its_value(tmp_path):
    how = spelt(types=(("v", "date"),), date_format="%Y%m%d")
    assert column(tmp_path, ["20260131", "20260201"], how).tolist()[0] == pd.Timestamp(2026, 1, 31)
    with pytest.raises(DataError, match="holds 1 values that are no dates of the form %Y%m%d, like '20261301'"):
        column(tmp_path, ["20260131", "20261301"], how)


def test_parquet_follows_the_declared_types(tmp_path):
    pd.DataFrame({"id": [1, 2], "v": [12.0, 7.0], "n": ["1.5", "2"], "y": [0, 1]}).to_parquet(tmp_path / "t.parquet")
    read_as = read(tmp_path / "t.parquet", spelt(types=(("v", "text"), ("n", "number"))))
    assert read_as["v"].tolist() == ["12", "7"]
    assert read_as["n"].tolist() == [1.5, 2.0]


@pytest.mark.parametrize(("content", "holds"), [(b"a,b\n1,0.5\n", False), (b"a,b\n1,05\n", True), (b'a\n"01"\n', True)])
def test_leading_zeros_are_seen_in_the_bytes(content, holds):
    assert holds_leading_zeros(content) is holds


def test_leading_zeros_are_seen_where_two_pieces_meet(monkeypatch):
    content = b"a,b\n" + b"1,25\n" * 5 + b"1,07\n"
    for size in range(1, len(content) + 1):
        monkeypatch.setattr("gates.work.data.spelling._CHUNK", size)
        assert holds_leading_zeros(content)
