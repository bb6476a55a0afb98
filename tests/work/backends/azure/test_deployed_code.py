"""The code of a deployment is enough to score, and is no more than that."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gates.work.backends.azure.deployed_code import ScoringLimits, find_needed_modules, write_code

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
