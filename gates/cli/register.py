"""`gates register`: make a model that was trained elsewhere a version that the gates can judge. Nothing is promoted."""

from __future__ import annotations

import argparse
from pathlib import Path

from gates import documents
from gates.cli.options import Commands, command, session_of
from gates.digest import Digest
from gates.errors import BackendError, SubjectError
from gates.history.data_source import FACT, name_place
from gates.registry import Version
from gates.registry.lock import hold
from gates.session import Session

_LEFT = ("model.skops", "golden.json", "facts.json")


def add(commands: Commands) -> None:
    """Add the parser of `gates register` to the commands."""
    parser = command(
        commands,
        "register",
        "make a model that was trained elsewhere a version that can be judged",
        "Register model.skops, golden.json and facts.json of a folder, as a training step leaves them, with the data they "
        "came from. Nothing is promoted; the same bytes again are the same version.",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="what the training left")
    parser.add_argument(
        "--data", default=None, metavar="PATH", help="the data it was trained with (default: [tool.ml])"
    )
    parser.add_argument(
        "--json", type=Path, default=None, metavar="PATH", help="write name, version and digest as JSON"
    )
    parser.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help="wait for another command")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Register the model in a folder, with the data it was trained with, and return 0.

    Raises `SubjectError` where a file is absent or the model was trained with other data, and `BackendError` where the JSON
    file cannot be written.
    """
    session = session_of(options)
    with hold(session.home.path, purpose="gates register", wait=options.wait):
        version = _register(session, options.folder, options.data)
    session.progress.line(f"registered {version.name} version {version.version}  {version.digest.short}")
    if options.json is not None:
        content = {"schema": 1, "name": version.name, "version": version.version, "digest": str(version.digest)}
        try:
            options.json.write_bytes(documents.dump(content))
        except OSError as error:
            raise BackendError(f"{options.json} cannot be written: {error.strerror}", "name a writable file") from None
    return 0


def _register(session: Session, folder: Path, source: str | None) -> Version:
    absent = [name for name in _LEFT if not (folder / name).is_file()]
    if absent:
        raise SubjectError(
            f"{folder} holds no {' and no '.join(absent)}", "name the folder that a training left, with all three files"
        )
    session.work.conditions(
        batch=None, previous=None, model=folder / "model.skops"
    )  # the work refuses what is no model of its own
    facts = documents.load((folder / "facts.json").read_bytes(), "facts.json")
    batch = session.work.take(source, session.home.scratch)
    blobs = session.registry.blobs
    data = blobs.put(batch.path)
    batch.path.unlink(missing_ok=True)
    trained_with = facts.get("data")
    if trained_with is not None and trained_with != str(data):
        raise SubjectError(
            f"the model in {folder} was trained with {trained_with}, but the data given are {data}",
            "name the data it came from",
        )
    model, golden = blobs.put(folder / "model.skops"), blobs.put(folder / "golden.json")
    return session.registry.register(
        session.work.name,
        Digest.parse(str(model)),
        {
            **{name: str(value) for name, value in facts.items() if name != "code"},
            "data": str(data),
            "golden": str(golden),
            "run": session.id,
            FACT: session.secrets.hide_text(name_place(batch.source, session.policy, configured=source is None)),
        },
    )
