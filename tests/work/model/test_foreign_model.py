"""A model that was trained elsewhere is found, fitted to the data's columns and labels, and refused where something is missing."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import lightgbm
import numpy
import pandas
import pytest

from gates.errors import ConfigError
from gates.work.config.settings import read_settings
from gates.work.data.source import fetch
from gates.work.errors import ArtifactError, TrainingError
from gates.work.model.adopt_step import adopt, main
from gates.work.model.artifact import load
from gates.work.model.foreign_model import ForeignModel, features_of, find_model, labels_of
from gates.work.model.formats.answers import Described
from gates.work.model.golden import read_golden
from gates.work.model.params_step import check
from gates.work.records import ColumnRoles, Feature

CLASSES = ColumnRoles("plant", "kind", "classification")
NUMBERS = ColumnRoles("plant", "kind", "regression")


@pytest.fixture(scope="session")
def plants_file(plants, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("plants") / "plants.csv"
    path.write_text(plants, encoding="utf-8")
    return path


@pytest.fixture
def lightgbm_file(plants_file, tmp_path) -> Path:
    frame = pandas.read_csv(plants_file)
    X, y = frame[["height", "width"]], (frame["kind"] == "moss").astype(int)
    path = tmp_path / "model.txt"
    lightgbm.LGBMClassifier(n_estimators=20, verbose=-1).fit(X, y).booster_.save_model(path)
    return path


def described(features=(), width=0, outputs=None, labels=None) -> ForeignModel:
    return ForeignModel(Path("model.bin"), "xgboost", b"", Described(features, width, outputs, labels))


def columns(*names: str) -> list[Feature]:
    return [Feature(name, "number", "float64") for name in names]


def adopted(plants_file, model, folder, write_project, labels=("fern", "moss"), **changes):
    config = write_project(folder, train="", features='["height", "width"]', **changes)
    batch = fetch(str(plants_file), folder / "snapshots")
    return adopt(read_settings(config), model, batch.path, batch.digest, labels, folder)


def test_a_model_of_another_tool_becomes_a_model_file_with_golden_rows(
    plants_file, lightgbm_file, tmp_path, write_project, digest_of
):
    facts = adopted(plants_file, lightgbm_file, tmp_path, write_project)
    assert facts["recipe"] == "lightgbm model model.txt, trained elsewhere"
    assert "nobody can tell from here whether it saw rows of the holdout" in facts["notes"]
    model = load(tmp_path / "model.skops", digest_of(tmp_path / "model.skops"))
    assert (model.classes, model.features, model.signature.train) == (("fern", "moss"), ("height", "width"), "")
    golden = read_golden(tmp_path / "golden.json")
    assert model.predict(pandas.DataFrame(list(golden.rows))).tolist() == list(golden.predictions)
    frame = pandas.read_csv(plants_file)
    assert (model.predict(frame) == frame["kind"]).mean() > 0.8


def test_the_same_model_again_is_the_same_file(plants_file, lightgbm_file, tmp_path, write_project):
    adopted(plants_file, lightgbm_file, tmp_path, write_project)
    first = (tmp_path / "model.skops").read_bytes()
    os.utime(lightgbm_file, (1, 1))
    adopted(plants_file, lightgbm_file, tmp_path, write_project)
    assert (tmp_path / "model.skops").read_bytes() == first


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("absent.onnx", None, "is no file"),
        ("empty.onnx", b"", "is empty"),
        ("model.joblib", b"x", "is a pickle; reading one runs whatever it says"),
        ("model.ubj", pickle.dumps({}), "is a pickle; reading one runs whatever it says"),
        ("model.h5", b"\x89HDF", "is of no format that is known here"),
        ("model.txt", b"hello", "is of no format that is known here"),
    ],
    ids=["absent", "empty", "joblib", "pickle by its bytes", "unknown format", "no model"],
)
def test_what_is_no_model_is_refused(name, content, sentence, tmp_path):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ArtifactError, match=sentence):
        find_model(tmp_path / name)


def test_a_model_too_large_to_read_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("gates.work.model.foreign_model.LARGEST", 3)
    (tmp_path / "model.cbm").write_bytes(b"CBM1")
    with pytest.raises(ArtifactError, match="has 4 bytes; at most 3 are read"):
        find_model(tmp_path / "model.cbm")


MLMODEL = """\
artifact_path: model
flavors:
  lightgbm:
    data: model.txt
    lgb_version: 4.7.0
  python_function:
    loader_module: mlflow.lightgbm
model_size_bytes: 3
"""


def test_the_folder_of_an_mlflow_model_is_read_by_its_native_flavor(lightgbm_file):
    folder = lightgbm_file.parent / "mlflow"
    folder.mkdir()
    lightgbm_file.replace(folder / "model.txt")
    (folder / "MLmodel").write_text(MLMODEL, encoding="utf-8")
    (folder / "conda.yaml").write_text("name: x\n", encoding="utf-8")
    model = find_model(folder)
    assert (model.format, model.file) == ("lightgbm", folder / "model.txt")


def test_an_mlflow_model_without_a_native_flavor_is_no_known_format(tmp_path):
    (tmp_path / "MLmodel").write_text(MLMODEL.replace("lightgbm:", "sklearn:", 1), encoding="utf-8")
    (tmp_path / "model.pkl").write_bytes(pickle.dumps({}))
    with pytest.raises(ArtifactError, match="an MLflow model of the flavors sklearn, which Gates does not read"):
        find_model(tmp_path)


def test_a_folder_with_no_model_or_two_is_refused(lightgbm_file, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ArtifactError, match="holds no file"):
        find_model(empty)
    (empty / "notes.md").write_text("hello")
    with pytest.raises(ArtifactError, match="holds 0 models, wanted one"):
        find_model(empty)
    for name in ("one.txt", "two.txt"):
        (empty / name).write_bytes(lightgbm_file.read_bytes())
    with pytest.raises(ArtifactError, match=r"holds 2 models: one\.txt, two\.txt, wanted one"):
        find_model(empty)


def test_named_columns_are_taken_in_the_order_of_the_model():
    taken = features_of(described(features=("b", "a_x")), columns("a x", "b", "c"))
    assert [feature.name for feature in taken] == ["b", "a x"]
    with pytest.raises(
        ArtifactError, match="learned 1 columns that are no features of the data: z; the data have a x, b"
    ):
        features_of(described(features=("b", "z")), columns("a x", "b"))


def test_columns_without_names_must_be_as_many_as_the_features():
    assert len(features_of(described(width=2), columns("a", "b"))) == 2
    assert len(features_of(described(), columns("a", "b"))) == 2
    with pytest.raises(ArtifactError, match="takes 3 columns without names, and the data have 2 features: a, b"):
        features_of(described(width=3), columns("a", "b"))


@pytest.mark.parametrize(
    ("own", "outputs", "named", "target", "labels"),
    [
        (("no", "yes"), 2, (), ["yes", "no"], ("no", "yes")),
        (None, 2, (), [0, 1, 1], (0, 1)),
        (None, 3, (), [0, 1], (0, 1, 2)),
        (None, 2, ("moss", "fern"), ["fern", "moss"], ("moss", "fern")),
        (("0", "1"), 2, (), [0, 1], (0, 1)),
        (None, 2, ("False", "True"), [True, False], (False, True)),
    ],
)
def test_labels_are_of_the_targets_own_kind_in_the_models_order(own, outputs, named, target, labels):
    model = described(outputs=outputs, labels=own)
    answer = labels_of(model, CLASSES, pandas.Series(target), named)
    assert answer == labels
    assert list(map(type, answer)) == list(map(type, labels))


@pytest.mark.parametrize(
    ("model", "roles", "named", "target", "sentence"),
    [
        (described(outputs=2), CLASSES, (), ["no", "yes"], "answers 0, 1, and the target 'kind' holds no, yes"),
        (described(outputs=2), CLASSES, ("no", "maybe"), ["no", "yes"], "holds yes, which --labels does not name"),
        (described(outputs=3), CLASSES, ("no", "yes"), ["no", "yes"], "2 labels are named, and the model tells 3"),
        (described(outputs=2), CLASSES, ("no", "no"), ["no"], "1 labels are named, and the model tells 2"),
        (described(outputs=2), NUMBERS, (), [1.0], "is a classification of 2 classes, and task is 'regression'"),
        (described(), CLASSES, (), ["a"], "is a regression, and task is 'classification'"),
        (described(), NUMBERS, ("a",), [1.0], "is a regression, which has no labels"),
    ],
    ids=[
        "numbers alone",
        "one missing",
        "too few",
        "twice",
        "not a regression",
        "a regression",
        "labels of a regression",
    ],
)
def test_labels_are_never_guessed(model, roles, named, target, sentence):
    with pytest.raises(ArtifactError, match=sentence):
        labels_of(model, roles, pandas.Series(target), named)


def test_a_model_that_answers_no_numbers_is_refused(plants_file, tmp_path, write_project, monkeypatch, lightgbm_file):
    booster = "gates.work.model.formats.lightgbm._booster"
    real = lightgbm.Booster(model_file=lightgbm_file)
    monkeypatch.setattr(real, "predict", lambda X: numpy.full(len(X), numpy.nan))
    monkeypatch.setattr(booster, lambda data: real)
    with pytest.raises(TrainingError, match=r"predict fails on rows of the holdout: .* with no finite number"):
        adopted(plants_file, lightgbm_file, tmp_path, write_project)


def test_the_step_writes_its_failure_for_the_parent(plants_file, tmp_path, write_project):
    config = write_project(tmp_path, train="")
    code = main(
        ["--config", str(config), "--model", str(tmp_path / "gone.onnx"), "--batch", str(plants_file), "--digest", "sha256:0",
         "--labels", "[]", "--into", str(tmp_path)]
    )  # fmt: skip
    failure = json.loads((tmp_path / "failure.json").read_text())
    assert (code, failure["kind"]) == (3, "ArtifactError")
    assert "gone.onnx is no file" in failure["message"]


def test_a_project_without_a_training_function_trains_nothing(tmp_path, write_project):
    settings = read_settings(write_project(tmp_path, train=""))
    with pytest.raises(ConfigError, match="names no training function"):
        check(settings, {})  # what gates run does first, before it takes the data


def test_what_the_child_refuses_is_raised_and_a_child_that_does_not_end_is_stopped(
    plants_file, tmp_path, write_project, monkeypatch
):
    from gates.work.backends.local import training

    (tmp_path / "model.onnx").write_bytes(b"nonsense")
    config = write_project(tmp_path, train="")
    with pytest.raises(ArtifactError, match="the ONNX model cannot be read"):
        training.run_adoption(
            config, tmp_path / "model.onnx", plants_file, "sha256:0", (), tmp_path / "into", timeout=100
        )
    with pytest.raises(TrainingError, match="reading the model did not end within 0"):
        training.run_adoption(
            config, tmp_path / "model.onnx", plants_file, "sha256:0", (), tmp_path / "into", timeout=0.001
        )
