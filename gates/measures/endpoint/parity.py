"""Does the endpoint predict what the trainer predicted, row by row, with the model still in its own memory?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from gates.measures.endpoint.client import Endpoint
from gates.measures.endpoint.faults import EndpointFault
from gates.measures.endpoint.prediction import Label, Prediction
from gates.measures.shapes import Golden

TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Parity:
    """Hold how far answers are from what was expected: a count or a largest distance, over ``n`` answers."""

    value: float
    n: int
    detail: str


def ask_golden(endpoint: Endpoint, golden: Golden, *, probabilities: bool) -> dict[str, Prediction]:
    """Send every golden row in one request, once in each form that the model takes.

    Raises `EndpointFault` where nothing but parity shows which model is served, and all golden predictions are the same one.
    """
    if endpoint.contract.mapped and len(set(golden.predictions)) < 2:
        raise EndpointFault(
            f"the judged model predicts {ascii(golden.predictions[0])[:60]} for every golden row ({len(golden.predictions)}), "
            "which any model that always answers so repeats, and a mapped endpoint names no digest; wanted golden rows with at "
            "least two predictions: register or train the model on data in whose holdout it predicts more than one"
        )
    forms = endpoint.contract.rows_of(golden).forms
    return {form: endpoint.score(rows, probabilities=probabilities) for form, rows in forms.items()}


def count_other_labels(golden: Golden, answers: dict[str, Prediction]) -> Parity:
    """Count the golden rows that got another label than the trainer's; ``1`` and ``"1"`` are two labels."""
    pairs = [
        (form, at, label, answered)
        for form, answer in answers.items()
        for at, (label, answered) in enumerate(zip(golden.predictions, answer.result, strict=True))
    ]
    other = [(form, at, label, answered) for form, at, label, answered in pairs if not _equal(answered, label)]
    detail = f"golden rows sent as {' and as '.join(answers)}"
    if other:
        form, at, label, answered = other[0]
        detail += f"; row {at} as {form}: {ascii(answered)[:60]} instead of {ascii(label)[:60]}"
    return Parity(len(other), len(pairs), detail)


def measure_number_distance(golden: Golden, answers: dict[str, Prediction]) -> Parity:
    """Measure the largest distance of a predicted number from the trainer's, relative to numbers above 1."""
    return _distance(
        [[number] for number in golden.predictions], {f: [[x] for x in a.result] for f, a in answers.items()}
    )


def measure_probability_distance(golden: Golden, answers: dict[str, Prediction]) -> Parity:
    """Measure the largest distance of a probability from the trainer's. Raises `EndpointFault` where the endpoint gives none."""
    return _distance(golden.probabilities or [], {f: a.required_probabilities for f, a in answers.items()})


def is_same(answered: Label, expected: Label) -> bool:
    """Return whether an answer is what was expected: texts and whole numbers exactly, other numbers within a millionth."""
    return _equal(answered, expected) or (isinstance(expected, float) and _apart(answered, expected) <= TOLERANCE)


def _distance(expected: Sequence[Sequence[Label]], answers: dict[str, Sequence[Sequence[Label]]]) -> Parity:
    worst, where, n = 0.0, "", 0
    for form, rows in answers.items():
        for at, (row, answered) in enumerate(zip(expected, rows, strict=True)):
            if len(row) != len(answered):
                raise EndpointFault(
                    f"golden row {at} as {form} got {len(answered)} probabilities, the trainer had {len(row)}"
                )
            n += 1
            apart = max(map(_apart, answered, row))
            if apart > worst:
                worst, where = (
                    apart,
                    f"; furthest: row {at} as {form}, {ascii(answered)[:60]} instead of {ascii(row)[:60]}",
                )
    return Parity(worst, n, f"golden rows sent as {' and as '.join(answers)}{where}")


def _equal(answered: Label, expected: Label) -> bool:
    return answered == expected and isinstance(answered, bool) == isinstance(expected, bool)


def _apart(answered: Label, expected: Label) -> float:
    if isinstance(answered, str | bool) or isinstance(expected, str | bool):
        return math.inf
    return abs(answered - expected) / max(1.0, abs(expected))
