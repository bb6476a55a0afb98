"""`gates lock`: write what decides to a file, for review; or list how it differs from what was reviewed."""

from __future__ import annotations

import argparse

from gates.cli.options import Commands, command, policy_of
from gates.errors import BackendError
from gates.policy.lockfile import REMEDY, Lock, differences, lock_path, read_lock, render
from gates.policy.reader import read_policy
from gates.reports.progress import Progress


def add(commands: Commands) -> None:
    """Add the parser of `gates lock` to the commands."""
    parser = command(commands, "lock", "write gates.lock: the suite, policy and environment that may decide")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; end with 1 when the lock differs from today"
    )
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Write the lock file and return 0; with --check, print each difference from it and return 1 where there is one.

    Raises `ConfigError` for a lock that `gates lock` did not write, and `BackendError` where the file cannot be written.
    """
    policy, progress = read_policy(policy_of(options)), Progress()
    path, today = lock_path(policy), Lock.of(policy)
    if options.check:
        return _check(differences(read_lock(path), today), path.name, progress)
    try:
        path.write_text(render(today), encoding="utf-8")
    except OSError as error:
        raise BackendError(f"{path} cannot be written: {error.strerror}", "make the folder writable") from None
    progress.line(f"{path.name} written: policy {policy.digest.short}, {len(today.packages)} packages", "good")
    for gate, files in today.suites.items():
        progress.line(f"  {gate}  {policy.suite_digest(gate).short}  {len(files)} files")
    if not policy.require_lock:
        progress.line("nothing asks for it yet: set require_lock = true in [tool.gates]", "mild")
    return 0


def _check(changed: tuple[str, ...], name: str, progress: Progress) -> int:
    for sentence in changed:
        progress.line(sentence, "bad")
    progress.line(REMEDY if changed else f"{name} is what decides today", "" if changed else "good")
    return 1 if changed else 0
