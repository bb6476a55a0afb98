"""`gates promote`: make a registered version the champion, on verdicts that were made before."""

from __future__ import annotations

import argparse

from gates.approving import promote_or_ask
from gates.cli.options import Commands, command, engine_of, split_version, tells_a_decision
from gates.cli.run import finish
from gates.decision import Decision
from gates.engine import Engine
from gates.recording import recorded
from gates.registry.lock import hold


def add(commands: Commands) -> None:
    parser = command(commands, "promote", "make a version the champion, on fresh verdicts of all four gates")
    parser.add_argument("model", metavar="NAME@VERSION", help="the registered version")
    tells_a_decision(parser)
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    name, number = split_version(options.model)
    engine = engine_of(options)
    with hold(engine.home.path, purpose="gates promote", wait=options.wait):
        decision = recorded(engine, "promote", lambda: _promote(engine, name, number))
    return finish(engine, decision, options)


def _promote(engine: Engine, name: str, number: int) -> Decision:
    return promote_or_ask(engine, engine.registry.version(name, number))
