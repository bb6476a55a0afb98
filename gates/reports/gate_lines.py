"""Write a judgement as lines for people: one line for the gate and what needs attention below it, or a line for every check."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from gates.evidence import Kind, format_number, unit_of
from gates.judgement.judge import CheckResult, Judgement
from gates.reports.counting import count_checks, find_uncovered, find_unlooked, name_outcome, name_result
from gates.run import Outcome

LONGEST = 480  # characters of one sentence where only what needs attention is printed
_MARKS = {"passed": "✓", "refused": "✗", "could not judge": "?"}
_PLAIN_MARKS = {"✓": "ok", "✗": "NO", "?": "? "}


@dataclass(frozen=True, slots=True)
class Line:
    """Hold one line: its text, its style (see `gates.reports.progress`), and by how many columns it is indented.

    ``hanging`` is how much further the rest of it is indented, where it is wrapped.
    """

    text: str
    style: str = ""
    indent: int = 0
    hanging: int = 0


def gate_line(judgement: Judgement, seconds: float, *, plain: bool = False) -> Line:
    """Return the line of a gate: mark, result, how its checks ended, and its seconds. ``plain`` writes the mark in ASCII."""
    word = name_result(judgement)
    mark = _PLAIN_MARKS[_MARKS[word]] if plain else _MARKS[word]
    named = f"{judgement.gate} gate {word}"
    return Line(
        f"{mark} {named:22}  {count_checks(judgement):42}  {seconds:5.1f} s", "good" if judgement.passed else "bad"
    )


def attention_lines(judgement: Judgement) -> Iterator[Line]:
    """Yield what needs attention: checks that do not count or count by an excuse, columns not compared, reasons of no check."""
    noted = [check for check in judgement.checks if not check.counts or check.excuse]
    for fault, group in itertools.groupby(noted, key=_fault):
        checks = list(group)
        for neighbours in [checks] if fault else [[check] for check in checks]:
            yield from _fallen(neighbours, LONGEST)
    yield from _unlooked(judgement)
    yield from _uncovered(judgement)


def check_lines(judgement: Judgement) -> Iterator[Line]:
    """Yield a line for every check with what it measured, then the reasons of no check.

    The cases of one check that all passed without a measurement share a line, and neighbours that failed for one reason give it
    once.
    """
    for sentence, checks in itertools.groupby(judgement.checks, key=_fault):
        if sentence:
            yield from _fallen(list(checks))
            continue
        for _, cases in itertools.groupby(checks, key=lambda check: check.id.partition("[")[0]):
            yield from _cases(list(cases))
    yield from _unlooked(judgement)
    yield from _uncovered(judgement)


def name_check(id: str) -> str:
    """Return ``folder/test_floors.py::test_it_holds[a]`` as ``floors: it holds[a]``."""
    return id.rpartition("/")[2].replace(".py::test_", ": ").removeprefix("test_").replace("_", " ")


def _uncovered(judgement: Judgement) -> Iterator[Line]:
    for reason in find_uncovered(judgement):
        yield Line(str(reason), "bad", 4)


def _unlooked(judgement: Judgement) -> Iterator[Line]:
    for _, columns in itertools.groupby(find_unlooked(judgement), key=lambda one: one[1]):
        ((check, sentence), *_) = columns
        shown = sentence if len(sentence) <= LONGEST else f"{sentence[:LONGEST]} ..."
        yield Line(f"not compared   {name_check(check.id)}: {shown}", "mild", 2, 15)


def _cases(cases: list[CheckResult]) -> Iterator[Line]:
    """Yield the cases of one check: one line where they are many and all passed without a measurement, else one line each."""
    if len(cases) > 3 and all(_is_plain(case) for case in cases):
        counted = tuple(Counter(evidence.label for case in cases for evidence in case.evidence))
        n = sum(evidence.n for case in cases for evidence in case.evidence)
        whole = f"{cases[0].id.partition('[')[0]} ({len(cases)} cases)"
        summed = (replace(cases[0].evidence[0], n=n),) if len(counted) == 1 else ()
        yield from _check(replace(cases[0], id=whole, evidence=summed))
        return
    for case in cases:
        yield from _check(case)


def _fallen(checks: list[CheckResult], longest: int = 0) -> Iterator[Line]:
    """Yield neighbouring checks that do not count for the same reason: the reason once, below the last of them."""
    for check in checks[:-1]:
        yield Line(f"{name_outcome(check):14} {name_check(check.id)}", "bad", 2)
    yield from _check(checks[-1], longest)


def _check(check: CheckResult, longest: int = 0) -> Iterator[Line]:
    """Yield a check that counts as one line, and one that does not with its sentence below; ``longest`` 0 cuts nothing."""
    style = "dim" if check.outcome is Outcome.NOT_APPLICABLE else "" if check.counts else "bad"
    head = f"{name_outcome(check):14} {name_check(check.id)}"
    if check.counts and not check.excuse:
        measured = "; ".join(f"{e.label} = {format_number(e.number)}{unit_of(e)} (n = {e.n:,})" for e in check.evidence)
        if check.outcome is Outcome.NOT_APPLICABLE:
            measured = check.sentence.removeprefix("not applicable ")
        yield Line(f"{head}{'  ' if measured else ''}{measured}", style, 2, 15)
        return
    sentence = check.sentence if not longest or len(check.sentence) <= longest else f"{check.sentence[:longest]} ..."
    yield Line(head, style or "mild", 2)
    yield Line(f"{sentence}{f' ({check.excuse})' if check.excuse else ''}", style or "mild", 17)


def _is_plain(check: CheckResult) -> bool:
    """Return whether a check passed and has only evidence of no violation."""
    nothing = all(evidence.kind is Kind.VIOLATIONS and evidence.number == 0 for evidence in check.evidence)
    return check.outcome is Outcome.PASSED and check.counts and nothing


def _fault(check: CheckResult) -> str:
    """Return what is wrong with a check that does not count; nothing for one that counts."""
    return "" if check.counts else f"{check.outcome}: {check.sentence}"
