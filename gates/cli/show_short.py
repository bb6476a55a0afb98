"""Print what `gates show` says first: the decision, then why, then what else a person may want to know of it."""

from __future__ import annotations

from collections.abc import Mapping

from gates.attest import GATE
from gates.attest.decision import read_decision
from gates.attest.result import read_result
from gates.errors import SubjectError
from gates.evidence import format_number
from gates.history.alias_moves import tell_move
from gates.history.champion_evidence import find_scores
from gates.judgement.judge import Judgement
from gates.registry import KeptRun, Version
from gates.reports.counting import count_checks
from gates.reports.kept_run import read_checks, read_kept_run
from gates.reports.progress import Progress
from gates.session import ReadOnlySession

# The facts of a version that a person wants to know first, with what they are called.
_WORTH = {
    "recipe": "recipe",
    "rows": "rows",
    "holdout_rows": "held out",
    "source": "data from",
    "trusted": "mark",
    "run": "run",
}
_STYLES: Mapping[int | None, str] = {0: "good", 4: "mild"}  # by exit code


def show_run(progress: Progress, run: KeptRun, content: Mapping[str, object]) -> None:
    """Print a run: its decision with every reason, the command and when, a line a gate, and how a request for approval stands."""
    summary = read_kept_run(content, run.state)
    approval = content.get("approval")
    if isinstance(approval, Mapping):  # how the request stands today comes before what the run could say of it
        progress.line(str(approval.get("stands")), "bold")
    progress.line(summary.sentence or f"no decision: the command is {run.state}", _STYLES.get(summary.exit_code, "bad"))
    for gate in summary.gates:
        progress.gate(gate.judgement, gate.seconds)
    for mark in dict.fromkeys(mark for gate in summary.gates for mark in gate.judgement.marks):
        progress.line(f"mark       {mark}", "mild")
    for reason in summary.reasons:
        if not progress.has_told(reason):
            progress.reason(reason.text)
    for note in summary.notes:
        progress.reason(note)
    if isinstance(approval, Mapping):
        answers = approval.get("answers")
        for answer in answers if isinstance(answers, list) else ():
            progress.line(f"answer     {answer}")
    progress.line(f"run        {run.id}, {run.at:%Y-%m-%d %H:%M:%S} UTC: {summary.command}, {summary.ending}")
    if summary.cause:
        progress.line(f"caused by  {summary.cause}")


def show_version(progress: Progress, session: ReadOnlySession, version: Version) -> None:
    """Print a version: whether it serves, its scores, where it comes from, its verdicts and its moves."""
    registry = session.registry
    champion = registry.champion(version.name)
    head = f"{version.name} version {version.version}"
    if champion is not None and champion.version.version == version.version:
        progress.line(f"champion since {champion.since:%Y-%m-%d %H:%M:%S} UTC, epoch {champion.epoch}: {head}", "good")
    else:
        serves = f"version {champion.version.version} serves" if champion else "there is no champion"
        progress.line(f"not the champion ({serves}): {head}")
    progress.line(f"digest     {version.digest}")
    progress.line(f"scores     {tell_scores(session, version) or 'none: the model gate has not judged it'}")
    for key, word in _WORTH.items():
        if key in version.facts:
            progress.line(f"{word:10} {version.facts[key]}")
    for verdict in registry.verdicts(version.name, version.digest):
        word = "passed" if verdict.passed else "refused"
        progress.line(f"verdict    {verdict.at:%Y-%m-%d %H:%M} {verdict.gate:9} {word:8} {verdict.digest}")
    for entry in registry.log(version.name):
        if entry.new_version == version.version:
            progress.line(f"move       {tell_move(registry, session.keys, entry)}")
            progress.line(f"decision   {entry.decision}")


def tell_scores(session: ReadOnlySession, version: Version) -> str:
    """Return the scores of a version in one line; what hinders them to be read in their place; nothing where there are none."""
    try:
        scores = find_scores(session.registry, version, session.keys.trusted(GATE))
    except SubjectError as error:
        return f"cannot be read: {error.message}"
    if not scores:
        return ""
    return f"{', '.join(f'{one.label} {format_number(one.number)}' for one in scores)} (n = {scores[0].n:,})"


def show_verdict(progress: Progress, payload: bytes) -> None:
    """Print a verdict: what the gate said of which model, when, and why. Raises `SubjectError` for a payload that is none."""
    verdict = read_result(payload)
    judgement = Judgement(verdict.gate, read_checks(verdict.checks), verdict.reasons, could_judge=True)
    word = "passed" if verdict.passed else "refused"
    progress.line(
        f"the {verdict.gate} gate {word} {verdict.binding.name} {verdict.binding.model.short}: {count_checks(judgement)}",
        "good" if verdict.passed else "bad",
    )
    for reason in verdict.reasons:
        progress.reason(reason.text)
    for mark in verdict.marks:
        progress.line(f"mark       {mark}", "mild")
    progress.line(f"judged     {verdict.at:%Y-%m-%d %H:%M:%S} UTC in the run {verdict.run}")
    progress.line(f"data       {verdict.binding.data.short}")


def show_decision(progress: Progress, payload: bytes) -> None:
    """Print a decision: which version became champion, how, when, on what. Raises `SubjectError` for a payload that is none."""
    decided = read_decision(payload)
    progress.line(
        f"{decided.kind}: {decided.name} version {decided.version} became champion, epoch {decided.epoch}", "good"
    )
    for word, note in decided.notes.items():
        progress.line(f"{word:10} {note}")
    progress.line(f"decided    {decided.at:%Y-%m-%d %H:%M:%S} UTC in the run {decided.run}")
    for gate, digest in decided.verdicts.items():
        progress.line(f"verdict    {gate:9} {digest}")
