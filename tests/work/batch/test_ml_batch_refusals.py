"""Batch scoring refuses a row as the endpoint refuses it, and names every row that it refuses."""

import pytest
from batch_files import endpoint, read

from gates.work.batch import reading
from gates.work.batch.scoring import score
from gates.work.errors import DataError

BAD = [
    ("tall,1,true,clay", {"height": "tall", "width": 1.0, "wild": True, "soil": "clay"}),
    (",1,true,clay", {"height": None, "width": 1.0, "wild": True, "soil": "clay"}),
    ("inf,1,true,clay", {"height": "inf", "width": 1.0, "wild": True, "soil": "clay"}),
    ("1e39,1,true,clay", {"height": 1e39, "width": 1.0, "wild": True, "soil": "clay"}),
    ("1_000,1,true,clay", {"height": "1_000", "width": 1.0, "wild": True, "soil": "clay"}),
    ("0x10,1,true,clay", {"height": "0x10", "width": 1.0, "wild": True, "soil": "clay"}),
    ("1,1,2,clay", {"height": 1.0, "width": 1.0, "wild": 2.0, "soil": "clay"}),
    ("1,1,maybe,clay", {"height": 1.0, "width": 1.0, "wild": "maybe", "soil": "clay"}),
    ("1,1,,clay", {"height": 1.0, "width": 1.0, "wild": None, "soil": "clay"}),
    ("1,1,true,", {"height": 1.0, "width": 1.0, "wild": True, "soil": None}),
    ("true,1,true,clay", {"height": True, "width": 1.0, "wild": True, "soil": "clay"}),
]


@pytest.mark.parametrize(("row", "record"), BAD, ids=[row for row, _ in BAD])
def test_a_row_is_refused_as_the_endpoint_refuses_it_by_its_number(model, write, tmp_path, row, record):
    said = endpoint(model, record)
    assert "of row 0" in said, "the endpoint itself refuses this"
    with pytest.raises(DataError) as caught:
        score(model, write("a,0.5,1,true,clay", f"b,{row}"), tmp_path / "out.csv")
    message = caught.value.message
    assert "1 of 2 rows of in.csv are refused" in message
    assert said.replace("row 0", "row 2").partition(" is ")[0] in message
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"], "nothing is left behind"


GOOD = [
    "0.5,1,true,clay",
    " 0.5 ,1,1,sand",
    "5e-1,+1,0,loam",
    "0.5,NaN,false,clay",
    "-.5,,True,clay",
    "1.,2,FALSE,peat",
]


@pytest.mark.parametrize("row", GOOD)
def test_a_row_that_the_endpoint_takes_is_answered(model, write, tmp_path, row):
    assert score(model, write(f"a,{row}"), tmp_path / "out.csv").rows == 1


def test_refused_rows_can_be_put_aside(model, write, tmp_path):
    data = write("a,0.5,1,true,clay", "b,tall,1,true,clay", "c,0.5,1,true,clay", "d,,1,true,clay")
    done = score(model, data, tmp_path / "out.csv", rejects=tmp_path / "rejects.csv")
    assert (done.rows, done.refused) == (2, 2)
    assert [row[:2] for row in read(tmp_path / "out.csv")[1:]] == [["1", "a"], ["3", "c"]]
    rejects = read(tmp_path / "rejects.csv")
    assert [row[0] for row in rejects] == ["row", "2", "4"]
    assert "is the text 'tall'" in rejects[1][1]


def test_where_every_row_is_refused_nothing_is_written(model, write, tmp_path):
    with pytest.raises(DataError, match="2 of 2 rows"):
        score(
            model, write("a,x,1,true,clay", "b,x,1,true,clay"), tmp_path / "out.csv", rejects=tmp_path / "rejects.csv"
        )
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_many_refused_rows_are_counted_and_the_first_are_told(model, write, tmp_path):
    with pytest.raises(DataError, match=r"25 of 25 rows .*row 1 .*row 10 .*; and 15 more"):
        score(model, write(*["a,x,1,true,clay"] * 25), tmp_path / "out.csv")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"plant,height,width,wild,soil\n", "has a header and no rows"),
        (b"plant,height,width,wild\na,1,1,true\n", "lacks 1 of the 4 columns that the model needs: soil"),
        (b"plant,height,height,wild,soil\na,1,1,true,clay\n", "more than once"),
        (b"plant,height,width,wild,soil\na,1,1,true,clay\nb,1,1\n", "row 2 of in.csv has 3 columns, wanted 5"),
        (b"plant,height,width,wild,soil\na,1,1,true,cl\xffay\n", "not UTF-8"),
        (b"", "is empty"),
        (b"PAR1 and then nothing", "is damaged"),
        (b"\x80\x04model", "a pickle, which is never read"),
    ],
)
def test_what_is_no_sound_table_is_refused(model, tmp_path, content, expected):
    (tmp_path / "in.csv").write_bytes(content)
    with pytest.raises(DataError, match=expected):
        score(model, tmp_path / "in.csv", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_a_ragged_row_far_down_is_named_by_its_number(model, write, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "BLOCK", 600)
    data = write(*["a,0.5,1,true,clay"] * 500, "b,1")
    with pytest.raises(DataError, match=r"row 501 of in\.csv has 2 columns"):
        score(model, data, tmp_path / "out.csv")


def test_a_file_that_changes_meanwhile_is_refused(model, write, tmp_path):
    data = write(*["a,0.5,1,true,clay"] * 3)

    def spoil(count):
        data.write_text(data.read_text() + "b,0.5,1,true,clay\n")

    with pytest.raises(DataError, match="changed while it was"):
        score(model, data, tmp_path / "out.csv", tell=spoil)
    assert not (tmp_path / "out.csv").exists()
