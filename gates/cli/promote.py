"""`gates promote`: make a registered version the champion, on verdicts that were made before."""

from __future__ import annotations

import argparse

from gates.cli.options import Commands, command, engine_of, split_version, tells_a_decision
from gates.cli.run import finish
from gates.decision import Decision, Ending
from gates.engine import Engine
from gates.promoting import promote_version
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
    version = engine.registry.version(name, number)
    epoch = promote_version(engine, version)
    return Decision(
        Ending.PROMOTED, f"promoted: {name} version {number} is champion (epoch {epoch}, {version.digest.short})"
    )
