"""A model whose reading runs code is refused by default; with a reason it is read by a process that can reach no key."""

from __future__ import annotations

import os
import pickle
import sys
import types
from pathlib import Path

import joblib
import numpy
import pandas
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from skops import io as skops

from gates.errors import ConfigError
from gates.work.config.settings import read_settings
from gates.work.data.source import fetch
from gates.work.errors import ArtifactError, TrainingError
from gates.work.model import confined, landlock
from gates.work.model.adopt_step import adopt
from gates.work.model.artifact import load
from gates.work.model.confined import ConfinedModel
from gates.work.model.golden import read_golden
from gates.work.model.pickles import find_pickle

REASON = '\n[tool.gates]\ntrust_pickle = "trained by our own team, ticket 7"\n'
MLMODEL = """\
flavors:
  python_function:
    loader_module: mlflow.sklearn
    model_path: {file}
  sklearn:
    code: null
    pickled_model: {file}
    serialization_format: {serialization}
    sklearn_version: 1.9.1
mlflow_version: 3.1.0
"""


class Program:
    """Run a program where it is unpickled."""

    def __init__(self, program: str) -> None:
        self.program = program

    def __reduce__(self):
        return exec, (self.program, {})


@pytest.fixture(scope="session")
def table(plants, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("plants") / "plants.csv"
    path.write_text(plants, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def numbers(table) -> pandas.DataFrame:
    return pandas.read_csv(table)[["height", "width", "kind"]].fillna(0.0)


@pytest.fixture
def adopted(table, tmp_path, write_project):
    """Return a function that registers a model file of this folder, with or without a reason."""

    def act(model: Path, reason: str = ""):
        config = write_project(tmp_path, train="", features='["height", "width"]')
        config.write_text(config.read_text(encoding="utf-8") + reason, encoding="utf-8")
        batch = fetch(str(table), tmp_path / "snapshots")
        return adopt(read_settings(config), model, batch.path, batch.digest, (), tmp_path)

    return act


def in_mlflow(folder: Path, file: str, serialization: str) -> Path:
    folder.mkdir()
    (folder / "MLmodel").write_text(MLMODEL.format(file=file, serialization=serialization), encoding="utf-8")
    return folder


FORMS = {
    "pickle": "model.pkl",
    "joblib": "model.joblib",
    "a pickle by its bytes": "model.dat",
    "an MLflow folder": "model.pkl",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_pickle_is_refused_and_its_code_is_not_run(form, adopted, tmp_path):
    folder = in_mlflow(tmp_path / "m", FORMS[form], "cloudpickle") if form == "an MLflow folder" else tmp_path
    mark = tmp_path / "the code ran"
    (folder / FORMS[form]).write_bytes(pickle.dumps(Program(f"open({str(mark)!r}, 'w')")))
    with pytest.raises(ArtifactError, match="reading one runs whatever it says, so it is refused") as refusal:
        adopted(folder if folder != tmp_path else folder / FORMS[form])
    assert 'trust_pickle = "the reason"' in refusal.value.remedy
    assert "skops, ONNX" in refusal.value.remedy
    assert not mark.exists()


@pytest.mark.parametrize("reason", ['""', '"  "', "true"])
def test_a_reason_without_words_is_refused(reason, tmp_path, write_project):
    config = write_project(tmp_path)
    config.write_text(
        f"{config.read_text(encoding='utf-8')}\n[tool.gates]\ntrust_pickle = {reason}\n", encoding="utf-8"
    )
    with pytest.raises(ConfigError, match="wanted the reason why a pickle is trusted, in words"):
        read_settings(config)


def test_a_trusted_joblib_file_answers_like_the_estimator_in_it(adopted, numbers, digest_of, tmp_path):
    forest = RandomForestClassifier(20, random_state=0).fit(numbers[["height", "width"]], numbers["kind"])
    joblib.dump(forest, tmp_path / "model.joblib", compress=3)
    facts = adopted(tmp_path / "model.joblib", REASON)
    assert facts["trusted"].endswith("trusted by trust_pickle: trained by our own team, ticket 7")
    file = tmp_path / "model.skops"
    for reason in ("", " "):
        with pytest.raises(ArtifactError, match=r"is a pickle \(recognised as joblib\)"):
            load(file, digest_of(file), trust_pickle=reason)
    loaded = load(file, digest_of(file), trust_pickle="ticket 7")
    rows = numbers[["width", "height"]].head(50)
    assert loaded.predict(rows).tolist() == forest.predict(rows[["height", "width"]]).tolist()
    assert numpy.array_equal(loaded.predict_proba(rows), forest.predict_proba(rows[["height", "width"]]))
    assert loaded.signature.versions["scikit-learn"]
    assert loaded.signature.notes[0] == facts["trusted"]
    assert read_golden(tmp_path / "golden.json").predictions
    with pytest.raises(ArtifactError, match="ValueError"):
        loaded.estimator.predict(rows.iloc[:, :1])
    assert len(loaded.predict(rows)) == 50  # after a refusal it still answers


PROGRAM = """
import os, socket
done = []
def attempt(name, act):
    try:
        act()
        done.append(name)
    except OSError:
        pass
attempt("read a key", lambda: open({key!r}).read())
attempt("write a file", lambda: open({mark!r}, "w"))
attempt("list the folder", lambda: os.listdir({folder!r}))
attempt("read the environment of its parent", lambda: open(f"/proc/{parent}/environ").read())
attempt("open a connection", lambda: socket.create_connection(("127.0.0.1", {port})))
done += [name for name in os.environ if "KEY" in name or name.startswith("GATES")]
open("own.txt", "w").write("its own folder is its own")
raise RuntimeError(f"reached: {{done}}")
"""


def test_a_trusted_pickle_reaches_no_key_no_file_and_no_network(tmp_path, monkeypatch, loopback_port):
    (tmp_path / "gate.pem").write_text("a signing key", encoding="utf-8")
    monkeypatch.setenv("GATES_GATE_KEY", "a signing key")
    mark = tmp_path / "mark"
    program = PROGRAM.format(
        key=str(tmp_path / "gate.pem"), mark=str(mark), folder=str(tmp_path), parent=os.getpid(), port=loopback_port
    )
    with pytest.raises(ArtifactError, match=r"RuntimeError: reached: \[\]"):
        ConfinedModel(pickle.dumps(Program(program)), "model.pkl")
    assert not mark.exists()


@pytest.fixture
def loopback_port():
    """A port on which somebody listens, so that only a prohibition can be why it is not reached."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_pickle_is_not_read_where_the_kernel_cannot_confine_it(tmp_path, monkeypatch):
    mark = tmp_path / "mark"
    broken = "import gates.work.model.landlock as l; l.sys = type('S', (), {'platform': 'other'}); "
    monkeypatch.setattr(confined, "_START", confined._START.replace("from gates", f"{broken}from gates", 1))
    with pytest.raises(ArtifactError, match="other has no Landlock") as refusal:
        ConfinedModel(pickle.dumps(Program(f"open({str(mark)!r}, 'w')")), "model.pkl")
    assert "read only where Linux can keep it from the signing keys" in refusal.value.remedy
    assert not mark.exists()


def test_other_systems_have_no_landlock(monkeypatch):
    monkeypatch.setattr(landlock, "sys", types.SimpleNamespace(platform="darwin"))
    with pytest.raises(OSError, match="darwin has no Landlock"):
        landlock.restrict([], [], [])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (pickle.dumps(Program("__import__('os')._exit(3)")), "the process that reads model.pkl ended"),
        (pickle.dumps({"a": 1}), "it holds dict, which has no predict"),
        (b"\x80\x04 no pickle", "model.pkl cannot be read"),
    ],
    ids=["ends its process", "no estimator", "damaged"],
)
def test_a_trusted_pickle_that_is_no_model_is_refused_in_a_sentence(content, sentence):
    with pytest.raises(ArtifactError, match=sentence):
        ConfinedModel(content, "model.pkl")


def test_a_pickle_of_the_projects_own_classes_says_where_they_belong(monkeypatch):
    own = types.ModuleType("own_models")
    exec("class Model:\n    def predict(self, X):\n        return [1] * len(X)\n", own.__dict__)
    monkeypatch.setitem(sys.modules, "own_models", own)
    with pytest.raises(ArtifactError, match="No module named 'own_models'") as refusal:
        ConfinedModel(pickle.dumps(own.Model()), "model.pkl")
    assert "as a package" in refusal.value.remedy


def test_a_pickle_of_several_targets_is_refused_in_a_sentence(adopted, numbers, tmp_path):
    two = pandas.DataFrame({"a": numbers["kind"], "b": numbers["kind"][::-1].to_numpy()})
    model = RandomForestClassifier(3, random_state=0).fit(numbers[["height", "width"]], two)
    joblib.dump(model, tmp_path / "two.joblib")
    with pytest.raises(TrainingError, match="classes_ are those of several targets"):
        adopted(tmp_path / "two.joblib", REASON)


def test_an_mlflow_model_kept_by_skops_needs_no_trust(adopted, numbers, digest_of, tmp_path):
    folder = in_mlflow(tmp_path / "m", "model.skops", "skops")
    model = make_pipeline(SimpleImputer(), LogisticRegression()).fit(numbers[["height", "width"]], numbers["kind"])
    skops.dump(model, folder / "model.skops")
    assert find_pickle(folder) is None
    assert "trusted" not in adopted(folder)
    loaded = load(tmp_path / "model.skops", digest_of(tmp_path / "model.skops"))
    rows = numbers[["height", "width"]].head(20)
    assert loaded.predict(rows).tolist() == model.predict(rows).tolist()
    (folder / "model.skops").write_bytes(b"PK\x05\x06damaged")
    with pytest.raises(ArtifactError, match=r"model\.skops cannot be loaded"):
        adopted(folder)


def test_an_mlflow_file_outside_of_its_folder_is_not_taken(tmp_path):
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(1))
    assert find_pickle(in_mlflow(tmp_path / "m", "../model.pkl", "pickle")) is None
