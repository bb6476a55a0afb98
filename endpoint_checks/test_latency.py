"""The endpoint answers in time and without errors under a small load, and enough requests were sent to say so.

A percentile is held by its upper limit at 95 %, never by what happened to be observed. The server's own time says how fast the
model is; the caller's time says what a customer waits, and depends on the machine that asks. A time above its bound that service
and callers may have spent waiting for a core, because other processes ran, is inconclusive.
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
    name, time = f"p{percentile}", load.run_ms(percentile)
    limit = bound(name)
    evidence(name, time.upper, n=time.counted(limit), needed_n=time.undecided_n(limit), detail=time.describe(limit))


@pytest.mark.each(percentile="percentiles")
def test_callers_wait_briefly(percentile, load, bound, evidence):
    name, time = f"p{percentile}", load.wall_ms(percentile)
    limit = bound(name)
    evidence(name, time.upper, n=time.counted(limit), needed_n=time.undecided_n(limit), detail=time.describe(limit))


def test_no_request_fails(load, evidence):
    evidence.violations(len(load.errors), n=load.n, detail=load.sentence)


def test_the_error_rate_is_low_for_certain(load, bound, evidence):
    needed = requests_needed_for_rate(bound("error_rate"), errors=len(load.errors))
    evidence("error_rate", rate_limit(len(load.errors), load.n), n=load.n, needed_n=needed, detail=load.sentence)
