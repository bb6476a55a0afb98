"""``python -m gates.work.model.adopt_step``: turn a model that was trained elsewhere into a model file that the gates can judge.

A process of its own, because the libraries that read a foreign model are native code, and a damaged file may end them.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gates.documents import write_json
from gates.printing import say
from gates.processes.memory import limit_memory
from gates.processes.sources import compile_from_source
from gates.work.config.settings import Settings, read_settings
from gates.work.data import features, reading
from gates.work.data.content_ids import content_columns
from gates.work.data.split import describe_newest, split
from gates.work.errors import ArtifactError
from gates.work.model import artifact, golden
from gates.work.model.apart import apart
from gates.work.model.confined import ConfinedModel
from gates.work.model.estimator_answers import check_answers, name_classes
from gates.work.model.foreign_model import ForeignModel, features_of, find_model, is_known_file, labels_of, read_file
from gates.work.model.formats import SKOPS, format_named, versions_of
from gates.work.model.formats.answers import Described
from gates.work.model.mlmodel import read_mlmodel
from gates.work.model.pickles import MEMBERS, Pickle, describe_trust, find_pickle, require_trust
from gates.work.model.project_model import PROJECT, libraries_since, open_files, pack
from gates.work.model.train_step import PACKAGES, target_of
from gates.work.records import Feature, Label, ModelSignature
from gates.work.step import CONFIG, StepOption, run_step, write_failure

if TYPE_CHECKING:
    from pandas import Series


@dataclass(frozen=True, slots=True)
class _Opened:
    """Hold a model that was read: what predicts, the members of the file to be, and what it takes and answers.

    ``versions`` are those of the libraries that read it.
    """

    estimator: Any
    members: Mapping[str, bytes]
    format: str
    columns: tuple[Feature, ...]
    classes: tuple[Label, ...] | None
    versions: Mapping[str, str]
    recipe: str


def adopt(
    settings: Settings, path: Path, batch: Path, digest: str, labels: Sequence[str], into: Path
) -> dict[str, str]:
    """Write ``model.skops`` and ``golden.json`` into ``into`` for the model at ``path``, and return the facts.

    ``batch`` are the data with digest ``digest`` that the model is judged on; ``labels`` are those that the command names.
    Raises `ArtifactError` where it is no model that can be read, or does not fit the data, and `DataError` for the data.
    """
    pickled = find_pickle(path)
    if pickled is not None:
        require_trust(pickled.format, str(pickled.file), settings.trust_pickle)
    tree = find_tree(path) if pickled is None else None
    known = pickled is None and tree is None and (not settings.load or is_known_file(path))
    model = find_model(path) if known else None
    files = pack(path) if pickled is None and tree is None and model is None else {}
    frame = reading.read(batch, settings.roles)
    sides = split(frame, settings.roles, settings.holdout_share)
    y = target_of(sides.training, settings)
    # A known format takes numbers and categories only; a loader of the project takes what the project's own training would.
    roles = settings.roles if model is None else replace(settings.roles, raw=False)
    chosen = features.choose(frame, roles)
    target = frame[settings.roles.target]
    if model is not None:
        opened = _open_known(model, settings, chosen.features, target, labels)
    elif pickled is not None:
        opened = _open_pickle(pickled, settings, chosen.features, target, labels)
    elif tree is not None:
        opened = _open_tree(tree, settings, chosen.features, target, labels)
    else:
        opened = _open_by_project(path, files, settings, chosen.features, target, labels)
    name = path.name if model is None else model.file.name
    note = f"{name} was trained elsewhere: nobody can tell from here whether it saw rows of the holdout"
    marks = (describe_trust(pickled.format, settings.trust_pickle),) if pickled is not None else ()
    say(note)
    versions = {package: importlib.metadata.version(package) for package in PACKAGES}
    estimator = opened.estimator
    signature = ModelSignature(
        model=settings.name,
        task=settings.roles.task,
        id=settings.roles.id,
        target=settings.roles.target,
        features=opened.columns,
        classes=opened.classes,
        probabilities=opened.classes is not None and hasattr(estimator, "predict_proba"),
        train="",
        params={},
        seed=settings.seed,
        holdout_share=settings.holdout_share,
        training_rows=len(sides.training),
        data=digest,
        versions={"python": platform.python_version(), **versions, **opened.versions},
        notes=(*marks, *chosen.notes, note),
        format=opened.format,
        group=settings.roles.group,
        split=settings.roles.split,
        weight=settings.roles.weight,
        newest=describe_newest(sides.training, settings.roles),
        missing=settings.roles.missing,
        spelling=settings.roles.spelling,
        key=settings.roles.key,
        identified_by=content_columns(frame.columns, settings.roles) if settings.roles.keyless else (),
    )
    noticed = check_answers(estimator, signature, sides.holdout, y)
    signature = replace(signature, notes=(*signature.notes, *noticed))
    if tree is not None:
        artifact.save(estimator, signature, into / "model.skops", trusted=settings.trusted_types)
    else:
        artifact.save_members(opened.members, signature, into / "model.skops")
    golden.write_golden(estimator, signature, sides.holdout, into / "golden.json")
    return {
        **({"trusted": marks[0]} if marks else {}),
        "recipe": opened.recipe,
        "params": "{}",
        "rows": str(len(frame)),
        "training_rows": str(len(sides.training)),
        "holdout_rows": str(len(sides.holdout)),
        "features": str(len(opened.columns)),
        "notes": "; ".join(signature.notes),
        "data": digest,
    }


def _open_known(
    model: ForeignModel, settings: Settings, chosen: Sequence[Feature], target: Series, labels: Sequence[str]
) -> _Opened:
    """Open a model in another library's own format."""
    columns = features_of(model, chosen)
    classes = labels_of(model, settings.roles, target, labels)
    return _Opened(
        artifact.open_bytes(model.data, model.format, classes),
        {format_named(model.format).MEMBER: model.data},
        model.format,
        columns,
        classes,
        versions_of(model.format),
        f"{model.format} model {model.file.name}, trained elsewhere",
    )


def _open_by_project(
    path: Path,
    files: Mapping[str, bytes],
    settings: Settings,
    chosen: Sequence[Feature],
    target: Series,
    labels: Sequence[str],
) -> _Opened:
    """Open files by the project's own function, where no other file of the project lies."""
    before = frozenset(sys.modules)
    with apart():
        estimator = open_files(files, settings.load)
    model = ForeignModel(path, PROJECT, b"", describe(estimator, settings, target, labels))
    columns, classes = features_of(model, chosen), labels_of(model, settings.roles, target, labels)
    recipe = f"{path.name}, read by {settings.load}, trained elsewhere"
    return _Opened(estimator, files, PROJECT, columns, classes, libraries_since(before), recipe)


def _open_pickle(
    pickled: Pickle, settings: Settings, chosen: Sequence[Feature], target: Series, labels: Sequence[str]
) -> _Opened:
    """Let a process without keys read a pickle."""
    name, data = pickled.file.name, read_file(pickled.file)
    estimator = ConfinedModel(data, name)
    model = ForeignModel(pickled.file, pickled.format, data, describe(estimator, settings, target, labels, name))
    columns, classes = features_of(model, chosen), labels_of(model, settings.roles, target, labels)
    recipe = f"{estimator.type_name} in the {pickled.format} file {name}, trained elsewhere"
    members = {MEMBERS[pickled.format]: data}
    return _Opened(estimator, members, pickled.format, columns, classes, estimator.versions, recipe)


def _open_tree(
    file: Path, settings: Settings, chosen: Sequence[Feature], target: Series, labels: Sequence[str]
) -> _Opened:
    """Open a tree of objects that skops wrote, if its types are allowed."""
    estimator = artifact.open_tree(read_file(file), file.name, settings.trusted_types)
    model = ForeignModel(file, SKOPS, b"", describe(estimator, settings, target, labels, file.name))
    columns, classes = features_of(model, chosen), labels_of(model, settings.roles, target, labels)
    return _Opened(estimator, {}, SKOPS, columns, classes, {}, f"{file.name} by skops, trained elsewhere")


def find_tree(path: Path) -> Path | None:
    """Return the archive of skops at ``path``, a file or the folder of an MLflow model; None where there is none."""
    if path.is_dir():
        about = read_mlmodel(path / "MLmodel")
        if about is None or about.serialization != SKOPS or not (path / about.file).resolve().is_relative_to(path):
            return None
        path = path / about.file
    return path if path.is_file() and path.suffix.lower() == ".skops" else None


def describe(estimator: object, settings: Settings, target: Series, labels: Sequence[str], name: str = "") -> Described:
    """Return what an object of the project says about itself by the attributes that scikit-learn gives its estimators.

    ``classes_`` are its labels, ``feature_names_in_`` and ``n_features_in_`` its columns. A classifier without ``classes_`` has
    those of ``labels``, else those of the ``target``. ``name`` is what messages call it.

    Raises `ArtifactError` for labels that are named twice, or not at all where it has probabilities: their order is not known
    then.
    """
    source = name or f"what {settings.load} returned"
    names = getattr(estimator, "feature_names_in_", None)
    features = () if names is None else tuple(str(name) for name in names)
    width = int(getattr(estimator, "n_features_in_", len(features)))
    if getattr(estimator, "classes_", None) is not None:
        own = name_classes(estimator, name or settings.load)
        if labels:
            raise ArtifactError(f"{source} names its labels in classes_", "leave out --labels")
        return Described(features, width, len(own), own)
    if settings.roles.task == "regression":
        return Described(features, width, None)
    if not labels and hasattr(estimator, "predict_proba"):
        raise ArtifactError(
            f"{source} has predict_proba and no classes_, so the order of its columns is not known",
            "let it have classes_, or name its labels with --labels, in the order of the columns",
        )
    seen = tuple(sorted(target.dropna().unique().tolist(), key=str))
    return Described(features, width, len(labels) or len(seen), seen)


_OPTIONS = (
    CONFIG,
    StepOption("model", "file or folder that another tool wrote"),
    StepOption("batch", "snapshot of the data"),
    StepOption("digest", "sha256:<hex> of the snapshot", kind=str),
    StepOption("labels", "JSON list of labels, in the model's order", kind=str, required=False),
    StepOption("into", "folder for model.skops, golden.json and facts.json"),
)


def act(options: argparse.Namespace) -> int:
    """Read the model that the options name, write ``facts.json``, and return 0. Raises like `adopt`."""
    limit_memory()
    labels = json.loads(options.labels or "[]")
    settings, into = read_settings(options.config), options.into.resolve()
    if settings.load:
        compile_from_source([str(settings.folder)])
        sys.path.append(str(settings.folder))  # the last place: it stands in for no module of Python or of a package
    facts = adopt(settings, options.model.resolve(), options.batch.resolve(), options.digest, labels, into)
    write_json(options.into / "facts.json", facts)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the step from its command line and return its exit code; a refusal is in ``failure.json``."""
    about = "Make a model that was trained elsewhere one of ours."
    return run_step("gates.work.model.adopt_step", about, _OPTIONS, act, write_failure, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
