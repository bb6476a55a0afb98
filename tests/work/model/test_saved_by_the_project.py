"""What a training returned and no format of ours holds is written by the project's own function, and read by its load."""

from __future__ import annotations

import sys

import pandas
import pytest

from gates.errors import ConfigError, GatesError
from gates.work.config.settings import read_settings
from gates.work.data.source import fetch
from gates.work.errors import ArtifactError
from gates.work.model.artifact import load, read_signature
from gates.work.model.golden import read_golden
from gates.work.model.project_model import PROJECT
from gates.work.model.train_step import train

MODULE = """\
import json
import pickle
import numpy


class Threshold:
    def __init__(self, limit, classes):
        self.limit, self.classes_ = limit, list(classes)

    def predict(self, X):
        return numpy.asarray(self.classes_)[(X["height"].to_numpy() < self.limit).astype(int)]


def fit(X, y, params):
    return Threshold(float(X["height"].mean()), sorted(set(y)))


def save(estimator, folder):
    (folder / "threshold.json").write_text(json.dumps([estimator.limit, estimator.classes_]))


def load(folder):
    return Threshold(*json.loads((folder / "threshold.json").read_text()))


def nothing(estimator, folder):
    pass


def broken(estimator, folder):
    raise KeyError("limit")


def pickled(estimator, folder):
    (folder / "threshold.pkl").write_bytes(pickle.dumps(estimator.limit))


def other(folder):
    raise ValueError("another form")
"""


@pytest.fixture
def trained(plants, write_project, tmp_path, monkeypatch):
    """Return a function that trains with these functions of the project, and gives the folder and the settings."""
    name = f"threshold_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "plants.csv").write_text(plants, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))

    def trained(save="save", load="load"):
        keys = {
            "train": f'"{name}:fit"',
            "features": '["height"]',
            "save": f'"{name}:{save}"',
            "load": f'"{name}:{load}"',
        }
        config = write_project(tmp_path, **keys)
        settings, into = read_settings(config), tmp_path / "into"
        batch = fetch(str(tmp_path / "plants.csv"), tmp_path / "taken")
        into.mkdir()
        train(settings, batch.path, batch.digest, {}, into)
        return into, settings

    yield trained
    sys.modules.pop(name, None)


def test_an_estimator_of_the_projects_own_is_trained_saved_and_read_again(trained, digest_of):
    into, settings = trained()
    file = into / "model.skops"
    signature = read_signature(file)
    assert (signature.format, signature.train) == (PROJECT, settings.train)
    model = load(file, digest_of(file), loader=settings.load)
    golden = read_golden(into / "golden.json")
    assert model.predict(pandas.DataFrame([dict(row) for row in golden.rows])).tolist() == list(golden.predictions)


REFUSED = {
    "writes nothing": ({"save": "nothing"}, ArtifactError, "wrote no file"),
    "fails": ({"save": "broken"}, ArtifactError, "fails: KeyError: 'limit'"),
    "is not there": ({"save": "absent"}, ConfigError, "has no 'absent'"),
    "writes a pickle": ({"save": "pickled"}, ArtifactError, "is a pickle; reading one runs whatever it says"),
    "writes what load does not read": ({"load": "other"}, ArtifactError, "fails: ValueError: another form"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_save_that_leaves_no_model_ends_the_training_with_the_cause(fault, trained, tmp_path):
    functions, kind, sentence = REFUSED[fault]
    with pytest.raises(GatesError) as caught:
        trained(**functions)
    assert type(caught.value) is kind
    assert sentence in caught.value.message
    assert caught.value.remedy
    assert not (tmp_path / "into" / "model.skops").exists()


def test_save_without_load_is_refused(write_project, tmp_path):
    config = write_project(tmp_path, save='"training:save"')
    with pytest.raises(ConfigError, match="save is named, and load is not, wanted load"):
        read_settings(config)
