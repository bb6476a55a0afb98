"""Batch scoring leaves a whole file or none, and takes no more memory for a larger one."""

import os
import signal
import subprocess
import sys
import time

import pandas
import pytest
from batch_files import command, read
from command_line import ROOT

from gates.work.batch.output import replacing
from gates.work.batch.scoring import score
from gates.work.errors import DataError

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
        code = f"import resource; from gates.work.batch.__main__ import main; assert main({options!r}) == 0"
        code += "; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        peaks.append(int(done.stdout.splitlines()[-1]) / 1024)
    assert peaks[1] - peaks[0] < 60, peaks
