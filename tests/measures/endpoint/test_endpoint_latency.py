"""A percentile is known only within limits, and too few requests have none."""

from __future__ import annotations

import math
import random

import pytest

from gates.measures.endpoint.faults import EndpointFault
from gates.measures.endpoint.latency import measure_quantile, rate_limit, requests_needed, requests_needed_for_rate


@pytest.mark.parametrize(("percentile", "needed"), [(50, 5), (95, 59), (99, 299), (99.9, 2995)])
def test_a_percentile_needs_its_number_of_requests(percentile, needed):
    assert requests_needed(percentile) == needed
    assert math.isinf(measure_quantile(percentile, range(1, needed)).upper)
    assert measure_quantile(percentile, range(needed)).upper == needed - 1


def test_the_limits_are_those_of_the_binomial_table():
    """n = 100, median: P(Bin <= 57) = 0.9334, P(Bin <= 58) = 0.9557; by symmetry P(Bin <= 41) = 0.0443."""
    found = measure_quantile(50, range(1, 101))
    assert (found.lower, found.observed, found.upper) == (42, 50, 59)


def test_the_upper_limit_covers_the_true_percentile_as_often_as_it_says():
    draw = random.Random(3)
    true = -math.log(0.05)
    covered = sum(measure_quantile(95, [draw.expovariate(1) for _ in range(100)]).upper >= true for _ in range(600))
    assert 0.93 <= covered / 600 <= 1.0


def test_limits_do_not_underflow_with_many_requests():
    found = measure_quantile(99, range(10_000))
    assert 9_870 < found.lower < found.observed == 9_899 < found.upper < 9_930


def test_a_bound_between_the_limits_is_undecided_and_says_how_many_requests_would_tell():
    found = measure_quantile(50, [10.0] * 55 + [30.0] * 45)
    assert found.upper == 30.0
    assert found.undecided_n(20.0) == math.ceil(1.6449**2 * 0.25 / 0.05**2)


def test_a_bound_below_the_lower_limit_is_decided():
    assert measure_quantile(50, [30.0] * 100).undecided_n(20.0) is None


def test_a_share_exactly_at_the_bound_cannot_be_told_apart():
    assert measure_quantile(50, [10.0, 30.0] * 50).undecided_n(20.0) == 100_000


def test_without_a_bound_nothing_is_undecided():
    assert measure_quantile(50, [10.0, 30.0]).undecided_n(None) is None


@pytest.mark.parametrize("percentile", [0, 100, -1, 101, float("nan"), True, "99", None])
def test_what_is_no_percentile_is_named(percentile):
    with pytest.raises(EndpointFault, match="wanted numbers between 0 and 100"):
        measure_quantile(percentile, [1.0])


def test_no_requests_have_no_percentile():
    with pytest.raises(EndpointFault, match="p99 of no requests does not exist"):
        measure_quantile(99, [])


@pytest.mark.parametrize("n", [30, 100, 300, 3000])
def test_without_an_error_the_rate_is_held_by_the_rule_of_three(n):
    assert rate_limit(0, n) == pytest.approx(3 / n, rel=0.06)
    assert rate_limit(0, n) == pytest.approx(1 - 0.05 ** (1 / n), rel=1e-9)


@pytest.mark.parametrize(("errors", "n", "limit"), [(1, 10, 0.394), (2, 100, 0.0616), (10, 10, 1.0), (5, 10, 0.7776)])
def test_with_errors_the_rate_is_held_by_clopper_and_pearson(errors, n, limit):
    assert rate_limit(errors, n) == pytest.approx(limit, abs=5e-4)


@pytest.mark.parametrize(("errors", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_counts_that_cannot_be_are_refused(errors, n):
    with pytest.raises(ValueError, match="cannot be"):
        rate_limit(errors, n)


def test_requests_that_would_prove_a_rate():
    assert requests_needed_for_rate(0.01, errors=0) == 299
    assert rate_limit(0, 299) <= 0.01 < rate_limit(0, 298)
    assert requests_needed_for_rate(0.01, errors=1) is None
    assert requests_needed_for_rate(None, errors=0) is None
    assert requests_needed_for_rate(0.0, errors=0) is None
