"""`gates serve`: serve the champion on a local endpoint until Ctrl-C, following every promotion."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from gates.cli.options import Commands, command, session_of
from gates.errors import SubjectError
from gates.ports import Marking
from gates.session import Session


def add(commands: Commands) -> None:
    """Add the parser of `gates serve` to the commands."""
    parser = command(commands, "serve", "serve the champion on a local endpoint until Ctrl-C")
    parser.add_argument(
        "--port", type=int, default=0, metavar="PORT", help="a port of 127.0.0.1 (default: any free one)"
    )
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Serve the champion, and every later one, until an interruption; it never returns.

    Raises `SubjectError` where there is no champion.
    """
    session = session_of(options)
    champion = session.champion()
    if champion is None:
        raise SubjectError(f"{session.work.name} has no champion to serve", "run gates run first")
    model = Path(session.model_file(champion.version).path)
    deployment = session.work.deploy(session.home.path, "champion", model, champion.version, port=options.port)
    try:
        session.progress.line(
            f"serving {champion.version.name} version {champion.version.version} at {deployment.url} (Ctrl-C ends)"
        )
        _tell_marks(session, model)
        while True:
            time.sleep(1.0)
            now = session.champion()
            if now is not None and now.epoch != champion.epoch:
                champion = now
                model = Path(session.model_file(now.version).path)
                deployment.reload(model, now.version)
                session.progress.line(f"now serving version {now.version.version} ({now.version.digest.short})")
                _tell_marks(session, model)
    finally:
        deployment.stop()


def _tell_marks(session: Session, model: Path) -> None:
    """Print what whoever relies on this model has to know."""
    for mark in session.work.marks(model) if isinstance(session.work, Marking) else ():
        session.progress.line(f"mark: {mark}", "mild")
