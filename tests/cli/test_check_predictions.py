"""`gates check model` judges files of predictions in an empty folder: several metrics, each with its margin, and slices."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from gates.cli import main

FILES = ["--truth", "truth.csv", "--champion", "champion.csv", "--challenger", "challenger.csv"]


def answers(truth, share_right, seed):
    draw = np.random.default_rng(seed)
    return np.where(draw.random(len(truth)) < share_right, truth, np.where(truth == "a", "b", "a"))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder, *, better=0.9, rows=1500, collapsed=None):
    """A champion that is right in 80 %, and a challenger; ``collapsed`` is a city where the challenger is right in 30 %."""
    draw = np.random.default_rng(0)
    truth = draw.choice(["a", "b"], rows)
    city = draw.choice(["Köln", "東京", "=x"], rows, p=[0.5, 0.3, 0.2])
    challenger = answers(truth, better, 2)
    if collapsed:
        challenger = np.where(city == collapsed, answers(truth, 0.3, 3), challenger)
    key = [f"r{row}" for row in range(rows)]
    pd.DataFrame({"key": key, "label": truth, "city": city}).to_csv(folder / "truth.csv", index=False)
    for name, given in (("champion", answers(truth, 0.8, 1)), ("challenger", challenger)):
        pd.DataFrame({"key": key, "answer": given}).to_csv(folder / f"{name}.csv", index=False)


def check(folder, *more):
    code = main(["check", "model", *FILES, "--target", "label", "--id", "key", "--json", "account.json", *more])
    return code, json.loads((folder / "account.json").read_text(encoding="utf-8"))


def test_a_better_challenger_passes_in_every_metric_and_on_every_slice(folder):
    write(folder)
    code, document = check(
        folder, "--metric", "accuracy=0.02", "--metric", "macro_f1", "--margin", "0.03", "--slice", "city"
    )
    assert (code, document["ending"]) == (0, "passed")
    assert [(one["metric"], one["margin"]) for one in document["compared"][:2]] == [
        ("accuracy", 0.02),
        ("macro_f1", 0.03),
    ]
    assert {one["value"]: one["collapsed"] for one in document["compared"][2:]} == dict.fromkeys(
        ["Köln", "東京", "=x"], False
    )


def test_a_worse_challenger_is_refused_with_a_code(folder):
    write(folder, better=0.6)
    code, document = check(folder, "--metric", "accuracy=0.02", "--metric", "macro_f1=0.02")
    assert (code, document["ending"]) == (1, "refused")
    assert [reason["code"] for reason in document["reasons"]] == ["bound-missed", "bound-missed"]


def test_one_slice_that_collapses_refuses_a_challenger_that_is_better_on_the_whole(folder):
    write(folder, better=0.99, collapsed="=x")
    code, document = check(folder, "--metric", "accuracy=0.02")
    assert code == 0
    code, document = check(folder, "--metric", "accuracy=0.02", "--slice", "city")
    assert code == 1
    (reason,) = document["reasons"]
    assert reason["code"] == "bound-missed"
    assert "accuracy where city is '=x'" in reason["text"]


def test_too_few_rows_could_not_be_judged(folder):
    write(folder, better=0.8, rows=40)
    code, document = check(folder, "--metric", "accuracy=0.01")
    assert (code, document["ending"]) == (3, "could not judge")
    assert [reason["code"] for reason in document["reasons"]] == ["inconclusive"]


def test_slices_without_a_difference_are_rarely_refused(folder):
    """40 pairs of models of one quality on three slices: one in twenty may be refused, more than six only by a rare chance."""
    from gates.measures.model.compare_file_slices import compare_file_slices

    refused = 0
    for seed in range(40):
        draw = np.random.default_rng(seed)
        truth = draw.choice(["a", "b"], 300)
        pd.DataFrame({"label": truth, "city": draw.choice(list("xyz"), 300)}).to_csv(folder / "t.csv", index=False)
        for name in ("c", "d"):
            given = answers(truth, 0.8, 1000 * seed + ord(name))
            pd.DataFrame({"answer": given}).to_csv(folder / f"{name}.csv", index=False)
        paths = [folder / f"{name}.csv" for name in "tcd"]
        parts = compare_file_slices(*paths, column="city", metric="accuracy", margin=0.0, level=0.95, target="label")
        refused += any(part.collapsed for part in parts)
    assert refused <= 6


REFUSED = {
    "a metric of numbers": (["--metric", "mae=0.1"], 3, "truth"),
    "an unknown metric": (["--metric", "acuracy=0.1"], 2, "did you mean 'accuracy'?"),
    "no metric": ([], 2, "no metric was named"),
    "no margin": (["--metric", "accuracy"], 2, "--metric accuracy names no margin"),
    "a margin that is none": (
        ["--metric", "accuracy=-1"],
        2,
        "the margin of accuracy is '-1', wanted what may be lost",
    ),
    "a margin that is NaN": (["--metric", "accuracy=nan"], 2, "the margin of accuracy is 'nan'"),
    "a level beyond 1": (["--metric", "accuracy=0.1", "--level", "2"], 2, "--level is '2', wanted a share"),
    "a slice that is not there": (["--metric", "accuracy=0.1", "--slice", "town"], 3, "has no column 'town'"),
    "a slice of single rows": (
        ["--metric", "accuracy=0.1", "--slice", "key"],
        3,
        "has 1,500 values of 'key', at most 50 make slices",
    ),
    "a model beside": (
        ["--metric", "accuracy=0.1", "--model", "champion"],
        2,
        "are compared without any model and data",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused(case, folder, capsys):
    options, code, sentence = REFUSED[case]
    write(folder)
    assert main(["check", "model", *FILES, "--target", "label", "--id", "key", *options]) == code
    assert sentence in "".join(capsys.readouterr())


def test_files_of_predictions_belong_together(folder, capsys):
    assert main(["check", "model", "--truth", "truth.csv", "--metric", "accuracy=0"]) == 2
    assert "--champion, --challenger is missing" in capsys.readouterr().err
    assert main(["check", "data", *FILES]) == 2
    assert "the data gate judges no files of predictions" in capsys.readouterr().err
    assert main(["check", "model", "--metric", "accuracy=0"]) == 2
    assert "--metric belongs to files of predictions" in capsys.readouterr().err
    assert main(["check", "model", *FILES, "--metric", "accuracy=0", "--slice", "city"]) == 2
    assert "--slice without --target" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(folder, capsys):
    assert main(["check", "model", *FILES, "--metric", "accuracy=0.1"]) == 3
    assert "truth.csv cannot be read: No such file or directory" in capsys.readouterr().err
