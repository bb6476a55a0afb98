"""`gates verify`: check everything that is kept, and what serves, again from the bytes; once, or until something is wrong."""

from __future__ import annotations

import argparse
import os
import time

from gates.cli.options import Commands, command, look
from gates.errors import ConfigError, SubjectError
from gates.policy.records import PromotionPolicy
from gates.registry import Finding
from gates.reports.progress import Progress
from gates.toml_reader import read_seconds
from gates.verification.endpoint_identity import ask_champion
from gates.verification.signatures import verify


def add(commands: Commands) -> None:
    """Add the parser of `gates verify` to the commands."""
    parser = command(
        commands,
        "verify",
        "check registry, signatures and what serves again from the bytes",
        "Check registry, signatures, landmarks and what serves again from the bytes. Ends with 1 at the first look that finds"
        " something.",
    )
    parser.add_argument(
        "--endpoint",
        default="",
        metavar="URL",
        help="ask this endpoint what it serves; its key in GATES_ENDPOINT_KEY (default: the one of gates serve, if it runs)",
    )
    parser.add_argument("--watch", action="store_true", help="look again and again until something is found, or Ctrl-C")
    parser.add_argument(
        "--every", default="60s", metavar="TIME", help="with --watch: how long between looks (default 60s)"
    )
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Check registry, signatures and endpoint from the bytes; return 1 at the first look with findings, else 0.

    With --watch it returns only on findings. Raises `ConfigError` for an --every that is no length of time.
    """
    progress, every = Progress(), read_seconds(options.every)
    if every is None:
        raise ConfigError(f"--every {options.every!r:.40} is no length of time", "write it like 90s, 10m or 24h")
    while True:
        findings, of_endpoint = _look(options)
        for finding in findings:
            progress.line(str(finding), "bad")
        if findings:
            progress.line(f"{len(findings)} findings: do not serve until each is explained")
            return 1
        progress.line(f"sound: every byte is what was recorded and signed; {of_endpoint}")
        if not options.watch:
            return 0
        time.sleep(every)


def _look(options: argparse.Namespace) -> tuple[tuple[Finding, ...], str]:
    """Return the findings of one look, and half a sentence about the endpoint.

    Everything is opened anew each time, so that each look checks the files as they are at that moment.
    """
    session = look(options)
    if session.config is None and options.endpoint:
        session.project()  # an endpoint is compared with the project's champion
    name = session.work.name if session.work else ""
    try:
        registry = session.registry
    except SubjectError:
        names = {*session.landmarks.names(), name} - {""}
        lost = tuple(fault for known in sorted(names) for fault in session.landmarks.faults(known, ()))
        if not lost:
            raise
        return tuple(Finding(str(session.home.path), fault, "restore the home from a backup") for fault in lost), ""
    try:
        people = session.policy.promotion if session.policy else PromotionPolicy()
        findings = verify(registry, session.keys, session.landmarks, name, people)
        if findings or session.work is None:
            return findings, "no policy file here, so no endpoint was compared"
        key = os.environ.get("GATES_ENDPOINT_KEY", "") if options.endpoint else ""
        return ask_champion(session.work, registry, session.home.path, options.endpoint.rstrip("/"), key)
    finally:
        registry.close()
