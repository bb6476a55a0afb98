"""Print the last lines of a command: the decision, every reason, and how to see it again."""

from __future__ import annotations

from gates.judgement.decision import Ending
from gates.reason import texts
from gates.reports.account import Account
from gates.reports.progress import Progress


def tell_ending(progress: Progress, account: Account) -> None:
    """Print the decision, notes, marks, waivers and warnings, the reasons that no gate has printed, and the commands that repeat
    and show it.
    """
    decision = account.decision
    progress.line()
    waits = decision.ending is Ending.AWAITING_APPROVAL
    progress.line(decision.sentence, "good" if decision.exit_code == 0 else "mild" if waits else "bad")
    for line in (*texts(reason for reason in decision.reasons if not progress.has_told(reason)), *decision.notes):
        progress.reason(line)
    for mark in dict.fromkeys(mark for judgement in account.judgements for mark in judgement.marks):
        progress.line(f"  mark: {mark}", "mild")
    for judgement in account.judgements:
        for check in judgement.checks:
            if check.waived:
                progress.line(f"  {check.id.rpartition('/')[2]}, {judgement.gate} gate: {check.waived}", "mild")
        for warning in judgement.warnings:
            progress.line(f"  warning, {judgement.gate} gate: {warning}", "mild")
    if account.champion is not None and account.champion.glass:
        progress.line(account.champion.glass, "bad")
    progress.line(f"again with: {account.command}", "dim")
    progress.line(f"details:    gates show {account.id}", "dim")
