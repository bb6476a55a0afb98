"""What only a function of the project can read is packed with the files beside it, and read from these bytes alone."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from pathlib import Path

import lightgbm
import numpy
import pandas
import pytest
import safetensors
from safetensors.numpy import save_file

from gates.errors import ConfigError, GatesError
from gates.work.config.settings import read_settings
from gates.work.data.source import fetch
from gates.work.errors import ArtifactError, TrainingError
from gates.work.model import project_model
from gates.work.model.adopt_step import adopt
from gates.work.model.apart import load_apart
from gates.work.model.artifact import load
from gates.work.model.golden import read_golden
from gates.work.model.project_model import PROJECT, libraries_since, open_files, pack, require_beside

LOADER = """\
import json
import numpy
from safetensors.numpy import load_file


class Net:
    def __init__(self, folder):
        self.weights = load_file(folder / "weights.safetensors")
        self.classes_ = json.loads((folder / "labels.json").read_text())
        self.folder = folder

    def predict_proba(self, X):
        limit = float((self.folder / "deep" / "thresholds.csv").read_text())
        share = 1 / (1 + numpy.exp(-(X.to_numpy() @ self.weights["w"] + limit)))
        return numpy.column_stack([1 - share, share])

    def predict(self, X):
        return numpy.asarray(self.classes_)[self.predict_proba(X).argmax(axis=1)]


def load(path):
    return Net(path)


class Bare:
    def __init__(self, path):
        self.name, self.answer = path.name, path.read_text()

    def predict(self, X):
        return [self.answer] * len(X)


class Beside(Bare):
    def predict(self, X):
        return [open("thresholds.csv").read()] * len(X)


class Shares(Bare):
    def predict_proba(self, X):
        return numpy.full((len(X), 2), 0.5)


class Reader(Net):
    def __init__(self, folder):
        open("thresholds.csv")


def broken(path):
    raise KeyError("weights")


def nothing(path):
    return None


word = "no function"
"""


@pytest.fixture
def loader(tmp_path, monkeypatch):
    """The name of a module of the project, different for each test, beside which ``thresholds.csv`` lies."""
    name = f"netmodule_{tmp_path.name.replace('-', '_')}"
    project = tmp_path / "project"
    project.mkdir()
    (project / f"{name}.py").write_text(LOADER, encoding="utf-8")
    (project / "thresholds.csv").write_text("fern", encoding="utf-8")
    monkeypatch.syspath_prepend(str(project))
    monkeypatch.chdir(project)
    yield name
    sys.modules.pop(name, None)


@pytest.fixture
def net(tmp_path):
    """A folder with a network of one unit, its labels, and a file in a folder below."""
    folder = tmp_path / "net"
    (folder / "deep").mkdir(parents=True)
    save_file({"w": numpy.array([-3.0])}, folder / "weights.safetensors")
    (folder / "labels.json").write_text(json.dumps(["fern", "moss"]))
    (folder / "deep" / "thresholds.csv").write_text("0.5")
    return folder


@pytest.fixture
def taken(plants, write_project, tmp_path, loader):
    """Return a function that takes a model as version of a project whose loader is the function of this name."""

    def taken(path: Path, function: str, labels=(), into="into", **changes: str):
        source = tmp_path / "plants.csv"
        source.write_text(plants, encoding="utf-8")
        folder = tmp_path / into
        folder.mkdir()
        keys = {"train": "", "features": '["height"]', "load": f'"{loader}:{function}"', **changes}
        settings = read_settings(write_project(tmp_path / "project", **keys))
        batch = fetch(str(source), folder)
        facts = adopt(settings, path, batch.path, batch.digest, labels, folder)
        return folder, facts, settings

    return taken


def test_a_network_is_read_by_the_project_from_the_bytes_of_the_model_alone(net, taken, digest_of, loader):
    folder, facts, settings = taken(net, "load")
    assert facts["recipe"] == f"net, read by {loader}:load, trained elsewhere"
    for file in sorted(net.rglob("*"), reverse=True):
        file.unlink() if file.is_file() else file.rmdir()

    digest = digest_of(folder / "model.skops")
    model = load(folder / "model.skops", digest, loader=settings.load)
    assert (model.signature.format, model.classes, model.features) == (PROJECT, ("fern", "moss"), ("height",))
    assert model.signature.train == ""
    X = pandas.DataFrame({"height": [2.0, -2.0]})
    assert model.predict(X).tolist() == ["fern", "moss"]
    assert model.predict_proba(X).argmax(axis=1).tolist() == [0, 1]
    golden = read_golden(folder / "golden.json")
    rows = pandas.DataFrame([dict(row) for row in golden.rows])
    assert model.predict(rows).tolist() == list(golden.predictions)


def test_the_same_folder_again_is_the_same_file(net, taken, digest_of):
    first, second = (taken(net, "load", into=into)[0] / "model.skops" for into in ("one", "two"))
    assert digest_of(first) == digest_of(second)


def test_a_file_is_given_by_its_own_name_and_the_labels_are_those_of_the_data(taken, tmp_path, digest_of):
    (tmp_path / "answer.txt").write_text("moss")
    folder, _, settings = taken(tmp_path / "answer.txt", "Bare")
    model = load(folder / "model.skops", digest_of(folder / "model.skops"), loader=settings.load)
    assert model.classes == ("fern", "moss")
    assert not model.signature.probabilities
    assert model.estimator.name == "answer.txt"
    assert model.predict(pandas.DataFrame({"height": [1.0]})).tolist() == ["moss"]


def test_a_file_of_a_known_format_needs_no_loader(plants, taken, tmp_path):
    frame = pandas.read_csv(io.StringIO(plants))
    boosted = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(frame[["height"]], frame["kind"] == "moss")
    boosted.booster_.save_model(tmp_path / "trees.txt")
    _, facts, _ = taken(tmp_path / "trees.txt", "broken", labels=("fern", "moss"))
    assert facts["recipe"] == "lightgbm model trees.txt, trained elsewhere"


REFUSED = {
    "fails": ("broken", ArtifactError, "fails: KeyError: 'weights'"),
    "returns nothing": ("nothing", ArtifactError, "returned NoneType, which has no predict"),
    "is no function": ("word", ConfigError, "is a str, not a function"),
    "is not there": ("absent", ConfigError, "has no 'absent'"),
    "reads a file of the project": ("Reader", ArtifactError, "fails: FileNotFoundError"),
    "predicts by a file of the project": ("Beside", TrainingError, "Beside.predict fails where the model lies alone"),
    "gives shares without labels": ("Shares", ArtifactError, "has predict_proba and no classes_"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_loader_that_gives_no_model_is_refused_with_the_cause(fault, taken, tmp_path):
    function, kind, sentence = REFUSED[fault]
    (tmp_path / "answer.txt").write_text("moss")
    with pytest.raises(kind) as caught:
        taken(tmp_path / "answer.txt", function)
    assert sentence in str(caught.value.message)
    assert caught.value.remedy
    if "of the project" in fault:
        assert "thresholds.csv" in caught.value.message
        assert "files beside a model belong to it" in caught.value.remedy


def test_labels_are_named_once(net, taken):
    with pytest.raises(ArtifactError, match="names its labels in classes_"):
        taken(net, "load", labels=("moss", "fern"))


def test_a_classifier_is_no_regression(net, taken):
    with pytest.raises(ArtifactError, match="a classification of 2 classes, and task is 'regression'"):
        taken(net, "load", task='"regression"', target='"height"', features='["wild"]')


def test_a_model_without_its_loader_is_not_read(net, taken, digest_of):
    folder, _, _ = taken(net, "load")
    with pytest.raises(ArtifactError, match="read by a function of the project, and none is named") as caught:
        load(folder / "model.skops", digest_of(folder / "model.skops"))
    assert "load = 'module:function'" in caught.value.remedy


def test_a_file_that_a_model_opens_later_is_missing_where_it_is_judged(taken, tmp_path, digest_of, loader, monkeypatch):
    """The file was there when it was registered by an earlier version, which let it predict in the project's folder."""
    monkeypatch.setattr("gates.work.model.estimator_answers.apart", contextlib.nullcontext)
    (tmp_path / "answer.txt").write_text("moss")
    folder, _, settings = taken(tmp_path / "answer.txt", "Beside")
    file, here = folder / "model.skops", Path.cwd()
    assert load(file, digest_of(file), loader=settings.load).predict(pandas.DataFrame({"height": [1.0]})).size
    model = load_apart(Path(os.path.relpath(file)), digest_of(file), loader=settings.load)
    with pytest.raises(ArtifactError, match=r"where it lies alone: FileNotFoundError: .*thresholds\.csv") as caught:
        model.predict(pandas.DataFrame({"height": [1.0]}))
    assert "files beside a model belong to it" in caught.value.remedy
    assert model.predict_proba(pandas.DataFrame({"height": [1.0]})) is None
    assert Path.cwd() == here


def test_what_cannot_be_covered_by_a_digest_is_not_packed(net, tmp_path, monkeypatch):
    empty = tmp_path / "empty"
    (empty / "below").mkdir(parents=True)
    with pytest.raises(ArtifactError, match="holds no file"):
        pack(empty)
    (empty / "nothing").touch()
    with pytest.raises(ArtifactError, match="is empty"):
        pack(empty)
    for name, content in (("model.pt", b"PK"), ("state", b"\x80\x04K\x01."), ("A.PKL", b"x")):
        (net / name).write_bytes(content)
        with pytest.raises(ArtifactError, match="is a pickle") as caught:
            pack(net)
        assert "safetensors" in caught.value.remedy
        (net / name).unlink()
    (net / "link").symlink_to(net / "labels.json")
    with pytest.raises(ArtifactError, match="is no regular file"):
        pack(net)
    (net / "link").unlink()
    os.mkfifo(net / "pipe")
    with pytest.raises(ArtifactError, match="is no regular file"):
        pack(net)
    (net / "pipe").unlink()
    monkeypatch.setattr(project_model, "_LARGEST", 20)
    with pytest.raises(ArtifactError, match="the model has more than 20 bytes"):
        pack(net)


MEMBERS = {
    "none": {},
    "two files": {"file/a": b"", "file/b": b""},
    "file and folder": {"file/a": b"", "folder/b": b""},
    "another format": {"model.txt": b""},
    "outside": {"folder/../../a": b""},
    "no name": {"file/": b""},
}


@pytest.mark.parametrize("members", MEMBERS)
def test_members_that_no_registration_wrote_are_refused(members, loader):
    with pytest.raises(ArtifactError, match="the model file holds"):
        open_files(MEMBERS[members], f"{loader}:Bare")


def test_names_of_any_script_come_back(tmp_path, loader):
    folder = tmp_path / "ä 模型"
    folder.mkdir()
    (folder / "=1+1 ю.txt").write_text("moss")
    files = pack(folder)
    assert list(files) == ["folder/=1+1 ю.txt"]
    with pytest.raises(GatesError, match="IsADirectoryError"):
        open_files(files, f"{loader}:Bare")
    assert open_files(pack(folder / "=1+1 ю.txt"), f"{loader}:Bare").answer == "moss"


def test_the_libraries_that_a_loader_imports_are_known_by_their_versions():
    before = set(sys.modules) - {"safetensors", "safetensors.numpy"}
    assert libraries_since(before) == {"safetensors": safetensors.__version__}
    assert libraries_since(sys.modules) == {}


def test_a_deployment_carries_only_modules_beside_the_configuration(tmp_path):
    (tmp_path / "net.py").touch()
    (tmp_path / "nets").mkdir()
    for loader in ("", "net:load", "nets.small:load"):
        require_beside(loader, tmp_path)
    with pytest.raises(ConfigError, match="torchvision is no module beside the configuration"):
        require_beside("torchvision.models:load", tmp_path)
