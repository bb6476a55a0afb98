"""Two models in one repository: two policies in subfolders, each with a train.py and a suite of its own under the same names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from command_line import ROOT

POLICY = """\
[tool.gates]
extends = "gates:standard"

[tool.gates.data]
suite = ["gates:data", "{name}/checks"]

[tool.gates.data."{name}/checks/test_values.py"]
invariants = ["the_lesson_is_the_one_beside_the_policy"]

[tool.ml]
name = "{name}"
data = "../data.csv"
id = "patient"
target = "diagnosis"
task = "classification"
train = "train:fit"
trusted_types = ["train.Scaled"]
"""
TRAIN = """\
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

NAME = "{name}"


class Scaled(LogisticRegression):
    '''An estimator of the project's own: whoever loads the model has to find this module.'''


def fit(X, y, params):
    from sklearn.pipeline import make_pipeline

    return make_pipeline(StandardScaler(), Scaled(C={strength}, max_iter=1000)).fit(X, y)
"""
CHECKS = """\
import pytest

pytestmark = pytest.mark.gate("data")


def test_the_lesson_is_the_one_beside_the_policy(evidence):
    import train

    evidence.violations(int(train.NAME != "{name}"), n=1, detail=train.__file__)
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    (root / "pyproject.toml").write_text("[project]\nname = 'ours'\nversion = '1'\n")
    (root / "train.py").write_text("raise RuntimeError('this is the wrong one')\n")
    subprocess.run(
        [sys.executable, "-m", "ml.sample", "breast_cancer", str(root / "data.csv")],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    for name, strength in (("north", 1.0), ("south", 0.5)):
        (root / name / "checks").mkdir(parents=True)
        (root / name / "gates.toml").write_text(POLICY.format(name=name))
        (root / name / "train.py").write_text(TRAIN.format(name=name, strength=strength))
        (root / name / "checks/test_values.py").write_text(CHECKS.format(name=name))
    return root


@pytest.mark.slow
@pytest.mark.parametrize("name", ["north", "south"])
def test_each_passes_with_the_modules_beside_its_own_policy(name, repository, tmp_path):
    command = [
        sys.executable,
        "-m",
        "gates",
        "run",
        "-v",
        "--policy",
        f"{name}/gates.toml",
        "--home",
        str(tmp_path / "home"),
    ]
    done = subprocess.run(
        command, cwd=repository, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "values: the lesson is the one beside the policy" in done.stdout
    assert f"promoted: {name} version 1 is champion" in done.stdout
