"""The benchmark of verdicts says where its numbers come from, and never invents one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.verdicts.__main__ import write
from benchmarks.verdicts.data_tables import load_labelled
from benchmarks.verdicts.drift_tables import load_sources
from benchmarks.verdicts.lab_change import promotes, read_margins
from benchmarks.verdicts.markdown import say_where, table
from benchmarks.verdicts.options import SOURCES, Options
from benchmarks.verdicts.rates import Rate

ROOT = Path(__file__).resolve().parents[2]


def test_a_rate_shows_its_exact_interval():
    assert Rate(4, 1000).interval() == pytest.approx((0.001091, 0.010209), abs=1e-5)  # Clopper and Pearson
    assert str(Rate(4, 1000)) == "0.4 % (4 of 1,000; 0.1 to 1.0)"


@pytest.mark.parametrize(("rate", "interval"), [(Rate(0, 1000), (0.0, 0.003682)), (Rate(20, 20), (0.8316, 1.0))])
def test_a_rate_of_none_or_all_has_an_interval_all_the_same(rate, interval):
    assert rate.interval() == pytest.approx(interval, abs=1e-4)


def test_a_rate_of_nothing_is_not_known():
    assert Rate(0, 0).interval() == (0.0, 1.0)
    assert Rate(0, 0).share != Rate(0, 0).share


def test_a_table_that_is_not_there_is_said_to_be_absent():
    assert list(write("phrenology", Options())) == [
        "# Phrenology",
        "",
        "benchmarks.verdicts.phrenology is absent: this table was not measured.",
    ]


def test_a_table_is_valid_markdown():
    assert list(table(("a", "b"), [("x", 1)])) == ["| a | b |", "| --- | ---: |", "| x | 1 |"]


def test_a_file_that_is_not_there_is_refused():
    command = [sys.executable, "-m", "benchmarks.verdicts", "--data", "nowhere.csv"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "--data nowhere.csv is no file" in done.stderr


def test_the_margins_of_the_labs_change_are_those_that_the_policy_ships():
    assert read_margins(ROOT / "pyproject.toml") == {"accuracy": 0.06, "macro_f1": 0.05}


def test_a_challenger_has_to_hold_every_margin():
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 3, 600)
    champion = np.where(rng.random(600) < 0.8, truth, (truth + 1) % 3)
    worse = np.where(rng.random(600) < 0.6, truth, (truth + 1) % 3)
    margins = {"accuracy": 0.06, "macro_f1": 0.05}
    assert promotes(truth, worse, champion, margins)
    assert promotes(truth, champion, champion, margins)
    assert not promotes(truth, champion, worse, margins)
    assert promotes(truth, champion, worse, {"accuracy": 0.5})
    assert not promotes(truth, champion, worse, {"accuracy": 0.5, "macro_f1": 0.05})


def test_without_the_labs_file_its_change_is_not_measured():
    assert "The lab's file is absent: this table was not measured." in [*write("lab_change", Options())]


def test_a_table_says_which_commit_was_measured_where_there_is_one():
    where = [*say_where("command")][-1]
    asked = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    assert (f", commit {asked.stdout.strip()}" in where) == (asked.returncode == 0)
    assert all(f"{library} " in where for library in ("numpy", "scikit-learn", "alibi-detect"))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("--only", "drift", "--source", "mixed"),
            "--source 'mixed': wanted 'breast cancer' or 'digits' or 'lab' or 'mixed kinds' or",
        ),
        (("--only", "peers_data", "--source", "digits"), "--source 'digits': wanted 'lab' or 'wine'"),
        (("--only", "nights", "--source", "wine"), "--source: these tables have none"),
        (("--only", "data", "--source", "lab"), "--source 'lab' needs the lab's file: name it with --data"),
    ],
)
def test_a_source_that_no_table_has_is_refused(words, sentence):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.verdicts", *words], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert sentence in " ".join(done.stderr.split())


def test_the_sources_are_those_that_the_tables_load():
    assert {"lab", *load_labelled(None)} == set(SOURCES["data"]) >= set(SOURCES["peers_data"])
    assert {"lab", *load_sources(None)} == set(SOURCES["drift"]) >= set(SOURCES["peers_drift"])
