"""The endpoint is up, and answers the simplest question: two rows in, two predictions out."""

import pytest

pytestmark = pytest.mark.gate("endpoint")


def test_it_says_that_it_is_healthy(endpoint, evidence):
    answer = endpoint.health()
    evidence.violations(answer.status != 200, n=1, detail=f"{answer.sentence}; wanted 200")


def test_two_rows_get_two_predictions(endpoint, rows, evidence):
    predictions = endpoint.score(rows.smoke).result
    evidence.violations(len(predictions) != 2, n=1, detail=f"two rows got {len(predictions)} predictions")


def test_equal_rows_get_equal_predictions(endpoint, rows, evidence):
    predictions = endpoint.score(rows.repeat(2)).result
    evidence.violations(predictions[0] != predictions[1], n=1, detail=f"one row, sent twice, got {predictions}")
