"""`gates rollback`: go back to an earlier champion whose verdicts still verify."""

from __future__ import annotations

import argparse

from gates.cli.options import Commands, command, session_of, tells_a_decision
from gates.cli.run import finish
from gates.promotion.rollback import roll_back
from gates.registry.lock import hold
from gates.workflow.run_history import recorded


def add(commands: Commands) -> None:
    """Add the parser of `gates rollback` to the commands."""
    parser = command(commands, "rollback", "go back to the last champion whose verdicts still verify")
    parser.add_argument(
        "--to",
        type=int,
        default=None,
        metavar="VERSION",
        help="to this version, if it was ever promoted (default: the last)",
    )
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why; kept in the signed decision")
    tells_a_decision(parser)
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Make an earlier champion the champion again, and return the exit code; a refused rollback is one."""
    session = session_of(options)
    with hold(session.home.path, purpose="gates rollback", wait=options.wait):
        decision = recorded(session, "rollback", lambda: roll_back(session, options.reason, options.to))
    return finish(session, decision, options)
