"""`gates reject`: close a request for approval for good."""

from __future__ import annotations

import argparse

from gates.cli.approve import add_answer_options, give_answer
from gates.cli.options import Commands, command
from gates.promotion.approvals.answers import reject


def add(commands: Commands) -> None:
    """Add the parser of `gates reject` to the commands."""
    parser = command(commands, "reject", "reject a promotion that waits for approval")
    add_answer_options(parser)
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why; kept with the answer")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Reject the request that waits, and return the exit code. Raises like `give_answer`."""
    return give_answer(options, "reject", reject)
