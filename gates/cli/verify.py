"""`gates verify`: check everything that is kept, and what serves, again, from the bytes; once or for as long as it stays sound."""

from __future__ import annotations

import argparse
import os
import time

from gates.attest import Keyring
from gates.cli.options import Commands, command, home_of, policy_of, registry_of
from gates.errors import ConfigError, SubjectError
from gates.history.rollback_guard import Landmarks
from gates.home import Home
from gates.policy.reader import read_policy
from gates.policy.records import Policy, PromotionPolicy
from gates.ports import open_work
from gates.registry import Finding
from gates.reports.progress import Progress
from gates.toml_reader import read_seconds
from gates.verification.endpoint_identity import ask_champion
from gates.verification.signatures import verify


def add(commands: Commands) -> None:
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
    progress, every = Progress(), read_seconds(options.every)
    if every is None:
        raise ConfigError(f"--every {options.every!r:.40} is no length of time", "write it like 90s, 10m or 24h")
    while True:
        findings, told = _look(options)
        for finding in findings:
            progress.line(str(finding), "bad")
        if findings:
            progress.line(f"{len(findings)} findings: do not serve until each is explained")
            return 1
        progress.line(f"sound: every byte is what was recorded and signed; {told}")
        if not options.watch:
            return 0
        time.sleep(every)


def _look(options: argparse.Namespace) -> tuple[tuple[Finding, ...], str]:
    """What was found, and what was said of the endpoint. Opened anew each time: what is looked at is what lies there now."""
    policy = _policy(options)
    work = open_work(policy.work, policy.source) if policy else None
    home = home_of(options)
    keys = Keyring(Home(home).keys, pinned=policy.trust if policy else None)
    landmarks = Landmarks(Home(home).keys / "landmarks", keys, policy.landmark if policy else None)
    try:
        registry = registry_of(options)
    except SubjectError:
        names = {*landmarks.names(), work.name if work else ""} - {""}
        lost = tuple(fault for name in sorted(names) for fault in landmarks.faults(name, ()))
        if not lost:
            raise
        return tuple(Finding(str(home), fault, "restore the home from a backup") for fault in lost), ""
    try:
        people = policy.promotion if policy else PromotionPolicy()
        findings = verify(registry, keys, landmarks, work.name if work else "", people)
        if findings or work is None:
            return findings, "no policy file here, so no endpoint was asked"
        key = os.environ.get("GATES_ENDPOINT_KEY", "") if options.endpoint else ""
        return ask_champion(work, registry, home, options.endpoint.rstrip("/"), key)
    finally:
        registry.close()


def _policy(options: argparse.Namespace) -> Policy | None:
    """The policy, where there is one; a registry can be looked at without."""
    try:
        source = policy_of(options)
    except ConfigError:
        if options.policy is not None or options.endpoint:
            raise
        return None
    return read_policy(source)
