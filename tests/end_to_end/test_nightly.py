"""A year of nights in one hour: the command as cron calls it, with the real checks on the real pipeline."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import ROOT, call, champion_of, heed_interrupts, write_rows


@pytest.fixture(scope="module")
def watched_home(grown_home, tmp_path_factory):
    """A champion that learned from the first 700 papers. The tests of this module add their nights to it, in their order."""
    return Path(shutil.copytree(grown_home, tmp_path_factory.mktemp("nights") / "home", symlinks=True))


def test_new_rows_like_the_old_ones_need_no_labels_and_are_calm(shuffled, watched_home, tmp_path):
    data = write_rows([row[:-1] for row in (shuffled[0], *shuffled[701:])], tmp_path / "unlabelled.csv")
    told = call("nightly", "--data", data, "--window", "290", home=watched_home)
    assert (told.code, told.document["ending"]) == (0, "no alarm"), told.out
    assert (told.document["night"]["rows"], told.document["night"]["window"]) == (290, "290 rows")
    assert len(told.document["night"]["effects"]) >= 128
    assert "nights    1 kept" in call("status", home=watched_home).out

    again = call("nightly", "--data", data, "--window", "290 rows", home=watched_home)
    assert again.code == 0
    assert "which is not counted again" in again.out


def test_a_shift_alarms_by_name_and_causes_a_retraining(shuffled, watched_home, tmp_path):
    place = shuffled[0].index("17")
    moved = [[*row[:place], f"{float(row[place]) + 2.0:.6f}", *row[place + 1 :]] for row in shuffled[701:]]
    data = write_rows([*shuffled[:701], *moved], tmp_path / "moved.csv")
    told = call("nightly", "--data", data, "--retrain", home=watched_home)
    night = told.document["night"]
    assert night["state"] == "alarm", told.out
    assert night["worst"][0]["column"].startswith("17")
    assert told.document["onset"]["sentence"] in told.out
    caused = call("show", night["retraining"], "--json", home=watched_home)
    assert f'"cause": "the drift alarm of the night {night["id"]}"' in caused.out
    assert f"retraining for the drift alarm of the night {night['id']}" in caused.out, (
        "the acknowledgement of the drift"
    )
    assert (told.code, champion_of(watched_home)) in ((0, 2), (1, 1)), told.out
    assert call("verify", home=watched_home).code == 0


def nights_kept(home):
    return [line for line in call("status", home=home).out.splitlines() if line.startswith("nights")]


def test_ctrl_c_stops_the_checks_and_leaves_no_night(shuffled, watched_home, tmp_path):
    before = nights_kept(watched_home)
    data = write_rows([*shuffled[:701], *shuffled[720:]], tmp_path / "other.csv")
    command = [sys.executable, "-m", "gates", "nightly", "--data", data, "--home", str(watched_home)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
        start_new_session=True, preexec_fn=heed_interrupts,
    )  # fmt: skip
    assert process.stdout is not None
    assert any(line.startswith("nightly gate ...") for line in process.stdout)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in said
    assert nights_kept(watched_home) == before
    assert not list((watched_home / "scratch").iterdir())


def test_data_that_cannot_be_read_are_told_and_kept_as_not_judged(watched_home, tmp_path):
    told = call("nightly", "--data", str(tmp_path / "gone.csv"), home=watched_home)
    assert told.code == 3
    assert "gone.csv cannot be read" in told.err
    assert "unjudged" in call("status", home=watched_home).out


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--window", "soon"), 2, "--window 'soon' is no window"),
        (("--policy", "no_such.toml"), 2, "no_such.toml does not exist"),
        (("--data", "x.csv"), 3, "has no champion to watch"),
    ],
)
def test_a_wrong_word_gets_a_sentence(words, code, sentence, tmp_path):
    told = call("nightly", *words, home=tmp_path / "home")
    assert told.code == code
    assert sentence in told.err
    assert "Traceback" not in told.err
