"""What the endpoint predicts is what the trainer predicted, whatever happened to the model on the way."""

import pytest

from gates.measures.endpoint.parity import count_other_labels, measure_number_distance, measure_probability_distance

pytestmark = pytest.mark.gate("endpoint")


def test_every_golden_row_keeps_its_label(label_answers, golden, evidence):
    labels = count_other_labels(golden, label_answers)
    evidence.violations(labels.value, n=labels.n, detail=labels.detail)


def test_every_golden_row_keeps_its_number(number_answers, golden, evidence):
    numbers = measure_number_distance(golden, number_answers)
    evidence("distance", numbers.value, n=numbers.n, detail=numbers.detail)


def test_every_golden_row_keeps_its_probabilities(probability_answers, golden, evidence):
    shares = measure_probability_distance(golden, probability_answers)
    evidence("distance", shares.value, n=shares.n, detail=shares.detail)
