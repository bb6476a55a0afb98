"""`gates reject`: close a request for approval for good."""

from __future__ import annotations

import argparse

from gates.cli.approve import answers, say
from gates.cli.options import Commands, command
from gates.promotion.approvals.process import reject


def add(commands: Commands) -> None:
    parser = command(commands, "reject", "reject a promotion that was asked for")
    answers(parser)
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why; kept with the answer")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    return say(options, "reject", reject)
