"""A damaged file is refused before anything is trained, with the column and the count named."""

import csv
from pathlib import Path

import pytest
from command_line import champion_of


def write(rows, path, *, delimiter=","):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def column(rows, name):
    return rows[0].index(name)


def without_column(rows, path):
    at = column(rows, "17")
    return write([row[:at] + row[at + 1 :] for row in rows], path)


def renamed_column(rows, path):
    rows[0][column(rows, "17")] = "=cmd|x"
    return write(rows, path)


def cells(rows, name, value, every=1):
    at = column(rows, name)
    for row in rows[1::every]:
        row[at] = value
    return rows


def one_cell(rows, name, change):
    at = column(rows, name)
    row = max(rows[1:], key=lambda row: abs(float(row[at])))
    row[at] = change(row[at])
    return rows


def truncated(rows, path):
    write(rows, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * 0.8)])
    return path


def repeated_rows(rows, path):
    return write([*rows, *([f"new{i}", *row[1:]] for i, row in enumerate(rows[1:31]))], path)


DAMAGES = {
    "a column missing": (without_column, ["'17'"]),
    "a column renamed": (renamed_column, ["'17'", "=cmd|x"]),
    "20 % of a column null": (lambda rows, path: write(cells(rows, "17", "", 5), path), ["'17'", "200"]),
    "all of a column null": (lambda rows, path: write(cells(rows, "17", ""), path), ["'17'", "1,000"]),
    "text in a numeric column": (lambda rows, path: write(one_cell(rows, "17", lambda _: "many"), path), ["'17'"]),
    "one value x1000": (
        lambda rows, path: write(one_cell(rows, "17", lambda v: str(float(v) * 1000)), path),
        ["'17'", "1 "],
    ),
    "NaN": (lambda rows, path: write(one_cell(rows, "17", lambda _: "NaN"), path), ["'17'", "1 "]),
    "inf": (lambda rows, path: write(one_cell(rows, "17", lambda _: "inf"), path), ["'17'", "1 "]),
    "duplicate ids": (lambda rows, path: write([*rows[:-1], [rows[1][0], *rows[-1][1:]]], path), ["cord_uid", "1 row"]),
    "duplicate rows": (repeated_rows, ["30"]),
    "an unknown class": (lambda rows, path: write(one_cell(rows, "cluster", lambda _: "42"), path), ["cluster", "42"]),
    "target all one class": (lambda rows, path: write(cells(rows, "cluster", "8"), path), ["cluster"]),
    "header only": (lambda rows, path: write(rows[:1], path), ["no rows"]),
    "an empty file": (lambda rows, path: (path.write_bytes(b""), path)[1], ["empty"]),
    "a directory": (lambda rows, path: (path.mkdir(), path)[1], ["directory"]),
    "a PDF": (lambda rows, path: (path.write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"), path)[1], ["PDF"]),
    "truncated in mid-line": (truncated, ["line", "cut off"]),
    "the wrong delimiter": (lambda rows, path: write(rows, path, delimiter=";"), ["semicolons"]),
    "UTF-16": (
        lambda rows, path: (path.write_text(write(rows, path).read_text(), encoding="utf-16"), path)[1],
        ["UTF-16"],
    ),
    "1 row": (lambda rows, path: write(rows[:2], path), ["1"]),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused_before_training(damage, gates, home, papers, tmp_path):
    make, words = DAMAGES[damage]
    with papers.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    damaged: Path = make(rows, tmp_path / "damaged.csv")

    told = gates("run", "--data", str(damaged))

    assert told.code in (1, 2, 3), told.out
    assert not [stage for stage in told.document.get("timings", []) if stage["stage"] == "train"]
    said = " ".join(reason["text"] for reason in told.document["reasons"]) if told.document else told.err
    for word in words:
        assert word in said, said
    assert "Traceback" not in told.err
    assert champion_of(home) == 1
