"""`gates verify`: check everything that is kept, again, from its bytes."""

from __future__ import annotations

import argparse

from gates.cli.options import Commands, command, registry_of
from gates.reports.progress import Progress


def add(commands: Commands) -> None:
    parser = command(commands, "verify", "check the registry again from its bytes")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    registry, progress = registry_of(options), Progress()
    findings = registry.audit()
    for finding in findings:
        progress.line(str(finding), "bad")
    progress.line(
        f"{len(findings)} findings: do not serve from this registry"
        if findings
        else "sound: every byte is what was recorded"
    )
    return 1 if findings else 0
