"""A request that is wrong is called wrong, politely, and the next good request is answered as if nothing had happened."""

import pytest

from gates.measures.endpoint.malformed import MALFORMED, null_body
from gates.measures.endpoint.prediction import is_prediction
from gates.measures.endpoint.rows import request_body

pytestmark = pytest.mark.gate("endpoint")


@pytest.mark.parametrize("malformed", MALFORMED, ids=str)
def test_a_malformed_request_is_refused_politely(malformed, endpoint, rows, evidence):
    answer = endpoint.send(malformed.body(rows), malformed.content_type)
    rude = not answer.is_polite_refusal
    evidence.violations(rude, n=1, detail=f"{malformed}: {answer.sentence}; wanted 400 with a sentence")
    assert endpoint.score(rows.smoke).result, "the next good request got no predictions"


def test_too_many_rows_are_refused_politely(too_many_rows, endpoint, rows, evidence):
    answer = endpoint.send(request_body(too_many_rows))
    wanted = f"{len(too_many_rows):,} rows: {answer.sentence}; wanted 400 or 413 with a sentence"
    evidence.violations(not answer.is_polite_refusal, n=1, detail=wanted)
    assert endpoint.score(rows.smoke).result, "the next good request got no predictions"


def test_a_missing_value_is_no_crash(endpoint, rows, evidence):
    answer = endpoint.send(null_body(rows))
    crash = not (answer.is_polite_refusal or is_prediction(answer, 1))
    evidence.violations(crash, n=1, detail=f"null: {answer.sentence}; wanted a prediction, or 400")
    assert endpoint.score(rows.smoke).result, "the next good request got no predictions"
