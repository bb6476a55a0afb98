"""A short seeded form of the table of limits, and what the kept table may show."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks.verdicts.coverage import _truth, measure
from benchmarks.verdicts.coverage_worlds import WORLDS, World
from gates.measures.model.comparison import compare

KEPT = Path(__file__).resolve().parents[2] / "benchmarks" / "verdicts" / "results" / "coverage.md"
RATE = r"(\d+\.\d) % \([\d,]+ of [\d,]+; (\d+\.\d) to (\d+\.\d)\)"


def world(name, n):
    return next(one for one in WORLDS if (one.name, one.n) == (name, n))


@pytest.mark.parametrize(
    ("name", "metric"), [("heteroscedastic errors", "rmse"), ("t3 errors", "r2"), ("one row in twenty", "roc_auc_ovr")]
)
def test_a_limit_on_long_tails_and_rare_rows_is_hardly_ever_above_the_truth(name, metric):
    """The rates are 3, 5 and 2 %: 25 or more of 150 have a probability under 1e-6 even if they were 5.5 %."""
    cell = measure(world(name, 200), metric, 150, seed=1)
    assert cell.above.runs == 150
    assert cell.above.hits < 25
    assert cell.passed.runs == 75


def test_a_limit_that_holds_no_answer_back_is_counted_as_above_the_truth():
    """A world whose challenger is far worse than its sample shows: every limit lies above, so the count can be high."""

    def hidden(rng, n, equal):
        y = rng.normal(size=n)
        far = 1e6 if n > 1_000 and not equal else 0.0  # only the population has the rows that are far off
        return y, y + 0.1 * rng.normal(size=n), y + 0.1 * rng.normal(size=n) + far * (np.arange(n) % 100 == 0), None

    cell = measure(World("hidden", ("mae",), 200, hidden), "mae", 20)
    assert (cell.above.hits, cell.above.runs) == (20, 20)


def test_the_truth_of_a_mean_leaves_out_the_classes_that_the_sample_left_out():
    y = np.repeat([0, 1, 2], [300, 300, 100])
    new = np.where(y == 2, 0, y)
    assert _truth("balanced_accuracy", (y, y, new, None)) == pytest.approx(-1 / 3)
    assert _truth("balanced_accuracy", (y, y, new, None), (2,)) == 0.0
    assert _truth("mae", (y, y, new, None)) == pytest.approx(-200 / 700)


@pytest.mark.parametrize("place", range(len(WORLDS)), ids=[f"{one.name} {one.n}" for one in WORLDS])
def test_every_world_draws_a_worse_challenger_and_two_equal_models(place):
    one, rng = WORLDS[place], np.random.default_rng(3)
    big, metric = 2_000 if one.name == "groups" else 50_000, one.metrics[-1]
    worse, equal = (_truth(metric, one.draw(rng, big, equally)) for equally in (False, True))
    assert worse < equal
    y, old, new, groups = one.draw(rng, one.n, False)
    assert compare(y, old, new, metric=one.metrics[0], margin=0.05, groups=groups, draws=100).n == one.n


def test_no_cell_of_the_kept_table_is_shown_to_miss_its_goal():
    lines = [line for line in KEPT.read_text("utf-8").splitlines() if line.startswith("| ")][2:]
    assert len(lines) == sum(len(one.metrics) for one in WORLDS)
    missed = []
    for line in lines:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        rate, goal = re.fullmatch(RATE, cells[3]), cells[4]
        if goal != "none" and float(rate[2]) > float(goal.removesuffix(" %")):
            missed.append(line)
    assert not missed
