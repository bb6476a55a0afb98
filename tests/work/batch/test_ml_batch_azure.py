"""The job that scores a file on Azure loads with Azure's own SDK, and its command answers as the local command does."""

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from gates.work.batch.scoring import score
from gates.work.model.artifact import load

ROOT = Path(__file__).parents[3]
BATCH = ROOT / "infra" / "batch"
JOB = yaml.safe_load((BATCH / "job.yml").read_text())
PINS = yaml.safe_load((BATCH / "conda.yml").read_text())["dependencies"][-1]["pip"]


@pytest.fixture
def run_job(mixed, tmp_path):
    """Run the command of the job as a machine does: with its inputs and outputs filled in."""
    mounted = tmp_path / "mounted" / "model"
    mounted.mkdir(parents=True)
    (mounted / "model.skops").write_bytes(mixed.model.read_bytes())

    def run(data, digest=mixed.digest):
        answers = tmp_path / "answers"
        answers.mkdir(exist_ok=True)
        given = {
            "inputs.model": mounted.parent,
            "inputs.digest": digest,
            "inputs.data": data,
            "outputs.answers": answers,
        }
        command = re.sub(r"\$\{\{([\w.]+)\}\}", lambda match: str(given[match[1]]), JOB["command"])
        path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
        done = subprocess.run(
            ["bash", "-c", command], cwd=ROOT, env={"PATH": path}, capture_output=True, text=True, timeout=100
        )
        return done, answers / "predictions.csv"

    return run


@pytest.mark.slow
def test_the_command_answers_as_the_local_one(run_job, mixed, tmp_path):
    done, answers = run_job(mixed.batch)
    assert done.returncode == 0, done.stderr
    score(load(mixed.model, mixed.digest), mixed.batch, tmp_path / "out.csv")
    with answers.open(newline="") as one, (tmp_path / "out.csv").open(newline="") as other:
        assert list(csv.reader(one)) == list(csv.reader(other))


@pytest.mark.slow
def test_a_refused_row_and_another_model_fail_the_job_and_leave_nothing(run_job, mixed, tmp_path):
    (tmp_path / "in.csv").write_text("plant,height,width,wild,soil\na,tall,1,true,clay\n")
    for done, answers in (run_job(tmp_path / "in.csv"), run_job(mixed.batch, JOB["inputs"]["digest"])):
        assert done.returncode == 3, done.stdout
        assert not answers.exists()


def test_the_job_loads_with_the_sdk_and_takes_a_model_as_one():
    ml = pytest.importorskip("azure.ai.ml", reason="needs azure-ai-ml")
    job = ml.load_job(BATCH / "job.yml")
    assert (job.type, job.compute, job.identity.client_id) == (
        "command",
        "cluster",
        "00000000-0000-0000-0000-000000000000",
    )
    assert job.inputs["model"].type == "custom_model"
    assert (BATCH / job.code / "gates/work/batch/__main__.py").resolve().is_file()


def test_every_definition_is_one_that_is_tested_here():
    assert {path.name for path in BATCH.iterdir()} == {"job.yml", "conda.yml"}


def test_the_environment_is_a_part_of_the_constraints_and_so_can_be_installed():
    """The constraints are installed together wherever a test runs; a package that is not among them could want anything."""
    constraints = (ROOT / "constraints.txt").read_text().splitlines()
    assert [line for line in PINS if line not in constraints] == []
    assert yaml.safe_load((BATCH / "conda.yml").read_text())["channels"] == ["conda-forge"]
