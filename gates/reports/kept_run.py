"""Read the kept document of a command again, for people: how it ended, why, and what each gate said.

A document may be of an older schema, or damaged: what cannot be read is left out here, and `gates show --full` prints it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from gates.evidence import Evidence, Kind
from gates.judgement.decision import Ending
from gates.judgement.judge import CheckResult, Judgement
from gates.reason import Reason
from gates.reports.gate_lines import name_check
from gates.run import Outcome

_MOVES = {
    "rollback": "rolled back",
    "promote --break-glass": "glass broken",
}  # how a promotion by these commands is called


@dataclass(frozen=True, slots=True)
class KeptGate:
    """Hold what one gate said, and the seconds of its stage."""

    judgement: Judgement
    seconds: float


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Hold how a command ended: ``command`` is what was called, ``ending`` one or two words, ``sentence`` the decision."""

    command: str
    ending: str
    sentence: str
    exit_code: int | None
    reasons: tuple[Reason, ...]
    notes: tuple[str, ...]
    gates: tuple[KeptGate, ...]
    cause: str

    @property
    def why(self) -> str:
        """Return in short why it ended so: the first reason and how many more there are, else the decision."""
        if not self.reasons or not self.exit_code:
            return self.sentence.removeprefix(f"{self.ending}: ")
        first, more = self.reasons[0], len(self.reasons) - 1
        gate = f"{first.gate} gate, " if first.gate else ""
        text = f"{gate}{name_check(first.check)}" if first.check else first.text
        return f"{text} (and {more} more)" if more else text


def read_kept_run(content: Mapping[str, object], state: str) -> RunSummary:
    """Return the summary of a kept document; ``state`` is how the ledger says that the command stands."""
    command = _text(content, "command") or _text(content, "purpose")
    command = command.partition(", caused by")[0]
    ending = _text(content, "ending") or state
    if ending == Ending.PROMOTED and command in _MOVES:
        ending = _MOVES[command]
    code = content.get("exit_code")
    return RunSummary(
        command,
        ending,
        _text(content, "sentence"),
        code if isinstance(code, int) else None,
        tuple(_reasons(content.get("reasons"))),
        tuple(note for note in _list(content, "notes") if isinstance(note, str)),
        tuple(_gates(content)),
        _text(content, "cause"),
    )


def read_checks(checks: object) -> tuple[CheckResult, ...]:
    """Return the checks of a kept document or of a verdict. Raises KeyError, TypeError or ValueError for what is no check."""
    if not isinstance(checks, list | tuple):
        raise TypeError("the checks are no list")
    return tuple(
        CheckResult(
            str(check["id"]),
            Outcome(check["outcome"]),
            check["counts"] is True,
            str(check["sentence"]),
            tuple(_evidence(one) for one in check["evidence"]),
            str(check.get("accepted") or ""),
            float(check.get("seconds", 0.0)),
            str(check.get("waived") or ""),
            tuple(_reasons(check.get("reasons"))),
        )
        for check in checks
    )


def _evidence(content: Mapping[str, object]) -> Evidence:
    """Return an evidence; in a document its text is beside its number, in a verdict it is the value."""
    number = content.get("n")
    return Evidence(
        str(content["id"]),
        str(content.get("text", content.get("value"))),
        number if isinstance(number, int) else 0,
        str(content.get("detail") or ""),
        None,
        Kind(str(content.get("kind", Kind.MEASUREMENT))),
        str(content.get("name") or ""),
        str(content.get("unit") or ""),
        str(content.get("better") or ""),
    )


def _gates(content: Mapping[str, object]) -> Iterator[KeptGate]:
    for gate in _list(content, "gates"):
        if not isinstance(gate, Mapping):
            continue
        with suppress(KeyError, TypeError, ValueError, AttributeError):
            reasons = tuple(_reasons(gate["reasons"]))
            could_judge = gate["could_judge"] is True
            marks = tuple(mark for mark in _list(gate, "marks") if isinstance(mark, str))
            judgement = Judgement(str(gate["gate"]), read_checks(gate["checks"]), reasons, could_judge, marks=marks)
            yield KeptGate(judgement, _seconds(content, judgement.gate))


def _seconds(content: Mapping[str, object], gate: str) -> float:
    for timing in _list(content, "timings"):
        if isinstance(timing, Mapping) and f"{gate} gate" in str(timing.get("stage", "")):
            with suppress(TypeError, ValueError):
                return float(timing.get("seconds", 0.0))
    return 0.0


def _reasons(reasons: object) -> Iterator[Reason]:
    for reason in reasons if isinstance(reasons, list) else ():
        with suppress(ValueError):
            yield Reason.from_json(reason)


def _text(content: Mapping[str, object], key: str) -> str:
    value = content.get(key)
    return value if isinstance(value, str) else ""


def _list(content: Mapping[str, object], key: str) -> list[object]:
    value = content.get(key)
    return value if isinstance(value, list) else []
