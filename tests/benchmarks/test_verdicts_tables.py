"""The benchmark of verdicts says where its numbers come from, and never invents one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.verdicts.__main__ import write
from benchmarks.verdicts.markdown import table
from benchmarks.verdicts.options import Options
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
