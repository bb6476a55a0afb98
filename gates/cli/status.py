"""`gates status`: print who serves, since when, and what happened last."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from datetime import datetime

from gates.cli.options import Commands, command, look
from gates.errors import GatesError, SubjectError
from gates.history.alias_moves import tell_glass, tell_move
from gates.nightly.history import read_history
from gates.nightly.trend import summary
from gates.policy.records import Policy
from gates.printing import printable_json
from gates.promotion.approvals.store import ApprovalStore
from gates.registry import Champion, Move
from gates.reports.progress import Progress


def add(commands: Commands) -> None:
    """Add the parser of `gates status` to the commands."""
    parser = command(commands, "status", "who serves, and what happened last")
    parser.add_argument("--last", type=int, default=10, metavar="N", help="how many runs to list (default 10)")
    parser.add_argument("--json", action="store_true", help="print the champion as JSON")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Print who serves, what waits and the last runs, or with --json the champion alone, and return 0."""
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
        for key in sorted(version.facts):
            progress.line(f"          {key}  {version.facts[key]}", "dim")
    latest = registry.latest(work.name)
    if latest is not None and (champion is None or latest.version != champion.version.version):
        progress.line(f"newest    {latest.name} version {latest.version}  {latest.digest.short}")
    _tell_waivers(policy, now, progress)
    try:
        history = read_history(registry, work.name)
        progress.line(summary(history, now, policy.schedule.false_alarms_per_year))
    except SubjectError as error:  # the rest can be printed without the nights
        progress.line(f"nights    {error.message}", "bad")
    _tell_requests(ApprovalStore(registry, session.keys, policy.promotion, work.name), options.last, now, progress)
    runs = registry.runs()
    progress.line("runs" if runs else "runs      none yet")
    for run in runs[max(0, len(runs) - options.last) :]:
        progress.line(f"  {run.id}  {run.state}")
    return 0


def _tell_requests(store: ApprovalStore, last: int, now: datetime, progress: Progress) -> None:
    """Print the newest requests for approval and how they stand; a damaged one becomes a line, so that the rest is still
    printed.
    """
    try:
        for kept in store.all()[-last:]:
            progress.line(f"approval  {kept.request.id}  {store.name} version {kept.request.version}")
            progress.line(f"          {store.describe(kept, now)}")
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
