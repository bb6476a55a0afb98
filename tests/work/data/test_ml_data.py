"""Data are read strictly, and what cannot be read is refused with a sentence that says why."""

from __future__ import annotations

import datetime
import decimal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pandas
import pyarrow
import pytest
from pyarrow import parquet

from gates.work.data import budget
from gates.work.data.new_rows import arrivals, count_changed_rows
from gates.work.data.reading import read, read_ids
from gates.work.errors import DataError
from gates.work.records import ColumnRoles

ROOT = Path(__file__).parents[3]
ROLES = ColumnRoles("id", "y", "classification")
HEADER = "id,a,y\n"
LINES = "".join(f"r{n},{n}.5,{n % 2}\n" for n in range(40))


def read_bytes(tmp_path, content, roles=ROLES):
    path = tmp_path / "data.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read(path, roles)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (HEADER, "has a header of 3 columns and no rows"),
        (b"%PDF-1.7\n", "is a PDF document"),
        (b"PK\x03\x04rest", "is a zip archive"),
        (b"\x1f\x8b\x08rest", "is a gzip archive"),
        (b"\x80\x04\x95pickle", "is a pickle, which is never read"),
        ((HEADER + LINES).encode("utf-16"), "is UTF-16 text"),
        ((HEADER + LINES).encode("utf-16-le"), "is UTF-16 or UTF-32 text without a mark"),
        ((HEADER + LINES).encode("utf-32"), "is UTF-32 text"),
        (HEADER + LINES + "x\0y,1,1\n", "holds a NUL byte at byte"),
        ("<!DOCTYPE html><html>", "is an HTML page"),
        ('{"id": 1}', "is JSON"),
        (HEADER + "r1,1.5,0\nr2,2.5\nr3,3.5,1\n", "line 3 of data.csv has 2 values, the header names 3 columns"),
        (HEADER + LINES + "r99,4", "has 2 values, the header names 3 columns, where the file ends: it was cut off"),
        (HEADER + "r1,1.5,0,7\n", "line 2 of data.csv has 4 values"),
        ((HEADER + LINES).replace(",", ";"), "is separated by semicolons, not by commas"),
        ((HEADER + LINES).replace(",", "\t"), "is separated by tabs"),
        ((HEADER + LINES).replace(",", "|"), "is separated by vertical bars"),
        ("id,a,a,y\nr1,1,2,0\n", "has 1 column names more than once: 'a'"),
        (",id,a,y\n0,r1,1,0\n", "has no name for column 1; a row index that pandas wrote"),
        ("id,a,z\nr1,1,0\n", "has no column 'y', which [tool.ml] names as target"),
        ("idd,a,y\nr1,1,0\n", "did you mean 'idd'?"),
        ((HEADER + "r1,\xe9,0\n").encode("latin-1"), "not UTF-8"),
        ("id,\xe9,y\nr1,1,0\n".encode("latin-1"), "not UTF-8"),
        ("id,y," + ",".join(f"c{n}" for n in range(10_099)) + "\n", "has 10,101 columns, at most 10,100 are read"),
        (HEADER + 'r1,"open,1\nr2,2,0\n', "data.csv"),
    ],
)
def test_what_is_not_a_table_is_refused(tmp_path, content, expected):
    with pytest.raises(DataError) as caught:
        read_bytes(tmp_path, content)
    assert expected in caught.value.message
    assert caught.value.remedy


def test_a_directory_is_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read(tmp_path, ROLES)


def test_ten_thousand_columns_are_read(tmp_path):
    names = [f"c{n}" for n in range(9998)]
    frame = read_bytes(tmp_path, "id,y," + ",".join(names) + "\n" + "r1,0" + ",1" * 9998 + "\n")
    assert frame.shape == (1, 10_000)


def test_types_are_kept(tmp_path):
    frame = read_bytes(tmp_path, "id,n,f,b,t,d,y\n007,1,1.5,true,red,2026-01-02,3\n008,2,,false,,2026-01-03,4\n")
    assert frame["id"].tolist() == ["007", "008"]
    assert [dtype.kind for dtype in frame.dtypes] == ["O", "i", "f", "b", "O", "M", "i"]
    assert frame["t"].tolist() == ["red", None]


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path):
    assert list(read_bytes(tmp_path, b"\xef\xbb\xbf" + (HEADER + LINES).encode()).columns) == ["id", "a", "y"]


def test_missing_values_are_null_however_spelled(tmp_path):
    frame = read_bytes(
        tmp_path,
        HEADER
        + "".join(
            f"r{n},{word},0\n" for n, word in enumerate(["", "NaN", "nan", "null", "NULL", "NA", "N/A", "#N/A", "None"])
        ),
    )
    assert frame["a"].isna().all()
    assert frame["a"].dtype == "float64"


def test_infinity_is_a_number_that_a_check_can_find(tmp_path):
    frame = read_bytes(tmp_path, HEADER + "r1,inf,0\nr2,-inf,1\nr3,1,1\n")
    assert frame["a"].tolist() == [float("inf"), float("-inf"), 1.0]


def test_text_in_a_numeric_column_leaves_it_as_text(tmp_path):
    frame = read_bytes(tmp_path, HEADER + "r1,1.5,0\nr2,oops,1\n")
    assert frame["a"].tolist() == ["1.5", "oops"]


def test_a_whole_target_with_gaps_stays_whole(tmp_path):
    assert read_bytes(tmp_path, HEADER + "r1,1,3\nr2,2,\n")["y"].tolist() == [3, None]


def test_names_that_look_like_formulas_or_are_not_english_are_names(tmp_path):
    frame = read_bytes(tmp_path, 'id,"=SUM(A1:A2)",größe,"a,b",数,y\nr1,1,2,3,4,0\n')
    assert list(frame.columns) == ["id", "=SUM(A1:A2)", "größe", "a,b", "数", "y"]


def test_a_quoted_value_may_hold_a_line_break(tmp_path):
    assert read_bytes(tmp_path, HEADER + 'r1,"two\nlines",0\n')["a"].tolist() == ["two\nlines"]


def test_parquet_is_read_whatever_it_is_called(tmp_path):
    table = pyarrow.table(
        {
            "id": pyarrow.array([1.0, 2.0, None]),
            "c": pyarrow.array(["a", "b", "a"]).dictionary_encode(),
            "m": pyarrow.array([decimal.Decimal("1.5"), None, decimal.Decimal("2")]),
            "d": pyarrow.array([datetime.date(2026, 1, 1)] * 3),
            "y": pyarrow.array([0, 1, 0], pyarrow.int8()),
        }
    )
    path = tmp_path / "blob"
    parquet.write_table(table, path)
    frame = read(path, ROLES)
    assert frame["id"].tolist() == ["1", "2", None]
    assert frame["c"].tolist() == ["a", "b", "a"]
    assert frame["m"].dtype == "float64"
    assert pandas.api.types.is_datetime64_any_dtype(frame["d"])
    assert read_ids(path, ROLES) == ("1", "2", None)


def test_an_index_that_pandas_wrote_moves_no_id_and_is_no_column(tmp_path):
    frame = pandas.DataFrame({"id": ["r1", "r2", "r3"], "a": [1.0, 2.0, 3.0], "y": [0, 1, 0]}).iloc[[2, 0, 1]]
    frame.to_parquet(tmp_path / "index.parquet")
    found = read(tmp_path / "index.parquet", ROLES)
    assert found["id"].tolist() == ["r3", "r1", "r2"]
    assert found["a"].tolist() == [3.0, 1.0, 2.0]
    assert list(found.columns) == ["id", "a", "y"]


def test_an_id_that_pandas_wrote_as_its_index_is_a_column(tmp_path):
    pandas.DataFrame({"a": [1.0], "y": [0]}, index=pandas.Index(["r1"], name="id")).to_parquet(tmp_path / "i.parquet")
    assert read(tmp_path / "i.parquet", ROLES)["id"].tolist() == ["r1"]


def test_id_and_target_may_be_absent_where_the_table_need_not_be_complete(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("id,a\n007,1\n")
    assert read(path, ROLES, complete=False)["id"].tolist() == ["007"]
    path.write_text("a\n1\n")
    assert list(read(path, ROLES, complete=False).columns) == ["a"]


def test_nested_parquet_is_refused(tmp_path):
    path = tmp_path / "nested.parquet"
    parquet.write_table(pyarrow.table({"id": [1], "y": [0], "v": [[1, 2]]}), path)
    with pytest.raises(DataError, match="holds lists or records in column 'v'"):
        read(path, ROLES)


def test_truncated_parquet_is_refused(tmp_path):
    path = tmp_path / "cut.parquet"
    parquet.write_table(pyarrow.table({"id": [1], "y": [0]}), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        read(path, ROLES)


def test_ids_alone_are_read_as_strictly(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(HEADER + "r1,1.5,0\nr2,2.5\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 3"):
        read_ids(path, ROLES)


def test_growth_tells_new_rows_from_changed_ones():
    before = pandas.DataFrame({"id": ["1", "2", "3"], "a": [1.0, None, 3.0], "y": [0, 1, 0]})
    now = pandas.DataFrame({"id": ["1", "2", "3", "4"], "a": [1.0, None, 9.0, 4.0], "y": [0, 1, 0, 1]})
    assert arrivals(now, before, ROLES)["id"].tolist() == ["4"]
    assert count_changed_rows(now, before, ROLES) == 1
    assert count_changed_rows(before, before, ROLES) == 0


def test_a_column_that_became_whole_or_got_text_is_compared_by_value():
    before = pandas.DataFrame({"id": ["1", "2"], "a": [1.0, 2.0], "b": ["x", None], "y": [0, 1]})
    now = pandas.DataFrame({"id": ["2", "1"], "a": [2, 1], "b": [None, "x"], "y": [1, 0], "new": [1, 2]})
    assert count_changed_rows(now, before, ROLES) == 0
    assert count_changed_rows(now.assign(b=["z", "x"]), before, ROLES) == 1
    assert count_changed_rows(now.assign(id=["8", "9"]), before, ROLES) == 0


def test_threads_that_come_and_go_may_read(tmp_path):
    """With pyarrow's own allocator the third pair of threads ended the process with a segmentation fault."""
    (tmp_path / "batch.csv").write_text("id,x,y\n" + "".join(f"a{i},{i}.5,{i % 2}\n" for i in range(100)))
    reader = """
        import sys
        from concurrent.futures import ThreadPoolExecutor
        from pathlib import Path
        from gates.work.data.reading import read_ids
        from gates.work.records import ColumnRoles

        roles = ColumnRoles("id", "y", "classification")
        for _ in range(20):
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda _: read_ids(Path(sys.argv[1]), roles), range(2)))
        """
    ended = subprocess.run([sys.executable, "-c", dedent(reader), str(tmp_path / "batch.csv")], cwd=ROOT, check=False)
    assert ended.returncode == 0


def small_files_of_large_tables(folder: Path) -> dict[str, Path]:
    """Parquet files of some kilobytes, and a CSV file, that hold far more than they seem to."""
    number, text = folder / "numbers.parquet", folder / "texts.parquet"
    ids = pyarrow.array([f"r{at}" for at in range(2_000)])
    parquet.write_table(pyarrow.table({"id": ids, "a": [1.0] * 2_000, "y": [0, 1] * 1_000}), number)
    parquet.write_table(pyarrow.table({"id": ids, "a": ["long " * 500] * 2_000, "y": [0, 1] * 1_000}), text)
    assert text.stat().st_size < 50_000
    (folder / "data.csv").write_text(HEADER + "".join(f"r{n},1,0\n" for n in range(2_000)))
    return {"numbers": number, "texts": text, "csv": folder / "data.csv"}


@pytest.mark.parametrize(
    ("which", "cells", "size", "expected"),
    [
        ("numbers", 5_999, 1 << 30, "holds 2,000 rows of 3 columns, 6,000 values; at most 5,999 are read"),
        ("csv", 5_999, 1 << 30, "holds 2,000 rows of 3 columns, 6,000 values; at most 5,999 are read"),
        ("texts", 6_000, 1_000_000, "bytes of memory; at most 1,000,000 are used"),
        ("csv", 6_000, 10_000, "bytes of memory; at most 10,000 are used"),
        ("numbers", 6_000, 1_000, "bytes of memory; at most 1,000 are used"),
    ],
)
def test_a_small_file_of_a_large_table_is_refused(which, cells, size, expected, tmp_path, monkeypatch):
    path = small_files_of_large_tables(tmp_path)[which]
    assert len(read(path, ROLES)) == 2_000
    monkeypatch.setattr(budget, "MOST_CELLS", cells)
    monkeypatch.setattr(budget, "MOST_BYTES", size)
    with pytest.raises(DataError, match=expected):
        read(path, ROLES)


def test_two_hundred_million_rows_in_a_megabyte_are_refused_by_the_footer(tmp_path):
    """The file of 1.3 MB that took 3.9 GiB, in small: the number of rows stands in the footer, and no page is read."""
    path = tmp_path / "rows.parquet"
    schema = pyarrow.schema(
        [("id", pyarrow.string()), *((f"c{at}", pyarrow.null()) for at in range(599)), ("y", pyarrow.int8())]
    )
    with parquet.ParquetWriter(path, schema) as writer:
        columns = [pyarrow.nulls(1_000_000, field.type) for field in schema]
        writer.write_table(pyarrow.table(columns, schema=schema))
    assert path.stat().st_size < 1_200_000
    with pytest.raises(
        DataError, match="holds 1,000,000 rows of 601 columns, 601,000,000 values; at most 500,000,000 are read"
    ):
        read(path, ROLES)


@pytest.mark.parametrize("word", ["NA", "None", "null", "nan", "N/A"])
def test_how_missing_is_spelt_is_one_rule_that_the_roles_may_change(tmp_path, word):
    path = tmp_path / "d.csv"
    path.write_text(f"id,y\n1,{word}\n2,b\n3,\n4,c\n", encoding="utf-8")
    assert read(path, ROLES)["y"].tolist() == [None, "b", None, "c"]
    assert read(path, replace(ROLES, missing=("",)))["y"].tolist() == [word, "b", None, "c"]
    assert read(path, replace(ROLES, missing=("", "b")))["y"].tolist() == [word, None, None, "c"]


def test_a_group_is_read_as_text_in_every_format(tmp_path):
    roles = replace(ROLES, group="p")
    csv, parquet = tmp_path / "d.csv", tmp_path / "d.parquet"
    csv.write_text("id,p,y\n1,007,a\n2,7,b\n", encoding="utf-8")
    pandas.DataFrame({"id": [1, 2], "p": [7.0, 8.0], "y": ["a", "b"]}).to_parquet(parquet)
    assert read(csv, roles)["p"].tolist() == ["007", "7"]
    assert read(parquet, roles)["p"].tolist() == ["7", "8"]


@pytest.mark.parametrize(
    ("role", "key"), [({"group": "p"}, "group"), ({"weight": "w"}, "weight"), ({"time": "t", "split": "time"}, "time")]
)
def test_a_column_that_a_role_names_has_to_be_there(tmp_path, role, key):
    path = tmp_path / "d.csv"
    path.write_text("id,y\n1,a\n2,b\n", encoding="utf-8")
    with pytest.raises(DataError, match=rf"has no column '.', which \[tool.ml\] names as {key}"):
        read(path, replace(ROLES, **role))
    assert len(read(path, replace(ROLES, **role), complete=False)) == 2
