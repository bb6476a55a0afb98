"""`gates new`: write a check of the project's own, and the lines of the policy that require it."""

from __future__ import annotations

import argparse

from gates.adoption.files import replace_policy, write_all
from gates.adoption.new_check import GATES_WITH_TEMPLATES, plan_check
from gates.cli.options import Commands, command, home_of, policy_of
from gates.home import Home
from gates.policy.reader import read_policy
from gates.registry.lock import hold
from gates.reports.progress import Progress


def add(commands: Commands) -> None:
    """Add the parser of `gates new` to the commands."""
    parser = command(
        commands,
        "new",
        "write a check of your own and its line of the policy",
        "Write a check into the project's own suite, and require it in the policy. The name says what is true when it passes.",
    )
    parser.add_argument("what", choices=("check",), help="what to write")
    parser.add_argument("gate", choices=GATES_WITH_TEMPLATES, help="the gate that it belongs to")
    parser.add_argument("name", metavar="NAME", help="its name, like no_price_is_negative")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Write the check and its line, and return 0.

    Raises `ConfigError` for a name that is none or is taken, and for a policy that would not be sound with it; nothing is written
    then. Raises `BackendError` where a file cannot be written or another command is at work here.
    """
    source = policy_of(options).resolve()
    with hold(Home.at(home_of(options)).path, purpose="gates new"):
        read_policy(source)
        plan = plan_check(source, options.gate, options.name)
        write_all(source.parent, {plan.file: plan.text})
        replace_policy(source, plan.policy)
    progress = Progress()
    progress.line(f"written: {plan.file}, and its lines in {source.name}", "good")
    progress.line(f"next: say in it what must not be, and try it with gates check {options.gate}")
    return 0
