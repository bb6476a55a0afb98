"""Composition root: the one place that knows both gates and ml. It turns paths into the fixtures that checks ask for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gates.context import Context, ModelFile


@contextmanager
def in_a_sentence() -> Iterator[None]:
    """What ml refuses is a failed check with its sentence, not a crash with a traceback."""
    from ml.errors import MlError

    try:
        yield
    except MlError as error:
        refusal = f"{error.message}; {error.remedy}"
    else:
        return
    pytest.fail(refusal, pytrace=False)


@pytest.fixture(scope="session")
def config_file(gate_context: Context | None, pytestconfig: pytest.Config) -> Path:
    return Path(gate_context.config) if gate_context else pytestconfig.rootpath / "pyproject.toml"


@pytest.fixture(scope="session")
def ml_settings(config_file: Path):
    from ml.settings import read_settings

    return read_settings(config_file)


@pytest.fixture(scope="session")
def case(
    gate_context: Context | None, config_file: Path, ml_settings, tmp_path_factory: pytest.TempPathFactory
) -> Context:
    """What the run is about: what the parent process said or, in a plain pytest run, the data that the configuration names."""
    if gate_context is not None:
        return gate_context
    from ml.source import fetch

    assert ml_settings.data, f"[tool.ml] of {config_file.name} names no data"
    found = fetch(ml_settings.data, tmp_path_factory.mktemp("batch"), folder=ml_settings.folder)
    return Context("", str(config_file), batch=str(found.path))


@pytest.fixture(scope="session")
def roles(case: Context, ml_settings, request: pytest.FixtureRequest):
    """What each column is for; the features are the model's own where there is a model, else those of the batch."""
    from ml.rows import name_features
    from ml.signing import read_signature

    if case.challenger is not None:
        return name_features(ml_settings.roles, read_signature(Path(case.challenger.path)).names)
    return name_features(ml_settings.roles, request.getfixturevalue("batch").columns)


@pytest.fixture(scope="session")
def batch(case: Context, ml_settings):
    from ml.data import read

    with in_a_sentence():
        return read(Path(case.batch), ml_settings.roles)


@pytest.fixture(scope="session")
def sides(batch, ml_settings):
    from ml.split import split

    with in_a_sentence():
        return split(batch, ml_settings.roles, ml_settings.holdout_share)


@pytest.fixture(scope="session")
def training_rows(sides, roles):
    from ml.rows import Rows

    return Rows.of(sides.training, roles)


@pytest.fixture(scope="session")
def holdout(sides, roles):
    from ml.rows import Rows

    return Rows.of(sides.holdout, roles)


@pytest.fixture(scope="session")
def previous(case: Context, ml_settings, inapplicable):
    """The whole batch that the champion came from."""
    from ml.data import read

    if not case.previous:
        inapplicable("no_champion", "nothing serves yet")
    return read(Path(case.previous), ml_settings.roles)


@pytest.fixture(scope="session")
def champion_sides(case: Context, previous, ml_settings):
    """The champion's own split of its batch, by its own share, whatever the share is today."""
    from ml.signing import read_signature
    from ml.split import split

    assert case.champion is not None
    with in_a_sentence():
        return split(previous, ml_settings.roles, read_signature(Path(case.champion.path)).holdout_share)


@pytest.fixture(scope="session")
def reference(champion_sides):
    """The rows that the champion learned from."""
    return champion_sides.training


@pytest.fixture(scope="session")
def arrivals(batch, previous, roles, inapplicable):
    """The rows of the batch whose ids the champion has never seen."""
    from ml.growth import arrivals

    found = arrivals(batch, previous, roles)
    if found.empty:
        inapplicable("no_new_rows", "every id was in the champion's batch")
    return found


@pytest.fixture(scope="session")
def changed_rows(batch, previous, roles) -> int:
    from ml.growth import count_changed_rows

    return count_changed_rows(batch, previous, roles)


@pytest.fixture(scope="session")
def current(ml_settings, holdout, tmp_path_factory: pytest.TempPathFactory):
    """The newest window: what ``[tool.ml] current`` names, else the holdout."""
    from ml.data import read
    from ml.source import fetch

    if ml_settings.current is None:
        return holdout.frame
    with in_a_sentence():
        found = fetch(ml_settings.current, tmp_path_factory.mktemp("current"), folder=ml_settings.folder)
        return read(found.path, ml_settings.roles)


@pytest.fixture(scope="session")
def newest(case: Context, previous, ml_settings):
    """The newest rows that the champion has never seen; they need no target."""
    from ml.data import read
    from ml.window import choose_newest

    roles, window = ml_settings.roles, case.options.get("window", "all")
    with in_a_sentence():
        arrived = read(Path(case.batch), roles, complete=False)
        return choose_newest(arrived, previous[roles.id], roles, window, datetime.now(UTC))


@pytest.fixture(scope="session")
def pair(case: Context, ml_settings):
    """Two files that are compared with each other alone."""
    from ml.errors import SettingsError
    from ml.pair import read_pair

    if not case.reference:
        pytest.skip("asks about two files: gates check data --data CURRENT --reference REFERENCE")
    with in_a_sentence():
        try:
            return read_pair(Path(case.reference), Path(case.batch), ml_settings.roles, case.options)
        except SettingsError as error:
            wrong = error.message
    raise pytest.UsageError(wrong)


@pytest.fixture(scope="session")
def subject(case: Context) -> ModelFile:
    assert case.challenger is not None, "no model to judge: use `gates run`, or `gates check` with a registered version"
    return case.challenger


@pytest.fixture(scope="session")
def challenger(subject: ModelFile, ml_settings):
    from ml.artifact import load

    with in_a_sentence():
        return load(Path(subject.path), subject.digest, trusted=ml_settings.trusted_types)


@pytest.fixture(scope="session")
def champion(case: Context, ml_settings, inapplicable):
    from ml.artifact import load

    if case.champion is None:
        inapplicable("no_champion", "nothing serves yet")
    return load(Path(case.champion.path), case.champion.digest, trusted=ml_settings.trusted_types)


@pytest.fixture(scope="session")
def anchor(case: Context, ml_settings, inapplicable):
    """The best champion so far, where that is not the champion itself."""
    from ml.artifact import load

    if case.anchor is None:
        inapplicable("no_anchor", "the champion is the best so far, or nothing serves yet")
    return load(Path(case.anchor.path), case.anchor.digest, trusted=ml_settings.trusted_types)


@pytest.fixture(scope="session")
def holdout_uses(case: Context) -> int:
    """How many challengers were judged on this batch's holdout by now, this one included; 0 in a plain pytest run."""
    return case.holdout_uses


@pytest.fixture(scope="session")
def retrained(challenger, training_rows, ml_settings):
    """A second model, made now by the challenger's own recipe from the same rows."""
    from ml.retraining import retrain

    return retrain(challenger.signature, training_rows.frame, ml_settings)


@pytest.fixture(scope="session")
def golden(subject: ModelFile):
    from ml.golden import read_golden

    return read_golden(Path(subject.golden))


@pytest.fixture(scope="session")
def endpoint_url(case: Context) -> str:
    assert case.endpoint_url, "no endpoint to ask: use `gates run`, or `gates check endpoint`"
    return case.endpoint_url


@pytest.fixture(scope="session")
def endpoint_key() -> str | None:
    """Local endpoints ask for no key; that of any other comes through the environment, never through a file."""
    return os.environ.get("GATES_ENDPOINT_KEY") or None


@pytest.fixture(scope="session")
def endpoint_deployment(case: Context) -> str:
    """The deployment to ask for by name behind a shared address; empty: whichever answers."""
    return case.endpoint_deployment
