"""``gates run`` on Azure: the interface of the engine, with data assets, a training job and a keyed staging deployment."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest
import requests
from command_line import ROOT

from gates.ports import open_work
from gates.work.backends.azure.endpoint import WorkspaceEndpoint
from gates.work.errors import EndpointError, TrainingError
from gates.work.records import Identity


@pytest.fixture
def small(project, connection):
    """The project's work on a small file, registered as a data asset."""
    rows = project / "rows.csv"
    subprocess.run([sys.executable, "-m", "ml.sample", "lab", str(rows)], cwd=ROOT, check=True, capture_output=True)
    work = open_work("gates.work.backends.azure:open_work", project / "pyproject.toml")
    work.__dict__["connection"] = type(connection)(work.azure, connection.ml, connection.credential)
    return work


def test_the_work_opens_without_asking_azure(project, cloud):
    work = open_work("gates.work.backends.azure:open_work", project / "pyproject.toml")
    assert work.name == "COVID19Articles_model"
    assert work.conditions(batch=None, previous=None, model=None)["no_key"] is False
    assert cloud.arm.calls == []


def test_from_data_to_a_staging_deployment_that_wants_its_key(cloud, small, project, tmp_path):
    batch = small.take(str(project / "rows.csv"), tmp_path / "scratch")
    trained = small.train(batch.path, batch.digest, {"max_depth": "2"}, tmp_path / "run")
    assert trained.facts["recipe"] == "decision_tree(max_depth=2)"
    assert trained.facts["asset"] == "azureml:papers:1"
    assert small.take("azureml:papers:1", tmp_path / "scratch").digest == batch.digest

    identity = Identity(small.name, 1, f"sha256:{hashlib.sha256(trained.model.read_bytes()).hexdigest()}")
    staging = small.deploy(tmp_path / "home", "challenger", trained.model, identity)
    try:
        assert dict(WorkspaceEndpoint(small.connection).traffic()) == {"challenger": 0}
        key, named = {"Authorization": f"Bearer {staging.key}"}, {"azureml-model-deployment": staging.name}
        body = {"data": [[float(n) for n in range(128)]]}
        answer = requests.post(staging.url, json=body, headers=key | named, timeout=60)
        assert answer.json()["model"] == {"name": small.name, "version": 1, "digest": identity.digest}
        assert requests.post(staging.url, json=body, headers=named, timeout=60).status_code == 401
        wrapped = requests.post(
            staging.url, data="{", headers={**key, **named, "Content-Type": "application/json"}, timeout=60
        )
        assert (wrapped.status_code, wrapped.headers["ms-azureml-model-error-statuscode"]) == (424, "400")
        with pytest.raises(EndpointError, match="is not reloaded"):
            staging.reload(trained.model, identity)
    finally:
        staging.stop()
    assert dict(WorkspaceEndpoint(small.connection).traffic()) == {}
    staging.stop()  # once more is no error


def test_what_serves_has_a_rollout_of_its_own(small, tmp_path):
    with pytest.raises(EndpointError, match="what serves on Azure has a rollout of its own") as refused:
        small.deploy(tmp_path, "champion", tmp_path / "m", Identity("m", 1, "sha256:1"))
    assert refused.value.remedy == "python -m gates.work.backends.azure deploy --champion"


def test_a_training_that_fails_on_the_compute_says_why(cloud, small, project, tmp_path):
    batch = small.take(str(project / "rows.csv"), tmp_path / "scratch")
    with pytest.raises(TrainingError, match=r"ended as Failed: .*max_dept") as failed:
        small.train(batch.path, batch.digest, {"max_dept": "2"}, tmp_path / "run")
    assert failed.value.exit_code == 3
