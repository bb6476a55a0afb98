"""The tables of verdicts in their short form: seeded, on the data that scikit-learn bundles, with bounds that are arithmetic.

Every bound is one that a correct implementation misses with a probability below 1e-6; the probability stands beside it and is
computed again by `test_the_bounds_are_what_they_say`.
"""

from __future__ import annotations

import pytest
from scipy.stats import binom

from benchmarks.verdicts.data_corruptions import CORRUPTIONS, corrupt
from benchmarks.verdicts.data_detectors import ask_ours
from benchmarks.verdicts.data_tables import load_labelled
from benchmarks.verdicts.drift_rates import choose_shifts, draw
from benchmarks.verdicts.drift_tables import load_sources
from gates.measures.drift import detect

QUIET = {"wine": 250, "breast cancer": 60, "mixed kinds": 60}
QUIET_RUNS, MOST_ALARMS = 370, 16  # at a level of 1 %: P(Binomial(370, 0.01) > 16) = 3e-7
LOUD_RUNS, LEAST_SEEN = 30, 17  # at a power of 90 %, measured 95 to 100: P(Binomial(30, 0.9) < 17) = 3e-7
CLEAN_RUNS, MOST_REFUSED = 30, 7  # suite and drift at 1 % each: P(Binomial(30, 0.02) > 7) = 1e-7

# Columns of this table have few decimals to lose, and rounding one can leave next to nothing behind.
SURE = [name for name in CORRUPTIONS if name != "a column rounded to two decimals"]


def test_the_bounds_are_what_they_say():
    assert sum(QUIET.values()) == QUIET_RUNS
    assert binom.sf(MOST_ALARMS, QUIET_RUNS, 0.01) < 1e-6
    assert binom.cdf(LEAST_SEEN - 1, LOUD_RUNS, 0.9) < 1e-6
    assert binom.sf(MOST_REFUSED, CLEAN_RUNS, 0.02) < 1e-6


def test_unchanged_rows_alarm_at_most_as_often_as_alpha_says():
    sources, alarms = load_sources(None), 0
    for name, runs in QUIET.items():
        make = choose_shifts(sources[name])["no shift"]
        for run in range(runs):
            alarms += detect(*draw(sources[name], "no shift", make, run), backend="scipy", seed=run).drifted
    assert alarms <= MOST_ALARMS


@pytest.mark.parametrize("shift", ["noise 0.5 sd, all rows", "one column +0.5 sd", "all columns x1.1"])
def test_a_shift_that_matters_is_seen(shift):
    source = load_sources(None)["breast cancer"]
    make = choose_shifts(source)[shift]
    seen = sum(detect(*draw(source, shift, make, run), backend="scipy", seed=run).drifted for run in range(LOUD_RUNS))
    assert seen >= LEAST_SEEN


def test_clean_halves_are_let_through():
    wine, refused = load_labelled(None)["wine"], 0
    for run in range(CLEAN_RUNS):
        suite, drift = ask_ours(*wine.split(run), run)
        refused += bool(suite) or drift
    assert refused <= MOST_REFUSED


@pytest.mark.parametrize("name", SURE)
def test_a_corruption_is_refused(name):
    table = load_labelled(None)["breast cancer"]
    reference, batch = table.split(0)
    bad = corrupt(name, reference, batch, 0)
    assert bad is not None
    suite, drift = ask_ours(reference, bad, 0)
    assert suite or drift


def test_a_corruption_that_changes_nothing_is_no_corruption():
    reference, batch = load_labelled(None)["digits"].split(0)
    assert corrupt("a column rounded to two decimals", reference, batch, 0) is None
