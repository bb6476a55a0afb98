"""``python -m gates.work.model.adopt_step``: turn a model that was trained elsewhere into a model file that the gates can judge.

A process of its own, because the libraries that read a foreign model are native code, and a damaged file may end them.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gates.documents import write_json
from gates.printing import say
from gates.processes.memory import limit_memory
from gates.work.config.settings import Settings, read_settings
from gates.work.data import features, reading
from gates.work.data.content_ids import content_columns
from gates.work.data.split import describe_newest, split
from gates.work.model import artifact, golden
from gates.work.model.estimator_answers import check_answers
from gates.work.model.foreign_model import features_of, find_model, labels_of
from gates.work.model.formats import versions_of
from gates.work.model.train_step import PACKAGES, target_of
from gates.work.records import ModelSignature
from gates.work.step import CONFIG, StepOption, run_step, write_failure


def adopt(
    settings: Settings, path: Path, batch: Path, digest: str, labels: Sequence[str], into: Path
) -> dict[str, str]:
    """Write ``model.skops`` and ``golden.json`` into ``into`` for the model at ``path``, and return the facts.

    ``batch`` are the data with digest ``digest`` that the model is judged on; ``labels`` are those that the command names.
    Raises `ArtifactError` where it is no model that can be read, or does not fit the data, and `DataError` for the data.
    """
    model = find_model(path)
    frame = reading.read(batch, settings.roles)
    sides = split(frame, settings.roles, settings.holdout_share)
    y = target_of(sides.training, settings)
    chosen = features.choose(
        frame, replace(settings.roles, raw=False)
    )  # of other libraries, only numbers and categories
    columns = features_of(model, chosen.features)
    classes = labels_of(model, settings.roles, frame[settings.roles.target], labels)
    note = f"{model.file.name} was trained elsewhere: nobody can tell from here whether it saw rows of the holdout"
    say(note)
    versions = {package: importlib.metadata.version(package) for package in PACKAGES} | versions_of(model.format)
    estimator = artifact.open_bytes(model.data, model.format, classes)
    signature = ModelSignature(
        model=settings.name,
        task=settings.roles.task,
        id=settings.roles.id,
        target=settings.roles.target,
        features=columns,
        classes=classes,
        probabilities=classes is not None and hasattr(estimator, "predict_proba"),
        train="",
        params={},
        seed=settings.seed,
        holdout_share=settings.holdout_share,
        training_rows=len(sides.training),
        data=digest,
        versions={"python": platform.python_version(), **versions},
        notes=(*chosen.notes, note),
        format=model.format,
        group=settings.roles.group,
        split=settings.roles.split,
        weight=settings.roles.weight,
        newest=describe_newest(sides.training, settings.roles),
        missing=settings.roles.missing,
        identified_by=content_columns(frame.columns, settings.roles) if settings.roles.keyless else (),
    )
    noticed = check_answers(estimator, signature, sides.holdout, y)
    signature = replace(signature, notes=(*signature.notes, *noticed))
    artifact.save_bytes(model.data, signature, into / "model.skops")
    golden.write_golden(estimator, signature, sides.holdout, into / "golden.json")
    return {
        "recipe": f"{model.format} model {model.file.name}, trained elsewhere",
        "params": "{}",
        "rows": str(len(frame)),
        "training_rows": str(len(sides.training)),
        "holdout_rows": str(len(sides.holdout)),
        "features": str(len(columns)),
        "notes": "; ".join(signature.notes),
        "data": digest,
    }


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
    facts = adopt(read_settings(options.config), options.model, options.batch, options.digest, labels, options.into)
    write_json(options.into / "facts.json", facts)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the step from its command line and return its exit code; a refusal is in ``failure.json``."""
    about = "Make a model that was trained elsewhere one of ours."
    return run_step("gates.work.model.adopt_step", about, _OPTIONS, act, write_failure, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
