"""What Azure's batch services call answers as the local command does, and the definitions load with Azure's own SDK."""

import csv
import sys
from pathlib import Path

import pytest
import yaml

from gates.work.batch import entry, job_entry
from gates.work.batch.scoring import score
from gates.work.errors import ArtifactError, DataError
from gates.work.model.artifact import load

ROOT = Path(__file__).parents[3]
BATCH = ROOT / "infra" / "batch"


@pytest.fixture
def deployed(mixed, tmp_path, monkeypatch):
    folder = tmp_path / "deployed" / "model"
    folder.mkdir(parents=True)
    (folder / "model.skops").write_bytes(mixed.model.read_bytes())
    monkeypatch.setenv("AZUREML_MODEL_DIR", str(folder.parent))
    monkeypatch.setattr(entry, "_model", None)
    return folder


def test_a_mini_batch_is_answered_as_the_local_command_answers(deployed, mixed, tmp_path):
    entry.init()
    lines = list(csv.reader(entry.run([str(mixed.batch)])))
    score(load(mixed.model, mixed.digest), mixed.batch, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        assert [line[1:] for line in lines] == list(csv.reader(file))[1:]
    assert {line[0] for line in lines} == {mixed.batch.name}


def test_a_job_gives_the_model_as_an_argument(deployed, monkeypatch):
    monkeypatch.setenv("AZUREML_MODEL_DIR", "nowhere")
    monkeypatch.setattr(sys, "argv", ["job_entry.py", "--model", str(deployed), "--client_sdk_version", "1.60"])
    job_entry.init()
    assert entry._model is not None
    assert job_entry.run is entry.run


def test_a_refused_row_fails_the_mini_batch(deployed, tmp_path):
    entry.init()
    (tmp_path / "in.csv").write_text("plant,height,width,wild,soil\na,tall,1,true,clay\n")
    with pytest.raises(DataError, match=r"in\.csv: 1 rows are refused, like this: .*row 1 is the text 'tall'"):
        entry.run([str(tmp_path / "in.csv")])


def test_another_model_than_the_one_that_was_meant_is_not_loaded(deployed, monkeypatch):
    monkeypatch.setenv("GATES_MODEL_DIGEST", "sha256:" + "0" * 64)
    with pytest.raises(ArtifactError, match="does not hold the model that was meant"):
        entry.init()
    with pytest.raises(ArtifactError, match="has not run"):
        entry.run([])


def test_two_models_are_one_too_many(deployed):
    (deployed / "old").mkdir()
    (deployed / "old" / "model.skops").write_bytes(b"")
    with pytest.raises(ArtifactError, match="2 files named"):
        entry.init()


def test_the_definitions_load_with_the_sdk_and_let_no_error_pass():
    ml = pytest.importorskip("azure.ai.ml", reason="needs azure-ai-ml")
    from azure.ai.ml.entities._load_functions import load_model_batch_deployment  # what `type: model` leads to

    endpoint = ml.load_batch_endpoint(BATCH / "endpoint.yml")
    deployment = load_model_batch_deployment(BATCH / "deployment.yml")
    job = ml.load_job(BATCH / "parallel-job.yml")
    assert deployment.endpoint_name == endpoint.name
    assert deployment.settings.error_threshold == 0
    step = job.jobs["score"]
    assert step.mini_batch_error_threshold == 0
    for code, script in (
        (deployment.code_configuration.code, deployment.code_configuration.scoring_script),
        (step.task.code, step.task.entry_script),
    ):
        assert (BATCH / code / script).resolve().is_file()
    with pytest.raises(Exception, match="error_threshold"):
        load_model_batch_deployment(BATCH / "deployment.yml", params_override=[{"settings.error_threshold": "none"}])


def test_the_environment_has_the_versions_of_the_project():
    pinned = yaml.safe_load((BATCH / "conda.yml").read_text())["dependencies"][-1]["pip"]
    constraints = (ROOT / "constraints.txt").read_text().splitlines()
    exact = [line for line in pinned if "==" in line]
    assert len(exact) == 6
    assert set(exact) <= set(constraints)
