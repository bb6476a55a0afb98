"""The anchor: only proof moves it, a rollback brings the old one back, and it is found from the log alone."""

from datetime import UTC, datetime

import pytest

from gates.digest import Digest
from gates.history.anchor import find_anchor, proves_better
from gates.registry import LogEntry, Move

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SOME = Digest.of_bytes(b"x")


def moves(story):
    """``1 2+ 3 <1 !4``: versions promoted, ``+`` proved better, ``<`` rolled back to, ``!`` by break-glass."""
    kinds = {"<": Move.ROLLBACK, "!": Move.BREAK_GLASS}
    return [
        LogEntry(
            "m", None, int(word.strip("<!+")), SOME, epoch, NOW, SOME, (), kinds.get(word[0], Move.PROMOTION), "", word
        )
        for epoch, word in enumerate(story.split(), 1)
    ]


@pytest.mark.parametrize(
    ("story", "anchor"),
    [
        ("", None),
        ("1", 1),
        ("1 2", 1),
        ("1 2 3 4 5", 1),  # five champions, each no worse than the one before: all are held to the first
        ("1 2+", 2),
        ("1 2+ 3", 2),
        ("1 2+ 3+ 4", 3),
        ("1 2+ <1", 1),  # what was withdrawn is no measure of anything
        ("1 2+ 3 <2", 2),
        ("1 2 3+ <2", 1),
        ("1 2+ <1 2+", 2),
        ("1 2+ 3+ <2 <1", 1),
        ("!1", None),
        ("!1 2", 2),
        ("1 !2", 1),
        ("1 2+ !3 4", 2),
        ("!1 <1", None),
    ],
)
def test_only_proof_moves_the_anchor(story, anchor):
    assert find_anchor(moves(story), lambda move: move.hash.endswith("+")) == anchor


def test_the_log_is_read_no_further_than_needed():
    asked = []
    find_anchor(moves("1 2 3+ 4 5"), lambda move: asked.append(move.new_version) or move.hash.endswith("+"))
    assert asked == [5, 4, 3]


def check(**evidence):
    return {"evidence": [{"name": name.replace("_", " "), "value": str(value)} for name, value in evidence.items()]}


@pytest.mark.parametrize(
    ("checks", "better"),
    [
        ([], False),
        ([{}], False),
        ([check(accuracy_against_champion=0.01)], True),
        ([check(accuracy_against_champion=0.0)], False),
        ([check(accuracy_against_champion="nan")], False),
        ([check(accuracy_against_champion=0.01), check(recall_against_champion=-0.01)], False),
        ([check(worst_class_against_champion=0.9)], False),  # a p-value is no difference
        ([check(accuracy_against_champion=0.01, accuracy_against_anchor=-0.01)], False),
        ([check(accuracy_against_champion=-0.01, accuracy_against_anchor=0.01)], True),
    ],
)
def test_better_means_better_than_the_anchor_in_every_metric(checks, better):
    assert proves_better(checks) is better
