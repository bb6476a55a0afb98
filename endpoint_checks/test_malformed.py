"""A request that is wrong is called wrong, politely, and the next good request is answered as if nothing had happened."""

import pytest

from gates.measures.endpoint.contract import is_prediction
from gates.measures.endpoint.malformed import MALFORMED, is_too_large_met

pytestmark = pytest.mark.gate("endpoint")


@pytest.mark.parametrize("malformed", MALFORMED, ids=str)
def test_a_malformed_request_is_refused_politely(malformed, malformed_body, endpoint, rows, evidence):
    answer = endpoint.send(malformed_body(malformed), malformed.content_type)
    rude = not malformed.is_met(answer, endpoint.contract)
    evidence.violations(rude, n=1, detail=f"{malformed}: {answer.sentence}; wanted {endpoint.contract.refusal}")
    assert endpoint.score(rows.smoke).result, "the next good request got no predictions"


def test_too_many_rows_are_refused_politely(too_many_rows, endpoint, rows, evidence):
    answer = endpoint.post(too_many_rows)
    wanted = f"{len(too_many_rows):,} rows: {answer.sentence}; wanted 400 or 413 with a sentence"
    rude = not is_too_large_met(answer, len(too_many_rows), endpoint.contract)
    evidence.violations(rude, n=1, detail=wanted)
    assert endpoint.score(rows.smoke).result, "the next good request got no predictions"


def test_a_missing_value_is_no_crash(row_with_a_gap, endpoint, rows, evidence):
    answer = endpoint.send(row_with_a_gap)
    crash = not (endpoint.contract.is_refusal(answer) or is_prediction(answer, 1, endpoint.contract))
    evidence.violations(crash, n=1, detail=f"null: {answer.sentence}; wanted a prediction, or 400")
    assert endpoint.score(rows.smoke).result, "the next good request got no predictions"
