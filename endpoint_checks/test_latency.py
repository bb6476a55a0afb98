"""The endpoint answers in time and without errors under a small load, and enough requests were sent to say so.

A percentile is held by its upper limit at 95 %, never by what happened to be observed. The server's own time says how fast the
model is; the caller's time says what a customer waits, and depends on the machine that asks.
"""

import pytest

from gates.measures.endpoint.latency import rate_limit, requests_needed, requests_needed_for_rate

pytestmark = pytest.mark.gate("endpoint")


@pytest.mark.each(percentile="percentiles")
def test_enough_requests_were_sent(percentile, load, evidence):
    needed = requests_needed(percentile)
    evidence(f"p{percentile}", load.sound / needed, n=load.n, needed_n=needed, detail=load.sentence)


@pytest.mark.each(percentile="percentiles")
def test_scoring_is_fast(percentile, load, bound, evidence):
    name = f"p{percentile}"
    time = load.run_ms(percentile)
    evidence(name, time.upper, n=time.n, needed_n=time.undecided_n(bound(name)), detail=time.sentence)


@pytest.mark.each(percentile="percentiles")
def test_callers_wait_briefly(percentile, load, bound, evidence):
    name = f"p{percentile}"
    time = load.wall_ms(percentile)
    evidence(name, time.upper, n=time.n, needed_n=time.undecided_n(bound(name)), detail=time.sentence)


def test_no_request_fails(load, evidence):
    evidence.violations(len(load.errors), n=load.n, detail=load.sentence)


def test_the_error_rate_is_low_for_certain(load, bound, evidence):
    needed = requests_needed_for_rate(bound("error_rate"), errors=len(load.errors))
    evidence("error_rate", rate_limit(len(load.errors), load.n), n=load.n, needed_n=needed, detail=load.sentence)
