"""What a program did to a CSV file is said in a sentence of its own, with the line."""

from __future__ import annotations

import pytest

from gates.work.data.csv_faults import refuse_other_encoding
from gates.work.data.reading import read
from gates.work.errors import DataError

ROWS = "id,town,x\nk1,Zürich,1\nk2,Bern,2\n"


def reading(tmp_path, content):
    (tmp_path / "t.csv").write_bytes(content)
    return read(tmp_path / "t.csv", name="t.csv")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (("sep=,\n" + ROWS).encode(), "line 1 of t.csv is 'sep=,', a hint for Excel and not the header"),
        (("\ufeffsep=;\r\n" + ROWS).encode(), "line 1 of t.csv is 'sep=;', a hint for Excel"),
        (ROWS.replace("\n", "\r").encode(), "the lines of t.csv end with CR alone"),
        (
            ("# exported, 2024\n" + ROWS).encode(),
            "begins with '#' and has 2 values where line 2 has 3: it is a comment",
        ),
        (ROWS.replace("\n", ",\n").encode(), "each line of t.csv ends with a comma"),
        (
            ROWS.replace("\n", ",\n").replace("x,", "x", 1).encode(),
            "line 2 of t.csv has 4 values, .*: it ends with a comma",
        ),
        (ROWS.encode("latin-1"), "line 2, column 'town' holds the byte 0xfc, in Latin-1 'Zürich'"),
        (ROWS.replace("town", "tówn").encode("latin-1"), "line 1 holds the byte 0xf3, in Latin-1 'tówn'"),
        (ROWS.encode() + b"k3,Br\xfccke,3,4\n", "line 4, column 'town' holds the byte 0xfc"),
    ],
    ids=["hint", "hint after a mark", "CR", "comment", "commas", "commas in rows", "encoding", "header", "two faults"],
)
def test_a_file_as_a_program_exports_it_gets_a_sentence(tmp_path, content, sentence):
    with pytest.raises(DataError, match=sentence):
        reading(tmp_path, content)


@pytest.mark.parametrize("end", ["   \n", "\n\n", " \t\r\n", "   "])
def test_blank_lines_at_the_end_are_no_rows(tmp_path, end):
    assert len(reading(tmp_path, (ROWS + end).encode())) == 2


def test_a_blank_value_of_the_only_column_is_a_row(tmp_path):
    assert reading(tmp_path, b'v\na\n" "\n')["v"].tolist() == ["a", " "]


def test_a_name_may_begin_with_the_sign_of_a_comment(tmp_path):
    assert list(reading(tmp_path, b"#,a\n1,2\n").columns) == ["#", "a"]


@pytest.mark.parametrize("at", range(6))
def test_the_line_is_right_wherever_two_pieces_meet(monkeypatch, at):
    monkeypatch.setattr("gates.work.data.csv_faults._BLOCK", 3)
    content = b"a,b\n" + "é,ü\n".encode() * at + b"x,\xfc\n"
    with pytest.raises(DataError, match=f"line {at + 2}, column 'b' holds the byte 0xfc, in Latin-1 'ü'"):
        refuse_other_encoding(content, "t.csv")
    refuse_other_encoding(content.replace(b"\xfc", b"c"), "t.csv")
