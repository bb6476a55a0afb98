"""The endpoint is up, and answers the simplest question: two rows in, two predictions out."""

import pytest

pytestmark = pytest.mark.gate("endpoint")


def test_it_says_that_it_is_healthy(endpoint):
    answer = endpoint.health()
    assert answer.status == 200, f"{answer.sentence}; wanted 200"


def test_two_rows_get_two_predictions(endpoint, rows):
    prediction = endpoint.score(rows.smoke)
    assert len(prediction.result) == 2, f"two rows got {len(prediction.result)} predictions"


def test_equal_rows_get_equal_predictions(endpoint, rows):
    prediction = endpoint.score(rows.repeat(2))
    assert prediction.result[0] == prediction.result[1], f"one row, sent twice, got {prediction.result}"
