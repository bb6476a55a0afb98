"""Bounds follow the tails: further samples stay inside, a wrong unit does not."""

from __future__ import annotations

import numpy as np
import pytest

from gates.measures.data.tails import bounds

SOURCES = {
    "normal": lambda random, size: random.normal(size=size),
    "uniform": lambda random, size: random.uniform(2, 3, size=size),
    "exponential": lambda random, size: random.exponential(size=size),
    "lognormal": lambda random, size: random.lognormal(size=size),
    "student": lambda random, size: random.standard_t(3, size=size),
    "counts": lambda random, size: random.poisson(0.1, size=size).astype(float),
    "rare": lambda random, size: random.binomial(16, 0.002, size=size).astype(float),
}


@pytest.mark.parametrize("source", SOURCES)
def test_further_samples_stay_within_the_bounds(source):
    alarms = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        low, high = bounds(SOURCES[source](random, (300, 8)), level=0.001, rows=300)
        further = SOURCES[source](random, (300, 8))
        alarms += bool(((further < low) | (further > high)).any())
    assert alarms <= 1


def test_cauchy_tails_are_followed():
    random = np.random.default_rng(3)
    low, high = bounds(random.standard_cauchy((500, 8)), level=0.001, rows=500)
    further = random.standard_cauchy((500, 8))
    assert ((further >= low) & (further <= high)).all()


def test_a_wrong_unit_lies_outside_normal_bounds():
    low, high = bounds(np.random.default_rng(4).normal(size=(500, 128)), level=0.001, rows=500)
    assert (high < 60).all()
    assert (low > -60).all()


def test_columns_with_equal_tails_share_what_they_know():
    low, high = bounds(np.random.default_rng(5).normal(size=(1000, 64)), level=0.001, rows=1000)
    assert high.max() / high.min() < 3
    assert low.min() / low.max() < 3


def test_a_constant_column_keeps_a_finite_bound_around_its_value():
    cells = np.column_stack([np.full(100, 7.0), np.random.default_rng(6).normal(size=100)])
    low, high = bounds(cells, level=0.001, rows=100)
    assert low[0] < 7 < high[0] < 100


def test_one_row_and_a_constant_table_have_bounds_too():
    low, high = bounds(np.array([[5.0]]), level=0.001, rows=1)
    assert low[0] < 5 < high[0]


def test_a_column_without_finite_values_has_no_bound():
    low, high = bounds(np.full((5, 1), np.nan), level=0.001, rows=5)
    assert np.isinf([low[0], high[0]]).all()


def test_what_is_not_finite_is_left_out():
    cells = np.random.default_rng(7).normal(size=(200, 1))
    clean = bounds(cells, level=0.001, rows=200)
    spoilt = bounds(np.vstack([cells, [[np.inf]], [[np.nan]]]), level=0.001, rows=200)
    np.testing.assert_allclose(np.array(spoilt), np.array(clean), rtol=0.02)
