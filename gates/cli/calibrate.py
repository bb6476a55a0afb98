"""`gates calibrate`: propose bounds from the runs that were kept, with the rate of false alarms that each has."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from gates import documents
from gates.adoption.calibration import (
    FILE,
    HEAD,
    PastRun,
    ProposedBound,
    digest_data,
    extend_calibrated,
    propose_bounds,
    read_values,
    write_calibrated,
)
from gates.adoption.files import replace_policy, write_all
from gates.cli.options import Commands, command, look
from gates.context import Context
from gates.errors import ConfigError, GatesError
from gates.policy.layers import read_effective
from gates.policy.records import Policy
from gates.registry.lock import hold
from gates.reports.progress import Progress
from gates.session import ReadOnlySession
from gates.toml_reader import read_toml

_GOOD = ("promoted", "passed")


def add(commands: Commands) -> None:
    """Add the parser of `gates calibrate` to the commands."""
    parser = command(
        commands,
        "calibrate",
        "propose bounds from past runs, with a rate of false alarms",
        "Propose bounds from the measurements of the runs that passed, each with the rate at which a further good run would miss"
        f" it. With --write they go into {FILE}, which the policy then extends; its own bounds count before them.",
    )
    parser.add_argument(
        "--false-alarms",
        default="0.05",
        metavar="RATE",
        help="the largest rate of one bound (default 0.05: 19 runs at least)",
    )
    parser.add_argument(
        "--check",
        action="append",
        default=[],
        metavar="TEXT",
        help="a part of a check's name; may be repeated (default: every check)",
    )
    parser.add_argument("--write", action="store_true", help=f"write {FILE}; the checks have to be named with --check")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Print the proposals, or write them, and return 0; 3 where there are none.

    Raises `ConfigError` for a rate that is none, for --write without --check, and for a policy or a file that cannot take them;
    `BackendError` where a file cannot be written or another command is at work here.
    """
    rate = _rate(options.false_alarms)
    if options.write and not options.check:
        raise ConfigError(
            "--write without --check would calibrate every bound at once", "name the checks with --check TEXT"
        )
    session = look(options)
    policy, _ = session.project()
    runs = tuple(_past_runs(session))
    bounds, notes = propose_bounds(policy, runs, rate, options.check)
    progress = Progress()
    for note in notes:
        progress.line(f"no proposal for {note}", "mild")
    for one in bounds:
        progress.line(
            f"{one.check} {one.evidence}: {one.comparator} {one.limit:g} (now {one.before}); {one.describe()}"
        )
    if not bounds:
        progress.line("no bound can be proposed", "bad")
        return 3
    if options.write:
        with hold(session.home.path, purpose="gates calibrate"):
            _write(progress, policy, bounds, runs)
    return 0


def _rate(text: str) -> float:
    with suppress(ValueError):
        if 0 < (rate := float(text)) < 1:
            return rate
    raise ConfigError(f"--false-alarms is {text!r}, wanted a rate between 0 and 1", "write it like 0.05")


def _past_runs(session: ReadOnlySession) -> Iterator[PastRun]:
    """Give each gate of each run that ended well, oldest first, where the run still says which data it ran on."""
    for kept in sorted(session.registry.runs(), key=lambda run: run.at):
        if kept.state not in _GOOD:
            continue
        with suppress(GatesError, OSError, ValueError):  # a damaged record proposes nothing
            for gate in documents.load(kept.document, kept.id).get("gates", ()):
                context = Context.read(session.home.path / "runs" / kept.id / f"{gate['gate']}.context.json")
                if gate["passed"] and context.batch_digest:
                    yield PastRun(kept.id, str(gate["gate"]), context.batch_digest, read_values(gate))


def _write(progress: Progress, policy: Policy, bounds: tuple[ProposedBound, ...], runs: tuple[PastRun, ...]) -> None:
    path: Path = policy.source.with_name(FILE)
    if path.exists() and not path.read_text(encoding="utf-8").startswith(HEAD):
        raise ConfigError(f"{FILE} was not written by gates calibrate, and is not overwritten", "move it away")
    text, extended = extend_calibrated(policy.source.read_text(encoding="utf-8"))
    if extended == FILE:  # calibrated before: what that file extends stays
        extended = str(read_toml(path)["tool"]["gates"]["extends"])  # type: ignore[index]
    used = [run for run in runs if run.gate in {one.gate for one in bounds}]
    content = write_calibrated(bounds, extends=extended, data=digest_data(used), today=datetime.now(UTC).date())
    if path.exists():
        replace_policy(path, content)
    else:
        write_all(path.parent, {FILE: content})
    replace_policy(policy.source, text)
    own = read_effective(policy.source).origins
    for one in bounds:
        file, _, check = one.check.partition("::")
        if own.get((one.gate, file, "thresholds", check.removeprefix("test_"), one.evidence)) == policy.source.name:
            progress.line(
                f"{one.check} {one.evidence} has a bound in {policy.source.name}, which counts: remove it there", "mild"
            )
    progress.line(f"written: {FILE}, which {policy.source.name} extends; gates policy prints what decides now", "good")
