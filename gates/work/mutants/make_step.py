"""``python -m gates.work.mutants.make_step``: make every mutant of data and model in one process, so that imports are paid once."""

from __future__ import annotations

import argparse
import json
import sys
import traceback
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gates.documents import write_json
from gates.errors import GatesError
from gates.printing import say
from gates.work.config.settings import Settings, read_settings
from gates.work.data import features, reading
from gates.work.data.content_ids import content_columns, without_content_ids
from gates.work.data.keys import without_key
from gates.work.data.split import split
from gates.work.model import artifact, golden
from gates.work.model.train_step import call_fit, sign, target_of
from gates.work.mutants import budgets, models, windows
from gates.work.mutants.local import BATCHES
from gates.work.mutants.models import Lesson
from gates.work.mutants.mutation import Inapplicable
from gates.work.mutants.tables import Subject

if TYPE_CHECKING:
    from numpy.random import Generator
    from pandas import DataFrame

_MODELS = (*models.MUTANTS, *budgets.ARCHIVES)
PAST = 0.7  # of the rows were there a while ago


def make(settings: Settings, batch: Path, digest: str, names: Sequence[str], into: Path) -> dict[str, str]:
    """Make the named mutations in ``into``; return why a mutation cannot be made, by its name."""
    frame, left_out = reading.read(batch, settings.roles), {}

    def write(table: DataFrame, folder: Path) -> None:
        _write(without_key(table, frame, settings.roles), folder)

    write(frame, into / "clean")
    write(frame.sample(frac=PAST, random_state=0).sort_index(), into / "past")
    write(windows.newest(_subject(frame, settings, "window")), into / "window")
    for mutant in BATCHES:
        name = mutant.mutation.name
        if name in names:
            try:
                write(mutant.bend(_subject(frame, settings, name)), into / name)
            except Inapplicable as because:
                left_out[name] = str(because)
    for file in budgets.TABLES:
        if (name := file.mutation.name) in names:
            (into / name).mkdir(parents=True, exist_ok=True)
            file.write(_subject(frame, settings, name), into / name / "batch.csv")  # formats are known by their bytes
    if any(mutant.mutation.name in names for mutant in _MODELS):
        left_out |= _make_models(settings, frame, digest, names, into)
    return left_out


def _random(name: str) -> Generator:
    """Each mutation has a seed of its own, so that making fewer of them changes none."""
    import numpy

    return numpy.random.default_rng(zlib.crc32(name.encode()))


def _subject(frame: DataFrame, settings: Settings, name: str) -> Subject:
    chosen = tuple(feature.name for feature in features.choose(frame, settings.roles).features)
    return Subject(frame, settings.roles, chosen, settings.holdout_share, _random(name))


def _write(frame: DataFrame, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    without_content_ids(frame).to_csv(folder / "batch.csv", index=False)


def _make_models(settings: Settings, frame: DataFrame, digest: str, names: Sequence[str], into: Path) -> dict[str, str]:
    sides, left_out = split(frame, settings.roles, settings.holdout_share), {}
    chosen = features.choose(frame, settings.roles)
    params = {"task": settings.roles.task, "seed": settings.seed, **settings.params}
    X, y = features.normalise(sides.training, chosen.features), target_of(sides.training, settings)
    X_held, y_held = features.normalise(sides.holdout, chosen.features), target_of(sides.holdout, settings)
    for mutant in _MODELS:
        name = mutant.mutation.name
        if name not in names:
            continue
        lesson = Lesson(
            settings.roles.task,
            X,
            y,
            X_held,
            y_held,
            lambda X, y: call_fit(settings.train, X, y, params),
            _random(name),
        )
        try:
            estimator = mutant.learn(lesson)
        except (Inapplicable, GatesError) as because:
            left_out[name] = str(because)
            continue
        signature = sign(settings, chosen.features, estimator, params, len(X), digest)
        if settings.roles.keyless:
            signature = replace(signature, identified_by=content_columns(frame.columns, settings.roles))
        (into / name).mkdir(parents=True, exist_ok=True)
        file = into / name / "model.skops"
        artifact.save(estimator, signature, file, trusted=settings.trusted_types)
        file.write_bytes(mutant.damage(file.read_bytes()))
        golden.write_golden(estimator, signature, sides.holdout, into / name / "golden.json")
    return left_out


def main(arguments: Sequence[str] | None = None) -> int:
    """Make mutants from the command line and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m gates.work.mutants.make_step", description="Make mutants of data and models."
    )
    parser.add_argument("--config", type=Path, required=True, help="TOML file with [tool.ml]")
    parser.add_argument("--batch", type=Path, required=True, help="snapshot of the clean data")
    parser.add_argument("--digest", required=True, help="sha256:<hex> of the snapshot")
    parser.add_argument("--names", required=True, help="JSON list of the mutations wanted")
    parser.add_argument("--into", type=Path, required=True, help="one folder a mutation is made here")
    options = parser.parse_args(arguments)
    try:
        settings = read_settings(options.config)
        sys.path.append(str(settings.folder))  # the last place: it stands in for no module of Python or of a package
        left_out = make(settings, options.batch, options.digest, json.loads(options.names), options.into)
    except GatesError as error:
        say(traceback.format_exc(), sys.stderr)
        write_json(options.into / "made.json", {"message": error.message, "remedy": error.remedy})
        return error.exit_code
    write_json(options.into / "made.json", left_out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
