"""Run the two-file forms of `gates check`: compare one file with another, without any model."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gates import documents
from gates.digest import Digest
from gates.errors import ConfigError, SubjectError
from gates.judgement.decision import Decision, Ending
from gates.judgement.judge import Judgement, missed
from gates.judging import Case, judge_gate
from gates.reason import Code
from gates.run import Outcome
from gates.session import Session

_GATES = {"data": "data_files", "drift": "drift_files"}
_LINES = 20
# Which rows depend on each other, by the option that says so.
_DEPENDENT = {
    "group": ("NAME", "the column of what several rows belong to, exchanged whole"),
    "time": ("NAME", "the column with the time of a row"),
    "block": ("SPAN", "rows that depend on each other: a length of time like 1d, or a number like '50 rows'"),
    "season": ("WORD", "weekday: blocks are exchanged within the weekday alone"),
    "order": ("WORD", "none: the order of the rows means nothing"),
}


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options of two files to the parser of `gates check`."""
    group = parser.add_argument_group("two files (data and drift)", "hold one file to another; no model is needed")
    group.add_argument("--reference", default=None, metavar="PATH", help="the file that --data is held to")
    group.add_argument(
        "--id",
        default="",
        metavar="NAME",
        help="the key column of both files, or several like store,day (default: id of [tool.ml])",
    )
    group.add_argument(
        "--target", default="", metavar="NAME", help="the label column of both files (default: target of [tool.ml])"
    )
    group.add_argument(
        "--task",
        default="",
        choices=("classification", "regression"),
        help="what the label column holds: classes or numbers (default: task of [tool.ml], else what its values look like)",
    )
    for name, (metavar, about) in _DEPENDENT.items():
        group.add_argument(
            f"--{name}", default="", metavar=metavar, help=f"{about} (drift; default: {name} of [tool.ml])"
        )


def require_sense(options: argparse.Namespace) -> None:
    """Raise `ConfigError` for options of `gates check` that do not go together."""
    if options.reference is None:
        if options.id or options.target or options.task:
            raise ConfigError("--id, --target and --task belong to two files", "name the other file with --reference")
        if given := _given(options, _DEPENDENT):
            raise ConfigError(
                f"--{next(iter(given))} belongs to two files",
                "name the other file with --reference, or declare it in [tool.ml]",
            )
        return
    if options.gate not in _GATES:
        raise ConfigError(
            f"the {options.gate} gate does not compare two files", "--reference goes with gates check data or drift"
        )
    if options.gate != "drift" and (given := _given(options, _DEPENDENT)):
        raise ConfigError(f"--{next(iter(given))} is about drift", "it goes with gates check drift")
    if options.data is None:
        raise ConfigError("--reference without --data: one file is not two", "name the current file with --data")
    if options.model != "challenger" or options.endpoint:
        raise ConfigError("two files are compared without any model", "leave out --model and --endpoint")


def _given(options: argparse.Namespace, names: Iterable[str]) -> dict[str, str]:
    """Return the options of these names that were given, by name."""
    return {name: str(getattr(options, name)) for name in names if getattr(options, name, "")}


def check_two_files(session: Session, options: argparse.Namespace) -> Decision:
    """Judge the current file (--data) against the reference file, and return the decision.

    It is refused only where a measurement misses its bound; with too few rows, or a broken run, it could not be judged.
    """
    gate = _GATES[options.gate]
    chosen = _given(options, ("id", "target", "task", *_DEPENDENT))
    with _taken(session, options.reference) as before, _taken(session, options.data) as now:
        (reference, reference_name), (current, current_name) = before, now
        chosen |= {"reference_name": f"the reference {reference_name}", "current_name": current_name}
        case = Case(current, Digest.of(current), reference=reference, options=chosen)
        with session.stage(f"{gate} gate"):
            judgement = judge_gate(session, gate, case)
    session.tell(judgement)
    for note in _notes(session.folder / f"{gate}.notes.json"):
        session.progress.line(f"  {note}", "mild")
    profile = session.folder / f"{gate}.profile.json"
    if profile.exists():
        session.progress.line(f"  profile of the reference, to read and to keep: {profile}", "dim")
    return _decide(session, judgement, current_name, reference_name)


def _decide(session: Session, judgement: Judgement, current: str, reference: str) -> Decision:
    if judgement.passed:
        return Decision(Ending.PASSED, f"passed: {current} matches {reference}")
    if judgement.misconfigured:
        return Decision(Ending.MISCONFIGURED, "the question makes no sense; nothing was compared", judgement.reasons)
    policy = session.policy.gates[judgement.gate]
    if judgement.could_judge and not judgement.disturbed and any(missed(check, policy) for check in judgement.checks):
        return Decision(Ending.REFUSED, f"refused: {current} does not match {reference}", judgement.reasons)
    few = all(check.counts or check.outcome is Outcome.INCONCLUSIVE for check in judgement.checks)
    why = "too few rows to tell" if few and not judgement.disturbed else "the comparison broke"
    if any(reason.code is Code.ROWS_NOT_EXCHANGEABLE for reason in judgement.reasons):
        why = "rows depend on each other, and nothing says how"
    return Decision(Ending.COULD_NOT_JUDGE, f"could not judge: {why}", judgement.reasons)


@contextmanager
def _taken(session: Session, source: str) -> Iterator[tuple[Path, str]]:
    """Take a snapshot of a source, and remove it when the block ends. Gives its path and the name of its source."""
    batch = session.work.take(source, session.home.scratch)
    session.progress.line(f"data {Digest.of(batch.path).short}  {batch.source}")
    try:
        yield batch.path, Path(batch.source).name or batch.source
    finally:
        batch.path.unlink(missing_ok=True)


def _notes(path: Path) -> list[str]:
    """Return the notes that the checks wrote for people beside their measurements; nothing where the file is absent or damaged."""
    with suppress(OSError, SubjectError, AttributeError):
        notes = documents.load(path.read_bytes(), path.name).get("notes")
        return [str(note)[:400] for note in notes][:_LINES] if isinstance(notes, list) else []
    return []
