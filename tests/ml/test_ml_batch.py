"""Batch scoring answers as the endpoint does, names every row that it refuses, and leaves a whole file or none."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas
import pytest

from ml.artifact import load
from ml.batch import reading
from ml.batch.__main__ import main
from ml.batch.models import open_model
from ml.batch.output import replacing
from ml.batch.scoring import score
from ml.errors import ArtifactError, DataError
from ml.records import Identity
from ml.serving import BadRequest, Scorer, write_identity

ROOT = Path(__file__).parents[2]
HEADER = "plant,height,width,wild,soil"


@pytest.fixture(scope="session")
def model(mixed):
    return load(mixed.model, mixed.digest)


@pytest.fixture
def write(tmp_path):
    def run(*rows, header=HEADER, name="in.csv"):
        path = tmp_path / name
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return path

    return run


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def endpoint(model, record):
    """What the endpoint answers to one record: its prediction, or its refusal."""
    try:
        return Scorer(model, Identity("plants", 1, model.digest), 1).answer([record])["result"][0]
    except BadRequest as refusal:
        return str(refusal)


# --- answers


def test_every_row_gets_the_answer_of_the_endpoint(model, mixed, tmp_path):
    out = tmp_path / "out.csv"
    done = score(model, mixed.batch, out)
    header, *rows = read(out)
    assert header == ["row", "plant", "prediction"]
    given = pandas.read_csv(mixed.batch, dtype={"plant": str})
    assert done.rows == len(rows) == len(given)
    for (row, plant, prediction), (place, record) in zip(rows, given.iterrows(), strict=True):
        values = {
            "height": record.height,
            "width": None if pandas.isna(record.width) else record.width,
            "wild": bool(record.wild),
            "soil": record.soil,
        }
        assert (int(row), plant, prediction) == (place + 1, record.plant, endpoint(model, values))


def test_probabilities_are_those_of_the_model(model, mixed, tmp_path):
    out = tmp_path / "out.parquet"
    score(model, mixed.batch, out, probabilities=True)
    found = pandas.read_parquet(out)
    assert list(found.columns) == ["row", "plant", "prediction", "probability_fern", "probability_moss"]
    shares = found[["probability_fern", "probability_moss"]]
    assert (abs(shares.sum(axis=1) - 1) < 1e-9).all()
    assert list(shares.idxmax(axis=1).str.removeprefix("probability_")) == list(found["prediction"])


def test_csv_and_parquet_give_the_same(model, mixed, tmp_path):
    frame = pandas.read_csv(mixed.batch, dtype={"plant": str})
    frame.to_parquet(tmp_path / "in.parquet")
    score(model, mixed.batch, tmp_path / "a.csv")
    score(model, tmp_path / "in.parquet", tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_the_size_of_the_pieces_makes_no_difference(model, mixed, tmp_path, monkeypatch):
    score(model, mixed.batch, tmp_path / "whole.csv")
    monkeypatch.setattr(reading, "BLOCK", 600)
    assert sum(1 for _ in reading.chunks_of(mixed.batch, model.signature)) > 10
    score(model, mixed.batch, tmp_path / "pieces.csv")
    assert (tmp_path / "pieces.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_other_columns_and_their_order_make_no_difference(model, write, tmp_path):
    score(model, write("a,0.5,1,true,clay"), tmp_path / "a.csv")
    score(
        model,
        write("x,clay,true,1,0.5,a", header="other,soil,wild,width,height,plant", name="b.in"),
        tmp_path / "b.csv",
    )
    assert read(tmp_path / "a.csv") == read(tmp_path / "b.csv")


def test_rows_without_an_id_are_known_by_their_number(model, write, tmp_path):
    score(model, write("0.5,1,true,clay", header="height,width,wild,soil"), tmp_path / "out.csv")
    assert read(tmp_path / "out.csv")[1][:2] == ["1", ""]


def test_an_account_names_model_data_and_output(model, mixed, digest_of, tmp_path):
    done = score(model, mixed.batch, tmp_path / "out.csv")
    account = json.loads((tmp_path / "out.csv.json").read_text())
    assert account["digest"] == mixed.digest
    assert account["data"] == digest_of(mixed.batch)
    assert account["output"] == digest_of(tmp_path / "out.csv") == done.output
    assert (account["rows"], account["refused"]) == (240, 0)


# --- refusals


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


# --- the output


FORMULAS = ['=cmd|" /C calc"!A0', "@SUM(A1)", "+1+1", "-2+3", "\tx", "=1"]


def test_a_text_that_would_run_as_a_formula_is_defused_in_csv(model, tmp_path):
    ids = [*FORMULAS, "-5", "+1.5e3", "a=b", "-"]
    frame = pandas.DataFrame({"plant": ids, "height": 0.5, "width": 1.0, "wild": True, "soil": "clay"})
    frame.to_parquet(tmp_path / "in.parquet")
    done = score(model, tmp_path / "in.parquet", tmp_path / "out.csv")
    assert [row[1] for row in read(tmp_path / "out.csv")[1:]] == [f"'{text}" for text in FORMULAS] + [*ids[6:9], "'-"]
    assert done.defused == 7
    score(model, tmp_path / "in.parquet", tmp_path / "out.parquet")
    assert list(pandas.read_parquet(tmp_path / "out.parquet")["plant"]) == ids


def test_an_output_that_is_there_is_kept(model, write, tmp_path):
    data, out = write("a,0.5,1,true,clay"), tmp_path / "out.csv"
    out.write_text("mine")
    with pytest.raises(DataError, match="is there already"):
        score(model, data, out)
    assert out.read_text() == "mine"
    score(model, data, out, replace=True)
    assert out.read_text() != "mine"


def test_an_output_is_kept_when_replacing_it_fails(model, write, tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("mine")
    with pytest.raises(DataError):
        score(model, write("a,x,1,true,clay"), out, replace=True)
    assert out.read_text() == "mine"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("out.txt", "ends neither with"),
        ("in.csv", "not three different files"),
        ("no/out.csv", "cannot be written"),
        ("link.csv", "not a regular file"),
    ],
)
def test_an_output_that_makes_no_sense_is_refused(model, write, tmp_path, output, expected):
    (tmp_path / "link.csv").symlink_to(tmp_path / "elsewhere.csv")
    with pytest.raises(DataError, match=expected):
        score(model, write("a,0.5,1,true,clay"), tmp_path / output, replace=True)


def test_two_runs_cannot_write_to_one_place(tmp_path):
    with replacing(tmp_path / "out.csv", ["a"], replace=False), pytest.raises(DataError, match="right now"):  # noqa: SIM117
        with replacing(tmp_path / "out.csv", ["a"], replace=False):
            pass


def test_a_disk_that_is_full_leaves_nothing(model, write, tmp_path):
    def full(count):
        raise OSError(28, "No space left on device")

    with pytest.raises(DataError, match="No space left on device"):
        score(model, write("a,0.5,1,true,clay"), tmp_path / "out.csv", tell=full)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


# --- models


def test_a_model_is_found_as_a_file_and_as_a_folder(mixed, tmp_path):
    assert open_model(str(mixed.model), tmp_path).digest == mixed.digest
    folder = tmp_path / "deployment"
    folder.mkdir()
    (folder / "model.skops").write_bytes(mixed.model.read_bytes())
    write_identity(folder, mixed.identity, max_rows=1)
    assert open_model(str(folder), tmp_path).digest == mixed.digest


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ("nowhere.skops", "cannot be read"),
        ("plants@7", "is not in the ledger of .*holds no registry"),
        ("data.pkl", "pickle"),
    ],
)
def test_a_model_that_is_not_there_or_is_none_is_told(tmp_path, monkeypatch, which, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.pkl").write_bytes(b"\x80\x04model")
    with pytest.raises(ArtifactError, match=expected):
        open_model(which, tmp_path / "home")


def test_a_model_with_another_digest_is_refused(mixed, tmp_path):
    with pytest.raises(ArtifactError, match="does not hold the model that was meant"):
        open_model(str(mixed.model), tmp_path, digest="sha256:" + "0" * 64)


# --- the command


def command(*options):
    return [sys.executable, "-m", "ml.batch", *map(str, options)]


def test_the_command_scores_and_says_so(mixed, tmp_path, capsys):
    options = ["--model", str(mixed.model), "--data", str(mixed.batch), "--out", str(tmp_path / "out.csv")]
    assert main(options) == 0
    assert f"240 rows scored with plants {mixed.digest[7:19]}" in capsys.readouterr().out
    assert main(options) == 3
    assert "is there already" in capsys.readouterr().err


def test_a_killed_run_leaves_no_output_and_the_next_one_cleans_up(numeric, sample_text, tmp_path):
    header, *rows = sample_text.splitlines()
    data, out = tmp_path / "in.csv", tmp_path / "out.csv"
    with data.open("w") as file:
        file.write("\n".join([header, *rows * 12]) + "\n")
    options = ["--model", numeric.model, "--data", data, "--out", out]
    with subprocess.Popen(command(*options), cwd=ROOT, stdout=subprocess.PIPE) as process:
        part, deadline = tmp_path / ".out.csv.part", time.monotonic() + 60
        while not (part.exists() and part.stat().st_size > 10_000):
            assert time.monotonic() < deadline
            assert process.poll() is None, "it ended before it could be killed"
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
    assert not out.exists()
    assert part.exists()
    done = subprocess.run(command(*options), cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv", "out.csv.json"]
    assert len(read(out)) == 12 * len(rows) + 1


def test_memory_does_not_grow_with_the_file(numeric, sample_text, tmp_path):
    """Eight times the rows, and at most 60 MiB more at the peak (the file itself grows by some 90 MiB)."""
    header, *rows = sample_text.splitlines()
    peaks = []
    for times in (10, 80):
        data = tmp_path / f"{times}.csv"
        with data.open("w") as file:
            file.write(header + "\n")
            for _ in range(times):
                file.write("\n".join(rows) + "\n")
        options = ["--model", str(numeric.model), "--data", str(data), "--out", str(tmp_path / f"{times}-out.csv")]
        code = f"import resource; from ml.batch.__main__ import main; assert main({options!r}) == 0"
        code += "; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        peaks.append(int(done.stdout.splitlines()[-1]) / 1024)
    assert peaks[1] - peaks[0] < 60, peaks
