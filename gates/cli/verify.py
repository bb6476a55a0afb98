"""`gates verify`: check everything that is kept, again, from its bytes."""

from __future__ import annotations

import argparse

from gates.cli.options import Commands, command, home_of
from gates.errors import SubjectError
from gates.registry import Registry
from gates.reports.progress import Progress


def add(commands: Commands) -> None:
    parser = command(commands, "verify", "check the registry again from its bytes")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    home, progress = home_of(options), Progress()
    if not (home / "registry.db").exists():
        raise SubjectError(f"{home} holds no registry", "name the folder with --home, or make one with gates run")
    findings = Registry(home).audit()
    for finding in findings:
        progress.line(str(finding), "bad")
    progress.line(
        f"{len(findings)} findings: do not serve from this registry"
        if findings
        else "sound: every byte is what was recorded"
    )
    return 1 if findings else 0
