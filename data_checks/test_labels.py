"""There is something to learn, and the labels do not contradict each other or the past."""

import pytest

pytestmark = pytest.mark.gate("data")


def test_there_is_more_than_one_label(expect, evidence):
    evidence.of(expect.several_labels)


@pytest.mark.usefixtures("labels_only")
def test_equal_rows_carry_equal_labels(expect, evidence):
    evidence.of(expect.consistent_labels)


def test_labels_still_follow_the_features(label_change, evidence):
    evidence.of(label_change.measured())


def test_known_rows_keep_their_labels(relabelled, evidence):
    evidence("relabelled_share", relabelled.share, n=relabelled.rows, detail=relabelled.detail)
