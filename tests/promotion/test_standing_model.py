"""Every short sequence of answers, against a second opinion in a few lines: no order of words makes an approval of too few."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from gates.digest import Digest
from gates.policy.records import Person, PromotionPolicy
from gates.promotion.approvals.documents import AnswerKind, ApprovalAnswer, ApprovalRequest
from gates.promotion.approvals.standing import RequestState, find_standing

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MODEL, ASKED, OTHER = (Digest.of_bytes(word) for word in (b"model", b"asked", b"other"))
PEOPLE = {name: Person(name, name.encode() * 20) for name in ("Ada", "Bo", "Cy")}
STRANGER = Person("Eve", b"Eve" * 20)
REQUEST = ApprovalRequest(
    "run", "papers", 1, MODEL, MODEL, MODEL, 0, None, {"model": MODEL}, ("cy",), NOON, NOON + timedelta(hours=1), ()
)
WORDS = [(act, name) for act in AnswerKind for name in (*PEOPLE, "Eve")]


def answers(sequence, request: Digest = ASKED) -> list[ApprovalAnswer]:
    said = {**PEOPLE, "Eve": STRANGER}
    return [ApprovalAnswer(act, request, name, "why", NOON, said[name].key_id) for act, name in sequence]


def second_opinion(sequence, wanted: int, own_runs: bool) -> RequestState:
    """Who spoke last for it, of those who may; nobody against it."""
    if any(act is AnswerKind.REJECT and name != "Eve" for act, name in sequence):
        return RequestState.REJECTED
    may = {"Ada", "Bo"} | ({"Cy"} if own_runs else set())
    last = {name: act for act, name in sequence if name in may}
    return (
        RequestState.APPROVED
        if sum(act is AnswerKind.APPROVE for act in last.values()) >= wanted
        else RequestState.WAITING
    )


@pytest.mark.parametrize("wanted", [1, 2, 3])
@pytest.mark.parametrize("own_runs", [False, True])
def test_every_sequence_of_three_answers_stands_as_a_second_opinion_says(wanted, own_runs):
    policy = PromotionPolicy(wanted, tuple(PEOPLE.values()), own_runs=own_runs)
    found = set()
    for length in range(4):
        for sequence in product(WORDS, repeat=length):
            standing = find_standing(REQUEST, ASKED, answers(sequence), policy, NOON)
            assert standing.state is second_opinion(sequence, wanted, own_runs), sequence
            found.add(standing.state)
    assert RequestState.WAITING in found
    assert (RequestState.APPROVED in found) == (wanted < 3 or own_runs)


def test_no_sequence_about_another_request_or_after_the_time_approves():
    policy = PromotionPolicy(1, tuple(PEOPLE.values()))
    for sequence in product(WORDS, repeat=2):
        assert find_standing(REQUEST, ASKED, answers(sequence, OTHER), policy, NOON).state is RequestState.WAITING
        late = find_standing(REQUEST, ASKED, answers(sequence), policy, NOON + timedelta(hours=1, seconds=1)).state
        assert late in (RequestState.TIMED_OUT, RequestState.REJECTED)


def test_nobody_approves_where_the_policy_names_nobody():
    for sequence in product(WORDS, repeat=2):
        assert find_standing(REQUEST, ASKED, answers(sequence), PromotionPolicy(), NOON).state is RequestState.WAITING
