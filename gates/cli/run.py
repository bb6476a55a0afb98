"""`gates run`: take data through training and all gates to a champion."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from gates.cli.options import Commands, command, data_of, session_of, takes_data, tells_a_decision
from gates.errors import ConfigError
from gates.judgement.decision import Decision
from gates.printing import unsigned
from gates.registry.lock import hold
from gates.reports.account import Account
from gates.reports.document import write_document
from gates.reports.ending import tell_ending
from gates.reports.junit import write_junit
from gates.reports.markdown import append_summary
from gates.session import Session
from gates.workflow.pipeline import RunRequest, run_pipeline
from gates.workflow.run_history import make_account, recorded


def add(commands: Commands) -> None:
    """Add the parser of `gates run` to the commands."""
    parser = command(commands, "run", "train, pass all gates, serve and promote")
    takes_data(parser, "CSV or Parquet file, or https URL (default: data of [tool.ml])")
    parser.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="override a training parameter; may be repeated",
    )
    parser.add_argument(
        "--accept-drift",
        default="",
        metavar="WHY",
        help="go on although the batch does not look like what the champion learned from",
    )
    tells_a_decision(parser)
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Run all stages of the pipeline, and return the exit code. Raises `ConfigError` for a --param that is not NAME=VALUE."""
    request = RunRequest(
        data_of(options), tuple(_parameter(text) for text in options.param), options.accept_drift.strip()
    )
    session = session_of(options)
    with hold(session.home.path, purpose="gates run", wait=options.wait):
        decision = recorded(session, "run", lambda: run_pipeline(session, request))
    return finish(session, decision, options)


def finish(session: Session, decision: Decision, options: argparse.Namespace, **more: object) -> int:
    """Print the ending and write the reports that the options name; return the exit code of the decision.

    ``options`` are those of `tells_a_decision`; ``more`` are further keys of the JSON document. Raises `BackendError` where a
    report cannot be written.
    """
    account = make_account(session, decision, shlex.join(["gates", *map(unsigned, sys.argv[1:])]))
    tell_ending(session.progress, account)
    writers: tuple[tuple[Path | None, Callable[[Path, Account], None]], ...] = (
        (options.json, lambda path, account: write_document(path, account, **more)),
        (options.junit, write_junit),
        (options.summary, append_summary),
    )
    for path, write in writers:
        if path is not None:
            write(path, account)
            session.progress.line(f"report:     {path}", "dim")
    return decision.exit_code


def _parameter(text: str) -> tuple[str, str]:
    """Return the name and the value of a parameter written as ``NAME=VALUE``."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ConfigError(f"--param {text!r} is not NAME=VALUE", "write it like --param max_depth=4")
    return name.strip(), value.strip()
