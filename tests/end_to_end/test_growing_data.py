"""Data grow. New rows that look like the old ones are welcome; rows that do not are refused, unless a person says why."""

import shutil
from pathlib import Path

import pytest
from command_line import call, champion_of, write_rows

DRIFT = ("gates:data/test_batch_drift.py::test_new_rows_look_like_those_the_champion_learned_from", "drift")


def evidence(told, check_id, id):
    checks = [check for gate in told.document["gates"] for check in gate["checks"] if check["id"] == check_id]
    return next((found, check) for check in checks for found in check["evidence"] if found["id"] == id)


@pytest.fixture
def grown(grown_home, tmp_path):
    """A copy of the home whose champion learned from the first 700 papers."""
    return Path(shutil.copytree(grown_home, tmp_path / "home", symlinks=True))


def test_new_rows_like_the_old_ones_are_no_drift(shuffled, grown, tmp_path):
    told = call("check", "data", "--data", write_rows(shuffled, tmp_path / "all.csv"), home=grown)
    assert told.code == 0, told.out
    found, _ = evidence(told, *DRIFT)
    assert found["n"] == 300, "only the new rows are compared"


def test_new_rows_unlike_the_old_ones_are_refused_unless_a_person_says_why(shuffled, grown, tmp_path):
    shifted = [[row[0], *(f"{float(value) + 0.7:.6f}" for value in row[1:-1]), row[-1]] for row in shuffled[701:]]
    data = write_rows([*shuffled[:701], *shifted], tmp_path / "shifted.csv")

    told = call("run", "--data", data, home=grown)
    assert told.code == 1, told.out
    assert DRIFT in [(reason["check"], reason["evidence"]) for reason in told.document["reasons"]]
    assert "train" not in [timing["stage"] for timing in told.document["timings"]]
    assert champion_of(grown) == 1

    meant = call("run", "--data", data, "--accept-drift", "a new journal", home=grown)
    of_data = meant.document["gates"][0]
    assert of_data["passed"], of_data["reasons"]
    _, check = evidence(meant, *DRIFT)
    assert check["accepted"] == "a new journal"
    assert "train" in [timing["stage"] for timing in meant.document["timings"]]
