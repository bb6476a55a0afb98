"""``python -m gates.work.model.train_step``: one training in a process of its own: read, split, fit, save, and say what was done.

A process of its own, because training may exhaust memory, crash in native code or never end, and none of that may take
the judge with it. What goes wrong is written to ``failure.json``; a process that dies leaves neither that nor
``facts.json``.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gates.documents import write_json
from gates.errors import GatesError
from gates.missing import describe_missing
from gates.printing import say
from gates.processes.sources import READ, compile_from_source
from gates.toml_reader import listed
from gates.work.config.params import merge
from gates.work.config.settings import Settings, read_settings
from gates.work.data import features, reading
from gates.work.data.content_ids import content_columns
from gates.work.data.split import describe_newest, split
from gates.work.data.weights import weights_of
from gates.work.errors import DataError, TrainingError
from gates.work.model import golden
from gates.work.model.estimator_answers import check_answers, name_classes
from gates.work.model.formats import format_of, versions_of
from gates.work.model.keep import keep
from gates.work.model.load_fit import load_fit, note_weights, takes_weights
from gates.work.records import Feature, ModelSignature, Value
from gates.work.step import CONFIG, StepOption, run_step, write_failure

if TYPE_CHECKING:
    from pandas import DataFrame, Series
    from sklearn.base import BaseEstimator

PACKAGES = ("scikit-learn", "numpy", "scipy", "pandas", "skops", "pyarrow")


def train(settings: Settings, batch: Path, digest: str, overrides: Mapping[str, str], into: Path) -> dict[str, str]:
    """Train on the training side of ``batch`` and write ``model.skops`` and ``golden.json`` into ``into``; return the facts.

    Raises `DataError` when the bytes are not ``digest`` or cannot be learned from, `ConfigError` for parameters,
    `TrainingError` when the function itself fails.
    """
    began, before = time.monotonic(), frozenset(sys.modules)
    with batch.open("rb") as file:
        actual = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    if actual != digest:
        raise DataError(
            f"{batch.name} is not the batch that passed the data gate: found {actual}, wanted {digest}", "run again"
        )
    guesses: list[str] = []
    frame = reading.read(batch, settings.roles, notes=guesses)
    sides = split(frame, settings.roles, settings.holdout_share)
    chosen = features.choose(frame, settings.roles)
    params, left_behind = merge(settings.params, overrides)
    params = {"task": settings.roles.task, "seed": settings.seed, **params}
    X = features.normalise(sides.training, chosen.features)
    features.refuse_infinite(X)
    y = target_of(sides.training, settings)
    weights = weights_of(sides.training, settings.roles)
    notes = (*guesses, *chosen.notes, *left_behind, *note_weights(settings.train, weights))
    if settings.roles.keyless:
        notes = (*notes, "[tool.ml] names no id: rows are identified by their content")
    for note in notes:
        say(note)
    say(f"fitting {settings.train} on {len(X)} rows of {X.shape[1]} features with {params}")
    estimator = call_fit(settings.train, X, y, params, weights, left_out=chosen.notes)
    signed = sign(settings, chosen.features, estimator, params, len(X), digest)
    if settings.roles.keyless:
        signed = replace(signed, identified_by=content_columns(frame.columns, settings.roles))
    newest = describe_newest(sides.training, settings.roles)
    noticed = check_answers(estimator, signed, sides.holdout, y)
    notes = (*notes, *noticed)
    signature = replace(signed, notes=notes, newest=newest)
    signature = keep(estimator, signature, settings, into / "model.skops", before=before)
    golden.write_golden(estimator, signature, sides.holdout, into / "golden.json")
    return {
        "recipe": _recipe(settings, params),
        "params": json.dumps(params),
        "rows": str(len(frame)),
        "training_rows": str(len(sides.training)),
        "holdout_rows": str(len(sides.holdout)),
        "features": str(len(chosen.features)),
        "notes": "; ".join(notes),
        "seconds": f"{time.monotonic() - began:.2f}",
    }


def target_of(frame: DataFrame, settings: Settings) -> Series:
    """Return the target of a side, complete and of the right kind. Raises `DataError` otherwise."""
    import numpy

    roles = settings.roles
    y = frame[roles.target]
    missing = int(y.isna().sum())
    if missing:
        raise DataError(
            f"{missing} of {len(y)} rows have no {roles.target!r}, the target",
            f"give every row its target, or leave those rows out; {describe_missing(roles.missing)}",
        )
    if roles.task == "regression":
        try:
            y = y.astype("float64")
        except (TypeError, ValueError) as error:
            raise DataError(
                f"the target {roles.target!r} is not numeric, as regression needs: {error}",
                'set task = "classification"',
            ) from None
        if not numpy.isfinite(y.to_numpy()).all():
            raise DataError(f"the target {roles.target!r} holds infinite values", "correct the values")
        return y
    if y.nunique() < 2:
        raise DataError(
            f"the target {roles.target!r} has one class only, {y.iloc[0]!r}", "give rows of at least two classes"
        )
    return y.infer_objects()


def call_fit(
    import_string: str,
    X: DataFrame,
    y: Series,
    params: Mapping[str, Value],
    weights: Series | None = None,
    *,
    left_out: Sequence[str] = (),
) -> BaseEstimator:
    """Call the training function on ``X`` (n, k) and ``y`` (n,) and return the estimator that it fitted.

    ``weights`` (n,) are given as ``sample_weight`` where the function has a parameter of that name; ``left_out`` are sentences on
    the columns that are not in ``X``, for a message. Raises `TrainingError` when it fails or returns what cannot predict; a
    `GatesError` of its own passes.
    """
    fit = load_fit(import_string)
    try:
        heavy = {} if weights is None or not takes_weights(fit) else {"sample_weight": weights}
        estimator = fit(X, y, dict(params), **heavy)
    except GatesError:
        raise
    except Exception as error:
        texts = [column for column in X.columns if X[column].dtype == object]
        dates = [column for column in X.columns if X[column].dtype.kind == "M"]
        hint = f"; X has text columns {listed(texts)}: encode them inside your estimator" if texts else ""
        hint += (
            f"; X has columns of dates, {listed(dates)}: turn them into numbers inside your estimator" if dates else ""
        )
        if left_out:
            hint += f'; not in X: {"; ".join(left_out)}; features = "raw" in [tool.ml] hands every column to fit as it was read'
        raise TrainingError(
            f"{import_string} failed: {type(error).__name__}: {error}", f"the whole traceback is in train.log{hint}"
        ) from error
    if not callable(getattr(estimator, "predict", None)):
        raise TrainingError(
            f"{import_string} returned {type(estimator).__name__}, which has no predict", "return the fitted estimator"
        )
    return estimator


def sign(
    settings: Settings,
    chosen: Sequence[Feature],
    estimator: BaseEstimator,
    params: Mapping[str, Value],
    rows: int,
    digest: str,
) -> ModelSignature:
    """Return the signature of a fitted estimator. ``rows`` counts the training rows, ``digest`` is the batch's.

    Raises `TrainingError` for a classifier without ``classes_``, and for several targets.
    """
    roles = settings.roles
    classes = name_classes(estimator, settings.train) if roles.task == "classification" else None
    format = format_of(estimator)
    versions = {package: importlib.metadata.version(package) for package in PACKAGES} | versions_of(format)
    return ModelSignature(
        model=settings.name,
        task=roles.task,
        id=roles.id,
        target=roles.target,
        features=tuple(chosen),
        classes=classes,
        probabilities=roles.task == "classification" and hasattr(estimator, "predict_proba"),
        train=settings.train,
        params=dict(params),
        seed=settings.seed,
        holdout_share=settings.holdout_share,
        training_rows=rows,
        data=digest,
        versions={"python": platform.python_version(), **versions},
        format=format,
        group=roles.group,
        split=roles.split,
        weight=roles.weight,
        missing=roles.missing,
        spelling=roles.spelling,
        key=roles.key,
    )


def _code_read(folder: Path) -> dict[str, str]:
    """Return the digests of the project's sources that were compiled in this process, by their paths beside the configuration."""
    own = folder.resolve()
    return {
        file.relative_to(own).as_posix(): digest for file, digest in sorted(READ.items()) if file.is_relative_to(own)
    }


def _recipe(settings: Settings, params: Mapping[str, Value]) -> str:
    own = [f"{name}={value}" for name, value in params.items() if name not in ("task", "seed", "estimator")]
    name = params.get("estimator", "decision_tree") if settings.train == "ml.training:fit" else settings.train
    return f"{name}({', '.join(own)})"


_OPTIONS = (
    CONFIG,
    StepOption("batch", "snapshot of the data"),
    StepOption("digest", "sha256:<hex> that the snapshot must have", kind=str),
    StepOption("params", "JSON object of parameters as text", kind=str, required=False),
    StepOption("into", "folder for model.skops, golden.json and facts.json"),
)


def act(options: argparse.Namespace) -> int:
    """Train as the options say, write ``facts.json``, and return 0. Raises like `train`."""
    settings = read_settings(options.config)
    compile_from_source([str(settings.folder)])
    sys.path.append(str(settings.folder))  # the last place: it stands in for no module of Python or of a package
    facts = train(settings, options.batch, options.digest, json.loads(options.params or "{}"), options.into)
    facts["code"] = json.dumps(_code_read(settings.folder))
    write_json(options.into / "facts.json", facts)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the step from its command line and return its exit code; a refusal is in ``failure.json``."""
    about = "Train one model and write it with its golden predictions."
    return run_step("gates.work.model.train_step", about, _OPTIONS, act, write_failure, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
