"""`gates promote`: make a registered version the champion, on verdicts that were made before, or by break-glass."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from gates.attest.keyring import APPROVER_VARIABLE
from gates.cli.approve import signer_of
from gates.cli.options import Commands, command, session_of, split_version, tells_a_decision
from gates.cli.run import finish
from gates.errors import ConfigError
from gates.judgement.decision import Decision
from gates.promotion.break_glass import break_glass
from gates.promotion.execute import conclude, promote
from gates.registry import Version
from gates.registry.lock import hold
from gates.session import Session
from gates.workflow.run_history import recorded


def add(commands: Commands) -> None:
    """Add the parser of `gates promote` to the commands."""
    parser = command(commands, "promote", "make a version the champion, on fresh verdicts of all four gates")
    parser.add_argument("model", metavar="NAME@VERSION", help="the registered version")
    parser.add_argument(
        "--break-glass", action="store_true", help="without any verdict, with a key that the policy lists for it"
    )
    parser.add_argument("--reason", default="", metavar="TEXT", help="with --break-glass: why")
    parser.add_argument("--ticket", default="", metavar="ID", help="with --break-glass: where it is being dealt with")
    parser.add_argument(
        "--key",
        type=Path,
        default=None,
        metavar="FILE",
        help=f"with --break-glass: your key (default: {APPROVER_VARIABLE})",
    )
    tells_a_decision(parser)
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Promote a registered version on its verdicts, or by break-glass, and return the exit code.

    Raises `ConfigError` for options that contradict each other; a promotion that is refused is an exit code.
    """
    name, number = split_version(options.model)
    purpose, move = _move(options)
    session = session_of(options)
    with hold(session.home.path, purpose=f"gates {purpose}", wait=options.wait):
        decision = recorded(session, purpose, lambda: move(session, session.registry.version(name, number)))
    return finish(session, decision, options)


def _move(options: argparse.Namespace) -> tuple[str, Callable[[Session, Version], Decision]]:
    """Return the purpose of the command and the function that does it. Raises `ConfigError` where the options contradict each
    other.
    """
    reason, ticket = options.reason.strip(), options.ticket.strip()
    if not options.break_glass:
        if reason or ticket or options.key:
            raise ConfigError(
                "--reason, --ticket and --key belong to --break-glass", "leave them out, or add --break-glass"
            )
        return "promote", lambda session, version: conclude(session, promote(session, version))
    if not (reason and ticket):
        raise ConfigError(
            "break-glass needs a reason and a ticket", "say --reason TEXT --ticket ID; both are kept and shown"
        )
    signer = signer_of(options.key, os.environ.pop(APPROVER_VARIABLE, None))
    return "promote --break-glass", lambda session, version: break_glass(session, version, signer, reason, ticket)
