"""The code of a deployment is enough to score, and is no more than that."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from gates.errors import ConfigError
from gates.work.backends.azure.deployed_code import ScoringLimits, find_needed_modules, write_code
from gates.work.config.settings import read_settings
from gates.work.model.artifact import save_members
from gates.work.model.project_model import PROJECT
from gates.work.model.signature_io import read_signature
from gates.work.records import Identity

SCORE = """
import json, sys
sys.path.insert(0, sys.argv[1])
import score
score.init()
answer = score.run(json.loads(sys.argv[2]))
files = sorted(module.__file__ for name, module in sys.modules.items() if name.partition(".")[0] in ("gates", "own"))
print(json.dumps({"answer": answer, "files": files}))
"""


@pytest.fixture
def code(mixed, tmp_path: Path) -> Path:
    (tmp_path / "project" / "own").mkdir(parents=True)
    (tmp_path / "project" / "own" / "__init__.py").write_text("")
    (tmp_path / "project" / "own" / "steps.py").write_text("from gates.digest import Digest\n")
    limits = ScoringLimits(100, modules=("absent", "own"))
    return write_code(tmp_path / "code", mixed.identity, limits, tmp_path / "project")


def test_the_copied_folder_alone_scores(code, mixed, tmp_path):
    (tmp_path / "model").mkdir()
    shutil.copyfile(mixed.model, tmp_path / "model" / "model.skops")
    row = json.loads(mixed.golden.read_text(encoding="utf-8"))["rows"][0]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-I", "-c", SCORE, str(code), json.dumps([row])],
        env=environment | {"AZUREML_MODEL_DIR": str(tmp_path / "model")},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    scored = json.loads(done.stdout.splitlines()[-1])
    assert scored["answer"]["model"] == {"name": "plants", "version": 3, "digest": mixed.digest}
    assert scored["answer"]["result"][0] in ("fern", "moss")
    assert scored["files"]
    assert all(Path(file).is_relative_to(code) for file in scored["files"])


def test_neither_the_engine_nor_the_measures_nor_the_backends_travel(code):
    copied = {path.relative_to(code).as_posix() for path in code.rglob("*.py")}
    assert {"score.py", "gates/__init__.py", "gates/work/serving/score.py", "own/steps.py"} <= copied
    packages = {path.split("/")[1] for path in copied if path.startswith("gates/") and path.count("/") > 1}
    assert packages == {"work"}
    assert not any("backends" in path or "triggers" in path or "mutants" in path for path in copied)


def test_what_the_projects_own_modules_need_of_gates_travels_too(code):
    assert (code / "gates" / "digest.py").is_file()


def test_imports_for_type_checkers_alone_are_not_followed(tmp_path):
    file = tmp_path / "a.py"
    checked = "if TYPE_CHECKING:\n    import gates.session\nelse:\n    import gates.digest\n"
    file.write_text(checked + "\n\ndef f():\n    from gates import home\n")
    needed = find_needed_modules([file])
    assert {"gates.digest", "gates.home"} <= set(needed)
    assert "gates.session" not in needed


@pytest.fixture
def networked(mixed, tmp_path, write_project):
    """A project whose module reads a model of one file, and that model's file."""
    project = tmp_path / "project"
    project.mkdir()
    reader = "class Net:\n    def __init__(self, path):\n        self.answer = path.read_text()\n\n"
    reader += "    def predict(self, X):\n        return [self.answer] * len(X)\n"
    (project / "own_net.py").write_text(reader, encoding="utf-8")
    versions = {**read_signature(mixed.model).versions, "torch": "2.9.1+cpu"}
    signature = replace(
        read_signature(mixed.model),
        format=PROJECT,
        versions=versions,
        probabilities=False,
        notes=("elsewhere",),
        train="",
    )
    file = tmp_path / "model.skops"
    digest = save_members({"file/answer.txt": b"moss"}, signature, file)
    return SimpleNamespace(
        file=file, digest=digest, settings=lambda load: read_settings(write_project(project, load=f'"{load}"'))
    )


def test_the_projects_reader_of_a_model_travels_with_it(networked, mixed, tmp_path):
    limits = ScoringLimits.of(networked.settings("own_net:Net"), networked.file)
    assert limits.libraries == {"torch": "2.9.1"}
    code = write_code(tmp_path / "code", Identity("plants", 3, networked.digest), limits, tmp_path / "project")
    row = json.loads(mixed.golden.read_text(encoding="utf-8"))["rows"][0]
    (tmp_path / "given").mkdir()
    shutil.copyfile(networked.file, tmp_path / "given" / "model.skops")
    done = subprocess.run(
        [sys.executable, "-I", "-c", SCORE, str(code), json.dumps([row])],
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        | {"AZUREML_MODEL_DIR": str(tmp_path / "given")},
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["answer"]["result"] == ["moss"]


def test_a_reader_that_lies_elsewhere_is_refused_before_the_deployment(networked):
    with pytest.raises(ConfigError, match="json is no module beside the configuration"):
        ScoringLimits.of(networked.settings("json:load"), networked.file)


def test_a_model_that_scikit_learn_reads_needs_no_reader_and_no_library(mixed, write_project, tmp_path):
    limits = ScoringLimits.of(read_settings(write_project(tmp_path, load='"json:load"')), mixed.model)
    assert (limits.loader, limits.libraries) == ("", {})
