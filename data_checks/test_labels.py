"""There is something to learn, and the labels do not contradict each other or the past."""

import pytest

pytestmark = pytest.mark.gate("data")


def test_there_is_more_than_one_label(finding, evidence):
    labels = finding("expect_several_labels")
    evidence("different labels", labels.value, n=labels.n, detail=labels.detail)


def test_equal_rows_carry_equal_labels(label_finding, evidence):
    conflicts = label_finding("expect_consistent_labels")
    evidence("conflicting_label_share", conflicts.value, n=conflicts.n, detail=conflicts.detail)


def test_labels_still_follow_the_features(label_change, evidence):
    evidence("loss of label agreement", label_change.loss, n=label_change.rows, detail=label_change.detail)


def test_known_rows_keep_their_labels(relabelled, evidence):
    evidence("relabelled_share", relabelled.share, n=relabelled.rows, detail=relabelled.detail)
