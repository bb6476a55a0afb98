"""Count how the checks of a gate ended. What does not apply was not measured, and is never counted as passed."""

from __future__ import annotations

from collections import Counter

from gates.judgement.judge import CheckResult, Judgement
from gates.reason import Code, Reason
from gates.run import Outcome

NOT_COMPARED = "not_compared_share"  # the id of the evidence that names columns which a check did not compare
_ORDER = (
    *("passed", "failed", "inconclusive", "errored", "skipped", "wrongly not applicable", "not known to the policy"),
    *("accepted", "waived", "not applicable"),
)


def count_checks(judgement: Judgement) -> str:
    """Return how many checks ended in which way, like ``19 passed, 7 not applicable``; ``no check ran`` where there is none."""
    counts = Counter(name_outcome(check) for check in judgement.checks)
    return ", ".join(f"{counts[word]} {word}" for word in _ORDER if counts[word]) or "no check ran"


def name_outcome(check: CheckResult) -> str:
    """Return how a check ended as people read it: its outcome, or who let it count (accepted, waived), or why it does not."""
    if check.accepted:
        return "accepted"
    if check.waived:
        return "waived"
    if not check.counts and check.outcome is Outcome.PASSED:
        return "not known to the policy"
    if not check.counts and check.outcome is Outcome.NOT_APPLICABLE:
        return "wrongly not applicable"
    return check.outcome.replace("_", " ")


def name_result(judgement: Judgement) -> str:
    """Return how a gate ended in words: passed, refused or could not judge."""
    return "passed" if judgement.passed else "refused" if judgement.could_judge else "could not judge"


def find_uncovered(judgement: Judgement) -> tuple[Reason, ...]:
    """Return the reasons of a judgement that are not those of one of its checks that do not count."""
    bad = [check for check in judgement.checks if not check.counts]
    covered: set[tuple[str, Code]] = set()
    for check in bad:
        covered |= {(name, reason.code) for reason in check.reasons for name in (check.id, reason.check)}
    return tuple(reason for reason in judgement.reasons if (reason.check, reason.code) not in covered)


def find_unlooked(judgement: Judgement) -> tuple[tuple[CheckResult, str], ...]:
    """Return the checks that count although they did not look at every column, each with the columns and reasons.

    They say so by the evidence ``not_compared_share``. A check that does not count gives its whole sentence anyway.
    """
    return tuple(
        (check, evidence.detail)
        for check in judgement.checks
        for evidence in check.evidence
        if check.counts and evidence.id == NOT_COMPARED and evidence.number > 0
    )
