"""Data and models in the registry: the same bytes are the same version, and other bytes are never taken for them."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

import pytest

from gates.work.backends.azure import blobs, data, models
from gates.work.backends.azure.errors import AzureError
from gates.work.errors import ArtifactError, DataError

ROWS = b"cord_uid,a,cluster\nu1,1,x\nu2,2,y\n"


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(ROWS)
    return path


@pytest.fixture
def trained(tmp_path):
    folder = tmp_path / "trained"
    folder.mkdir()
    (folder / "model.skops").write_bytes(b"a model")
    (folder / "golden.json").write_bytes(b"{}")
    return folder


def test_the_same_bytes_are_one_version_and_others_the_next(connection, rows):
    first, again = data.register(connection, rows, "papers"), data.register(connection, rows, "papers")
    assert str(first) == str(again) == "azureml:papers:1"
    assert first.digest == f"sha256:{hashlib.sha256(ROWS).hexdigest()}"
    rows.write_bytes(ROWS + b"u3,3,x\n")
    assert str(data.register(connection, rows, "papers")) == "azureml:papers:2"


def test_a_version_comes_back_as_the_bytes_that_were_registered(connection, rows, tmp_path):
    data.register(connection, rows, "papers")
    for reference in ("azureml:papers:1", "azureml:papers@latest"):
        batch = data.take(connection, reference, tmp_path / "into")
        assert batch.path.read_bytes() == ROWS
        assert batch.source == "azureml:papers:1"


def test_a_file_that_was_written_over_is_refused(connection, cloud, rows, tmp_path):
    asset = data.register(connection, rows, "papers")
    container, path = cloud.storage.locate(asset.place)
    cloud.storage.service.get_blob_client(container, path).upload_blob(b"a,b\n1,2\n", overwrite=True)
    with pytest.raises(DataError, match="is not what was registered: found sha256:"):
        data.take(connection, "azureml:papers:1", tmp_path / "into")
    assert not list((tmp_path / "into").glob("*.csv"))


@pytest.mark.parametrize(
    ("reference", "kind", "sentence"),
    [
        ("azureml:papers:7", AzureError, "Azure answered 404"),
        ("azureml:papers@latest", DataError, "there is no data asset papers"),
        ("azureml:papers", DataError, "write it as azureml:NAME:VERSION"),
        ("azureml:pa/pers:1", DataError, "is not a data asset"),
    ],
)
def test_what_is_not_there_is_said(connection, tmp_path, reference, kind, sentence):
    with pytest.raises(kind) as refused:
        data.take(connection, reference, tmp_path / "into")
    assert sentence in f"{refused.value.message} {refused.value.remedy}"


def test_a_model_is_registered_with_what_it_is_and_found_by_build_and_by_digest(connection, trained, tmp_path):
    made = models.register(connection, trained, "m", {"gates": "passed", "BuildId": "41", "metric.accuracy": "0.91"})
    again = models.register(connection, trained, "m", {"gates": "passed", "BuildId": "41"})
    assert (str(made), made.version) == ("azureml:m:1", again.version)
    assert made.digest == f"sha256:{hashlib.sha256(b'a model').hexdigest()}"
    (trained / "model.skops").write_bytes(b"a better model")
    newer = models.register(connection, trained, "m", {"gates": "passed", "BuildId": "42"})
    assert newer.version == "2"
    assert models.find(connection, "m").version == "2"
    assert models.find(connection, "m", build="41").version == "1"
    assert models.find(connection, "m", digest=made.digest).version == "1"
    assert (models.fetch(connection, newer, tmp_path / "fetched") / "model.skops").read_bytes() == b"a better model"


def test_a_model_that_did_not_pass_is_never_found(connection, trained):
    models.register(connection, trained, "m", {"gates": "staging", "BuildId": "41"})
    with pytest.raises(
        ArtifactError, match="no version of m of build 41 that passed its gates is registered; 1 versions"
    ):
        models.find(connection, "m", build="41")
    with pytest.raises(ArtifactError, match="no version of m that passed is registered"):
        models.find(connection, "m")


def test_a_model_whose_bytes_were_exchanged_is_refused(connection, cloud, trained, tmp_path):
    made = models.register(connection, trained, "m", {"gates": "passed"})
    container, path = cloud.storage.locate(made.place)
    cloud.storage.service.get_blob_client(container, f"{path}/model.skops").upload_blob(b"evil", overwrite=True)
    with pytest.raises(ArtifactError, match="is not what was registered: found sha256:"):
        models.fetch(connection, made, tmp_path / "fetched")


def test_a_folder_without_a_model_is_not_registered(connection, tmp_path):
    with pytest.raises(ArtifactError, match=r"holds no model\.skops"):
        models.register(connection, tmp_path, "m", {})


def test_a_name_that_leads_out_of_the_folder_is_refused(connection, monkeypatch, tmp_path):
    class Container:
        def list_blobs(self, name_starts_with):
            return iter([SimpleNamespace(name="evil/../../out.txt")])

    monkeypatch.setattr(blobs, "container_of", lambda connection, datastore: Container())
    with pytest.raises(AzureError, match="would be written outside"):
        blobs.download(connection, blobs.Place("workspaceblobstore", "evil"), tmp_path / "into")
    assert not (tmp_path / "out.txt").exists()
