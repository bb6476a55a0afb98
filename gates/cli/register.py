"""`gates register`: make a model that was trained elsewhere a version that the gates can judge. Nothing is promoted."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from gates import documents
from gates.cli.options import Commands, command, session_of
from gates.digest import Digest
from gates.errors import BackendError, SubjectError
from gates.history.data_source import FACT, name_place
from gates.ports import Adopting
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
        "Register a model with the data it came from: the folder that a training step left (model.skops, golden.json, "
        "facts.json), or a model of XGBoost, LightGBM, CatBoost or ONNX, as a file or as the folder of an MLflow model, or "
        "what the function reads that [tool.ml] names under load. Pickles are refused without trust_pickle. Nothing is "
        "promoted; the same bytes again are the same version.",
    )
    parser.add_argument("model", type=Path, metavar="PATH", help="the folder that a training left, or a model file")
    parser.add_argument(
        "--data", default=None, metavar="PATH", help="the data it was trained with (default: [tool.ml])"
    )
    parser.add_argument(
        "--labels",
        default="",
        metavar="A,B,...",
        help="its classes in its own order, where it knows only their numbers",
    )
    parser.add_argument(
        "--json", type=Path, default=None, metavar="PATH", help="write name, version and digest as JSON"
    )
    parser.add_argument("--wait", type=float, default=0.0, metavar="SECONDS", help="wait for another command")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Register a model, with the data it was trained with, and return 0.

    Raises `SubjectError` where a file is absent or the model was trained with other data, an error of the work where the model
    cannot be read or does not fit the data, and `BackendError` where the JSON file cannot be written.
    """
    session = session_of(options)
    labels = [label.strip() for label in options.labels.split(",")] if options.labels.strip() else []
    with hold(session.home.path, purpose="gates register", wait=options.wait):
        version = _register(session, options.model, options.data, labels)
    session.progress.line(f"registered {version.name} version {version.version}  {version.digest.short}")
    for note in filter(None, version.facts.get("notes", "").split("; ")):
        session.progress.line(f"note: {note}")
    if options.json is not None:
        content = {"schema": 1, "name": version.name, "version": version.version, "digest": str(version.digest)}
        try:
            options.json.write_bytes(documents.dump(content))
        except OSError as error:
            raise BackendError(f"{options.json} cannot be written: {error.strerror}", "name a writable file") from None
    return 0


def _register(session: Session, path: Path, source: str | None, labels: list[str]) -> Version:
    if not path.exists():
        raise SubjectError(f"{path} does not exist", "name a model file, or the folder that a training left")
    own = any((path / name).exists() for name in _LEFT)
    if own:
        _refuse_unsound(session, path, labels)
    elif not isinstance(session.work, Adopting):
        raise SubjectError(
            f"{path} holds no {' and no '.join(_LEFT)}, and this work reads no other models",
            "name the folder that a training left, with all three files",
        )
    batch = session.work.take(source, session.home.scratch)
    blobs = session.registry.blobs
    data = blobs.put(batch.path)
    batch.path.unlink(missing_ok=True)
    place = session.secrets.hide_text(name_place(batch.source, session.policy, configured=source is None))
    if own:
        return _keep(session, path, documents.load((path / "facts.json").read_bytes(), "facts.json"), data, place)
    assert isinstance(session.work, Adopting)
    with TemporaryDirectory(dir=session.home.scratch, prefix="adopt-") as folder:
        adopted = session.work.adopt(path, blobs.path(data), str(data), labels, Path(folder))
        return _keep(session, Path(folder), adopted.facts, data, place)


def _refuse_unsound(session: Session, folder: Path, labels: list[str]) -> None:
    absent = [name for name in _LEFT if not (folder / name).is_file()]
    if absent:
        raise SubjectError(
            f"{folder} holds no {' and no '.join(absent)}", "name the folder that a training left, with all three files"
        )
    if labels:
        raise SubjectError(f"the model in {folder} knows its labels", "leave out --labels")
    session.work.conditions(
        batch=None, previous=None, model=folder / "model.skops"
    )  # the work refuses what is no model of its own


def _keep(session: Session, folder: Path, facts: Mapping[str, object], data: Digest, place: str) -> Version:
    trained_with = facts.get("data")
    if trained_with is not None and trained_with != str(data):
        raise SubjectError(
            f"the model in {folder} was trained with {trained_with}, but the data given are {data}",
            "name the data it came from",
        )
    blobs = session.registry.blobs
    model, golden = blobs.put(folder / "model.skops"), blobs.put(folder / "golden.json")
    return session.registry.register(
        session.work.name,
        Digest.parse(str(model)),
        {
            **{name: str(value) for name, value in facts.items() if name != "code"},
            "data": str(data),
            "golden": str(golden),
            "run": session.id,
            FACT: place,
        },
    )
