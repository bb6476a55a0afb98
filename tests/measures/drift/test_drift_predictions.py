"""A model that answers differently now, through both backends; answers that are no numbers are never "no drift"."""

from __future__ import annotations

import numpy as np
import pytest

from gates.measures.drift import DetectorFault, DriftFault, detect_predictions


def answers(rng: np.random.Generator, rows: int, lean: float = 0.0) -> np.ndarray:
    scores = np.exp(rng.standard_normal((rows, 3)) + np.array([lean, 0.0, 0.0]))
    return scores / scores.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("backend", ["alibi-detect", "scipy"])
def test_a_class_that_is_predicted_more_often_is_named(rng, backend):
    drift = detect_predictions(answers(rng, 300), answers(rng, 200, lean=1.0), classes=("a", "b", "c"), backend=backend)
    assert drift.drifted
    assert drift.compared == 3
    assert "'probability of class a' moved by +" in drift.sentence


def test_both_backends_give_equal_p_values(rng):
    before, now = answers(rng, 300), answers(rng, 200, lean=0.2)
    alibi, scipy = (detect_predictions(before, now, backend=name) for name in ("alibi-detect", "scipy"))
    assert [one.p_value for one in alibi.columns] == [one.p_value for one in scipy.columns]
    assert alibi.p_value == scipy.p_value


def test_the_level_is_kept(rng):
    alarms = sum(
        detect_predictions(answers(rng, 200), answers(rng, 100), backend="scipy", alpha=0.05).drifted
        for _ in range(100)
    )
    assert alarms <= 19  # P(Binomial(100, 0.05) > 19) < 1e-6


def test_too_few_predictions_are_inconclusive(rng):
    drift = detect_predictions(answers(rng, 300), answers(rng, 5), backend="scipy")
    assert drift.inconclusive
    assert drift.rows_share < 1
    assert f"5 predictions on the smaller side are too few to see drift: {drift.needed_n} are needed" in drift.sentence


def test_labels_and_numbers_are_predictions_too(rng):
    labels = detect_predictions(rng.choice(["a", "b"], 300), rng.choice(["a", "b"], 200, p=[0.2, 0.8]), backend="scipy")
    assert labels.drifted
    assert labels.columns[0].kind == "categories"
    coded = detect_predictions(
        rng.choice([4, 7], 300), rng.choice([4, 7], 200, p=[0.2, 0.8]), classes=(4, 7), backend="scipy"
    )
    assert coded.columns[0].kind == "categories"
    values = detect_predictions(rng.normal(0, 1, 300), rng.normal(1, 1, 200), backend="scipy")
    assert values.drifted
    assert values.columns[0].name == "prediction"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_answer_that_is_not_finite_is_named(rng, value):
    broken = answers(rng, 200)
    broken[3, 1] = value
    with pytest.raises(DetectorFault, match="1 predictions on current are not finite"):
        detect_predictions(answers(rng, 300), broken)
    with pytest.raises(DetectorFault, match="1 predictions on the reference are not finite"):
        detect_predictions(broken, answers(rng, 300))


def test_no_predictions_are_inconclusive(rng):
    drift = detect_predictions(answers(rng, 300), answers(rng, 0), backend="scipy")
    assert drift.inconclusive
    assert drift.n == 0


def test_answers_of_different_models_are_refused(rng):
    with pytest.raises(DriftFault, match="2 outputs now and 3 on the reference"):
        detect_predictions(answers(rng, 30), answers(rng, 30)[:, :2])
    with pytest.raises(DriftFault, match="for 4 classes"):
        detect_predictions(answers(rng, 30), answers(rng, 30), classes=("a", "b", "c", "d"))
    with pytest.raises(DriftFault, match="wanted \\(rows,\\) or \\(rows, classes\\)"):
        detect_predictions(np.zeros((3, 3, 3)), np.zeros((3, 3, 3)))
    with pytest.raises(DriftFault, match="alpha is 2"):
        detect_predictions(answers(rng, 30), answers(rng, 30), alpha=2)
