"""``python -m gates.work.model.adopt_step``: turn a model that was trained elsewhere into a model file that the gates can judge.

A process of its own, because the libraries that read a foreign model are native code, and a damaged file may end them.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gates.documents import write_json
from gates.errors import GatesError
from gates.printing import say
from gates.processes.memory import limit_memory
from gates.work.config.settings import Settings, read_settings
from gates.work.data import features, reading
from gates.work.data.split import describe_newest, split
from gates.work.model import artifact, golden
from gates.work.model.estimator_answers import check_answers
from gates.work.model.foreign_model import features_of, find_model, labels_of
from gates.work.model.formats import versions_of
from gates.work.model.train_step import PACKAGES, target_of
from gates.work.records import ModelSignature


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
    chosen = features.choose(frame, settings.roles)
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Read a model from the command line and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m gates.work.model.adopt_step", description="Make a model that was trained elsewhere one of ours."
    )
    parser.add_argument("--config", type=Path, required=True, help="TOML file with [tool.ml]")
    parser.add_argument("--model", type=Path, required=True, help="file or folder that another tool wrote")
    parser.add_argument("--batch", type=Path, required=True, help="snapshot of the data")
    parser.add_argument("--digest", required=True, help="sha256:<hex> of the snapshot")
    parser.add_argument("--labels", default="[]", help="JSON list of labels, in the model's order")
    parser.add_argument("--into", type=Path, required=True, help="folder for model.skops, golden.json and facts.json")
    options = parser.parse_args(arguments)
    limit_memory()
    try:
        settings = read_settings(options.config)
        facts = adopt(settings, options.model, options.batch, options.digest, json.loads(options.labels), options.into)
    except GatesError as error:
        say(traceback.format_exc(), sys.stderr)
        failure = {"kind": type(error).__name__, "message": error.message, "remedy": error.remedy}
        write_json(options.into / "failure.json", failure)
        return error.exit_code
    write_json(options.into / "facts.json", facts)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
