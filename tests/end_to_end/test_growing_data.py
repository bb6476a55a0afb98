"""Data grow. New rows that look like the old ones are welcome; rows that do not are refused, unless a person says why."""

import csv
import random

import pytest
from command_line import call, champion_of

DRIFT = "drift of the batch"


@pytest.fixture(scope="module")
def rows(papers):
    """The papers in random order: as they stand in the lab's file, the last 300 are not like the first 700."""
    with papers.open(newline="", encoding="utf-8") as file:
        header, *body = csv.reader(file)
    random.Random(1).shuffle(body)
    return [header, *body]


def write(rows, path):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return str(path)


def evidence(told, name):
    checks = [check for gate in told.document["gates"] for check in gate["checks"]]
    return next((found, check) for check in checks for found in check["evidence"] if found["name"] == name)


@pytest.fixture(scope="module")
def grown_home(rows, tmp_path_factory):
    """A champion that learned from the first 700 papers."""
    folder = tmp_path_factory.mktemp("growing")
    told = call("run", "--data", write(rows[:701], folder / "first.csv"), home=folder / "home")
    assert told.code == 0, told.out
    return folder / "home"


def test_new_rows_like_the_old_ones_are_no_drift(rows, grown_home, tmp_path):
    told = call("check", "data", "--data", write(rows, tmp_path / "all.csv"), home=grown_home)
    assert told.code == 0, told.out
    found, _ = evidence(told, DRIFT)
    assert found["n"] == 300, "only the new rows are compared"


def test_new_rows_unlike_the_old_ones_are_refused_unless_a_person_says_why(rows, grown_home, tmp_path):
    shifted = [[row[0], *(f"{float(value) + 0.7:.6f}" for value in row[1:-1]), row[-1]] for row in rows[701:]]
    data = write([*rows[:701], *shifted], tmp_path / "shifted.csv")

    told = call("run", "--data", data, home=grown_home)
    assert told.code == 1, told.out
    assert DRIFT in " ".join(reason["text"] for reason in told.document["reasons"])
    assert "train" not in [timing["stage"] for timing in told.document["timings"]]
    assert champion_of(grown_home) == 1

    meant = call("run", "--data", data, "--accept-drift", "a new journal", home=grown_home)
    of_data = meant.document["gates"][0]
    assert of_data["passed"], of_data["reasons"]
    _, check = evidence(meant, DRIFT)
    assert check["accepted"] == "a new journal"
    assert "train" in [timing["stage"] for timing in meant.document["timings"]]
