"""`gates check data|drift` with two files and no model, on the command line."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from command_line import ROOT, call

from gates.measures.data.profile import read


@pytest.fixture(scope="module")
def patients(tmp_path_factory):
    """A table of another project, in two random halves: id and target are not what [tool.ml] names."""
    folder = tmp_path_factory.mktemp("patients")
    whole = folder / "whole.csv"
    subprocess.run([sys.executable, "-m", "ml.sample", "breast_cancer", str(whole)], cwd=ROOT, check=True)
    frame = pd.read_csv(whole).sample(frac=1, random_state=2)
    frame[:300].to_csv(folder / "old.csv", index=False)
    frame[300:].to_parquet(folder / "new.parquet")
    moved = frame[300:].assign(**{"mean area": frame["mean area"] * 3, "mean texture": None})
    moved.to_csv(folder / "moved.csv", index=False)
    frame[300:310].to_csv(folder / "few.csv", index=False)
    return folder


def check(gate, folder, current, *words):
    return call(
        "check", gate, "--data", str(folder / current), "--reference", str(folder / "old.csv"), *words,
        home=folder / "home",
    )  # fmt: skip


def test_more_of_the_same_passes_both_with_a_sentence_about_what_was_not_there(patients):
    told = check("data", patients, "new.parquet")
    assert (told.code, told.document["ending"]) == (0, "passed"), told.out
    assert "the reference has no column 'cord_uid', which [tool.ml] names as id" in told.out
    profile = next((patients / "home" / "runs" / told.document["id"]).glob("*.profile.json"))
    assert str(profile) in told.out
    assert len(read(profile).expectations) > 5
    drift = check("drift", patients, "new.parquet", "--id", "patient", "--target", "diagnosis")
    assert (drift.code, drift.document["ending"]) == (0, "passed"), drift.out
    assert "has no column" not in drift.out


def test_what_is_unlike_is_refused_by_column_and_count(patients):
    told = check("data", patients, "moved.csv", "--id", "patient", "--target", "diagnosis")
    assert (told.code, told.document["ending"]) == (1, "refused"), told.out
    assert "column 'mean texture' is all null, 269 rows" in " ".join(
        reason["text"] for reason in told.document["reasons"]
    )
    drift = check("drift", patients, "moved.csv")
    assert (drift.code, drift.document["ending"]) == (1, "refused"), drift.out
    assert "'mean area' moved by" in " ".join(reason["text"] for reason in drift.document["reasons"])


def test_too_few_rows_are_not_judged(patients):
    told = check("drift", patients, "few.csv")
    assert (told.code, told.document["ending"]) == (3, "could not judge"), told.out
    assert "it needs n >=" in " ".join(reason["text"] for reason in told.document["reasons"])


def test_a_file_that_is_no_table_is_not_judged(patients):
    (patients / "paper.csv").write_bytes(b"%PDF-1.7\n")
    told = check("drift", patients, "paper.csv")
    assert told.code == 3
    assert "is a PDF document" in told.err


def test_a_column_that_was_asked_for_and_is_not_there_is_wrong_usage(patients):
    told = check("data", patients, "new.parquet", "--id", "patients")
    assert told.code == 2, told.out
    assert "--id names 'patients'" in told.out + told.err
    assert "did you mean 'patient'" in told.out + told.err


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("data", "--reference", "a.csv"), 2, "--reference without --data"),
        (("model", "--data", "a.csv", "--reference", "b.csv"), 2, "the model gate does not compare two files"),
        (("data", "--data", "a.csv", "--id", "x"), 2, "--id, --target and --task belong to two files"),
        (("drift", "--data", "a.csv", "--reference", "b.csv", "--model", "champion"), 2, "compared without any model"),
        (("drift", "--data", "a.csv", "--reference", "no_such.csv"), 3, "no_such.csv"),
        (("data", "--data", "a.csv", "--reference", "b.csv", "--block", "1d"), 2, "--block is about drift"),
        (("drift", "--group", "patient"), 2, "--group belongs to two files"),
    ],
)
def test_a_wrong_word_gets_a_sentence(words, code, sentence, tmp_path):
    told = call("check", *words, home=tmp_path / "home")
    assert told.code == code
    assert sentence in told.err
    assert "Traceback" not in told.err


@pytest.fixture(scope="module")
def visits(tmp_path_factory):
    """Two files of twenty visits of each patient, of the same kind on both sides: the patients differ, their visits hardly."""
    folder = tmp_path_factory.mktemp("visits")
    rng = np.random.default_rng(1)
    who = np.repeat(np.arange(60), 20)
    frame = pd.DataFrame(rng.normal(size=(60, 3))[who] + 0.3 * rng.normal(size=(1200, 3)), columns=["p1", "p2", "p3"])
    frame = frame.assign(patient=who, at=pd.date_range("2026-01-01", periods=1200, freq="h").astype(str))
    frame[:800].to_csv(folder / "old.csv", index=False)
    frame[800:].to_csv(folder / "same.csv", index=False)
    frame[800:].assign(p1=lambda side: side["p1"] + 3).to_csv(folder / "moved.csv", index=False)
    return folder


def test_dependent_rows_are_no_alarm_undeclared_and_are_judged_once_they_are_declared(visits):
    undeclared = check("drift", visits, "same.csv")
    assert (undeclared.code, undeclared.document["ending"]) == (3, "could not judge"), undeclared.out
    (reason,) = undeclared.document["reasons"]
    assert (reason["code"], reason["evidence"]) == ("rows-not-exchangeable", "dependent_order")
    assert "could not judge: rows depend on each other, and nothing says how" in undeclared.out
    declared = check("drift", visits, "same.csv", "--group", "patient")
    assert declared.code in (0, 3), declared.out
    assert [one["code"] for one in declared.document["reasons"]] in ([], ["inconclusive"])
    moved = check("drift", visits, "moved.csv", "--group", "patient")
    assert (moved.code, moved.document["ending"]) == (1, "refused"), moved.out
    assert "groups of 'patient'" in " ".join(reason["text"] for reason in moved.document["reasons"])
    daily = check("drift", visits, "moved.csv", "--time", "at", "--block", "2d")
    assert daily.code in (1, 3), daily.out
    assert "blocks of 2d" in " ".join(reason["text"] for reason in daily.document["reasons"])
    unordered = check("drift", visits, "moved.csv", "--order", "none")
    assert (unordered.code, unordered.document["ending"]) == (1, "refused"), unordered.out


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--block", "weekly"), 2, "--block is 'weekly', wanted a length of time"),
        (("--group", "site"), 2, "--group names 'site', but the reference has"),
        (("--season", "tide"), 2, "--season is 'tide', wanted 'weekday'"),
    ],
)
def test_what_a_declaration_cannot_mean_is_wrong_usage(words, code, sentence, visits):
    told = check("drift", visits, "same.csv", *words)
    assert told.code == code, told.out
    assert sentence in told.out + told.err
