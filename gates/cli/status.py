"""`gates status`: print who serves, since when, and what happened last."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from gates import documents
from gates.cli.options import Commands, command, look
from gates.cli.show_short import tell_scores
from gates.errors import GatesError, SubjectError
from gates.history.alias_moves import tell_glass, tell_move
from gates.history.champion_evidence import find_freshness
from gates.nightly.history import read_history
from gates.nightly.trend import summary
from gates.policy.records import Policy
from gates.printing import printable, printable_json
from gates.promotion.approvals.store import ApprovalStore
from gates.registry import Champion, KeptRun, Ledger, Move, Version
from gates.reports.kept_run import read_kept_run
from gates.reports.progress import Progress


def add(commands: Commands) -> None:
    """Add the parser of `gates status` to the commands."""
    parser = command(commands, "status", "who serves, and what happened last")
    parser.add_argument("--last", type=int, default=10, metavar="N", help="how many runs to list (default 10)")
    parser.add_argument("--json", action="store_true", help="print the champion as JSON")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Print who serves and how well, what waits for whom, and the last runs as a table, or with --json the champion alone; return
    0.
    """
    session, progress = look(options), Progress()
    registry, (policy, work), now = session.registry, session.project(), session.clock()
    glass = tell_glass(registry, session.keys, work.name)
    champion = registry.champion(work.name)
    if options.json:
        print(printable_json(json.dumps(_describe(work.name, champion, glass), indent=2)))
        return 0
    if glass:
        progress.line(glass, "bad")
    if champion is None:
        progress.line(f"champion  none: no version of {work.name} was promoted yet")
    else:
        version = champion.version
        progress.line(f"champion  {version.name} version {version.version}  {version.digest.short}", "bold")
        progress.line(f"          epoch {champion.epoch}, since {champion.since:%Y-%m-%d %H:%M:%S} UTC")
        entry = registry.log(work.name)[-1]
        if entry.kind is not Move.PROMOTION:
            progress.line(f"          by {tell_move(registry, session.keys, entry)}", "bad")
        about = [f"{key} {version.facts[key]}" for key in ("recipe", "rows", "run") if key in version.facts]
        if about:
            progress.line(f"          {', '.join(about)}", "dim")
        if "trusted" in version.facts:
            progress.line(f"          {version.facts['trusted']}", "mild")
        if scores := tell_scores(session, version):
            progress.line(f"          {scores}")
    latest = registry.latest(work.name)
    if latest is not None and (champion is None or latest.version != champion.version.version):
        progress.line(f"newest    {latest.name} version {latest.version}  {latest.digest.short}")
    if latest is not None:
        _tell_evidence(registry, latest, policy.max_age, now, progress)
    _tell_waivers(policy, now, progress)
    try:
        history = read_history(registry, work.name)
        progress.line(summary(history, now, policy.schedule.false_alarms_per_year))
    except SubjectError as error:  # the rest can be printed without the nights
        progress.line(f"nights    {error.message}", "bad")
    _tell_requests(ApprovalStore(registry, session.keys, policy.promotion, work.name), options.last, now, progress)
    runs = registry.runs()
    progress.line("runs" if runs else "runs      none yet")
    for line in _table(runs[max(0, len(runs) - options.last) :], progress.width):
        progress.line(line)
    return 0


def _table(runs: Sequence[KeptRun], width: int) -> Iterator[str]:
    """Yield a header and a line for each run, none longer than ``width``: the end of its id, when, what, how it ended and why."""
    if not runs:
        return
    yield f"  {'run':6}  {'time (UTC)':16}  {'command':16}  {'ending':18}  reason"
    for run in runs:
        try:
            summary = read_kept_run(documents.load(run.document, f"run {run.id}"), run.state)
        except SubjectError as error:  # the others can be printed
            yield f"  {run.id[-6:]:6}  {run.at:%Y-%m-%d %H:%M}  {'':16}  {run.state:18}  {error.message}"[:width]
            continue
        command, ending = summary.command[:16], summary.ending[:18]
        line = printable(f"  {run.id[-6:]:6}  {run.at:%Y-%m-%d %H:%M}  {command:16}  {ending:18}  {summary.why}")
        yield line if len(line) <= width else f"{line[: width - 4]} ..."


def _tell_evidence(registry: Ledger, version: Version, max_age: timedelta, now: datetime, progress: Progress) -> None:
    """Print until when the newest verdicts of a version carry a promotion, where there are any that carried none yet."""
    fresh = find_freshness(registry, version, max_age)
    if fresh is None:
        return
    left = fresh.until - now
    hours = f"in {left.total_seconds() / 3600:.0f} h" if left > timedelta() else "over: judge again with gates check"
    progress.line(
        f"evidence  for version {version.version} by {', '.join(fresh.gates)}, until {fresh.until:%Y-%m-%d %H:%M} UTC ({hours})",
        "" if left > timedelta() else "mild",
    )


def _tell_requests(store: ApprovalStore, last: int, now: datetime, progress: Progress) -> None:
    """Print the newest requests for approval and how they stand; a damaged one becomes a line, so that the rest is still
    printed.
    """
    try:
        for kept in store.all()[-last:]:
            progress.line(f"approval  {kept.request.id}  {store.name} version {kept.request.version}")
            progress.line(f"          {store.describe(kept, now)}")
            if people := store.awaited(kept, now):
                progress.line(f"          waits for {', '.join(people)}, until {kept.request.until:%Y-%m-%d %H:%M} UTC")
    except GatesError as error:
        progress.line(f"approvals {error.message}", "bad")


def _tell_waivers(policy: Policy, now: datetime, progress: Progress) -> None:
    """Print every waiver of the policy, whether or not it is in force."""
    for gate in policy.gates.values():
        for waiver in gate.waivers.values():
            fault = waiver.fault(now)
            days = f"{(waiver.expires - now.date()).days} days left"
            progress.line(f"waiver    {waiver.check}", "bad" if fault else "mild")
            progress.line(f"          {waiver} ({fault or days})", "bad" if fault else "mild")


def _describe(name: str, champion: Champion | None, glass: str) -> Mapping[str, object]:
    if champion is None:
        return {"schema": 1, "model": name, "champion": None, "break_glass": glass or None}
    version = champion.version
    serves = {"version": version.version, "digest": str(version.digest), "epoch": champion.epoch}
    facts = {**version.facts, **serves, "since": champion.since.isoformat()}
    return {"schema": 1, "model": name, "champion": facts, "break_glass": glass or None}
