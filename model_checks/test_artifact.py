"""The model that was loaded is the model that was trained, and it fits the rows it is judged on."""

import pytest

from gates.measures.model.fidelity import count_unknown_labels, list_mismatches, replay, replay_probabilities
from gates.measures.model.leakage import count_shared_ids

pytestmark = pytest.mark.gate("model")


def test_the_loaded_model_answers_like_the_trained_one(challenger, golden, evidence):
    changed = replay(challenger, golden)
    evidence.violations(changed.count, n=changed.n, detail=changed.where)
    evidence("probability_gap", replay_probabilities(challenger, golden), n=changed.n)


def test_the_signature_matches_the_configuration(challenger, roles, training_rows, evidence):
    mismatches = list_mismatches(challenger, roles, training_rows)
    evidence.violations(len(mismatches), n=len(training_rows), detail="; ".join(mismatches))


@pytest.mark.usefixtures("classes_only")
def test_the_model_knows_the_labels_of_the_holdout(challenger, holdout, evidence):
    count, detail = count_unknown_labels(challenger, holdout)
    evidence("unknown_label_share", count / len(holdout), n=len(holdout), detail=detail)


def test_the_holdout_is_new_to_the_challenger(training_rows, holdout, evidence):
    count, detail = count_shared_ids(training_rows, holdout)
    evidence.violations(count, n=len(holdout), detail=detail)
