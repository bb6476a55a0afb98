"""The wheel as a stranger meets it: a fresh environment, an empty folder, a few lines of TOML and a training of one's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from command_line import ROOT
from once import make_once

UV = Path(sys.executable).with_name("uv")

POLICY = """\
[tool.ml]
name = "tumours"
id = "patient"
target = "diagnosis"
task = "classification"
train = "my_training:fit"
[tool.gates]
extends = "gates:standard"
"""

TRAINING = '''\
"""A training that is not the example's: a logistic regression, or a tree of one split."""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier


def fit(X, y, params):
    if params.get("stump"):
        return DecisionTreeClassifier(max_depth=1, random_state=0).fit(X, y)
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(X, y)
'''

# A repository that has folders of the names of ours, and knows nothing of Gates.
OTHER_REPOSITORY = {
    "ml/__init__.py": "",
    "ml/training.py": "def fit():\n    return 'mine'\n",
    "data_checks/test_mine.py": "from ml.training import fit\n\n\ndef test_mine():\n    assert fit() == 'mine'\n",
    "data_checks/conftest.py": "import pytest\n\n\n@pytest.fixture\ndef batch():\n    return 'my batch'\n",
    "data_checks/test_fixture.py": "def test_fixture(batch):\n    assert batch == 'my batch'\n",
    "tests/test_more.py": "def test_more(tmp_path):\n    assert tmp_path.is_dir()\n\n\ndef test_wrong():\n    assert 1 == 2\n",
}


def run(command: list[object], cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command without anything of this environment that would lead Python or Gates back to this repository."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PYTEST", "GATES", "VIRTUAL"))
    }
    return subprocess.run(
        [str(word) for word in command], cwd=cwd, env={**kept, **environment}, capture_output=True, text=True, timeout=600
    )  # fmt: skip


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from the source distribution that was built from this repository."""

    def make(folder: Path) -> None:
        done = run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT], folder)
        assert done.returncode == 0, done.stdout + done.stderr

    (built,) = make_once(tmp_path_factory, "wheel", make).glob("*.whl")
    return built


@pytest.fixture(scope="session")
def python(wheel: Path, tmp_path_factory) -> Path:
    """The Python of a fresh environment with the wheel and pytest-xdist."""

    def make(folder: Path) -> None:
        made = run([UV, "venv", "--quiet", "--python", sys.executable, folder / "venv"], folder)
        assert made.returncode == 0, made.stderr
        options = ("--quiet", "--python", folder / "venv/bin/python", "--constraint", ROOT / "constraints.txt")
        done = run(
            [UV, "pip", "install", *options, f"gates[gx,alibi,serve] @ {wheel.as_uri()}", "pytest-xdist"], folder
        )
        assert done.returncode == 0, done.stderr

    return make_once(tmp_path_factory, "fresh", make) / "venv/bin/python"


@pytest.fixture(scope="session")
def tumours(tmp_path_factory) -> Path:
    from ml.sample import bundled

    path = tmp_path_factory.mktemp("tumours") / "tumours.csv"
    path.write_text(bundled("breast_cancer"), encoding="utf-8")
    return path


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A repository of somebody else, with folders of the same names."""
    for name, text in OTHER_REPOSITORY.items():
        path = tmp_path / "other" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "other"


def test_the_wheel_holds_one_package_with_its_suites(wheel):
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert {name.partition("/")[0] for name in names} == {"gates"}
    own = {str(file.relative_to(ROOT)) for file in (ROOT / "gates").rglob("*.*") if "__pycache__" not in file.parts}
    suites = {
        f"gates/suites/{file.relative_to(ROOT)}"
        for suite in ("data_checks", "model_checks", "endpoint_checks")
        for file in (ROOT / suite).rglob("*.*")
        if "__pycache__" not in file.parts
    }
    assert names == own | suites


def test_nothing_of_the_example_is_installed(python, tmp_path):
    for module in ("ml", "tests", "benchmarks", "data_checks"):
        done = run([python, "-c", f"import {module}"], tmp_path)
        assert f"ModuleNotFoundError: No module named '{module}'" in done.stderr
    done = run([python, "-c", "import gates; print(gates.__file__)"], tmp_path)
    assert Path(done.stdout.strip()).is_relative_to(python.parents[1])


def test_eight_lines_and_a_training_of_ones_own_pass_four_gates_and_a_worse_challenger_is_refused(
    python, tumours, tmp_path
):
    assert len(POLICY.splitlines()) == 8
    (tmp_path / "pyproject.toml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "my_training.py").write_text(TRAINING, encoding="utf-8")
    gates = [
        python.with_name("gates"),
        "run",
        "--data",
        tumours,
        "--home",
        tmp_path / "home",
        "--json",
        tmp_path / "told.json",
    ]

    first = run(gates, tmp_path)
    assert first.returncode == 0, first.stdout[-4000:] + first.stderr
    told = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    assert told["ending"] == "promoted"
    assert [gate["gate"] for gate in told["gates"] if gate["passed"]] == ["data", "model", "drift", "endpoint"]

    worse = run([*gates, "--param", "stump=true"], tmp_path)
    assert worse.returncode == 1, worse.stdout[-4000:] + worse.stderr
    told = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    refusals = {(reason["code"], reason["check"]) for reason in told["reasons"]}
    assert ("bound-missed", "gates:model/test_champion.py::test_challenger_is_no_worse[macro_f1]") in refusals


COMPARED = """\
import sys
import numpy
assert int(numpy.__version__.partition(".")[0]) >= 2
from gates.cli import main
raise SystemExit(main(sys.argv[1:]))
"""


def find_pythons() -> list[str]:
    """The Pythons that the light form runs on and uv finds on this machine; it loads none from the network."""
    pythons = []
    for version in ("3.11", "3.12", "3.13"):
        done = run([UV, "python", "find", "--no-python-downloads", version], ROOT)
        pythons += [version] if done.returncode == 0 else []
    return pythons


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_the_light_form_is_small_and_compares_under_numpy_2(version, wheel, tumours, tmp_path):
    if version not in find_pythons():
        pytest.skip(f"no Python {version} is here that uv finds")
    venv = tmp_path / "venv"
    assert run([UV, "venv", "--quiet", "--python", version, venv], tmp_path).returncode == 0
    installed = run([UV, "pip", "install", "--quiet", "--python", venv / "bin/python", wheel, "numpy>=2"], tmp_path)
    assert installed.returncode == 0, installed.stderr
    listed = run([UV, "pip", "list", "--quiet", "--format", "json", "--python", venv / "bin/python"], tmp_path)
    assert 15 < len(json.loads(listed.stdout)) < 40
    rows = range(200)
    for name, wrong in (("truth", 0), ("champion", 40), ("challenger", 10)):
        lines = [f"{row},{'a' if (row % 2 == 0) != (row < wrong) else 'b'}" for row in rows]
        (tmp_path / f"{name}.csv").write_text("\n".join(["id,label", *lines]) + "\n", encoding="utf-8")
    gates = [venv / "bin/python", "-c", COMPARED]
    files = [word for name in ("truth", "champion", "challenger") for word in (f"--{name}", f"{name}.csv")]
    done = run([*gates, "compare", *files, "--metric", "accuracy", "--margin", "0.02", "--id", "id"], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "better" in done.stdout
    first = run([*gates, "init", tumours, "--id", "patient", "--target", "diagnosis", "--yes"], tmp_path)
    assert first.returncode == 0, first.stdout + first.stderr
    refused = run([*gates, "run"], tmp_path)
    assert refused.returncode == 3
    assert "pip install 'gates[gx,alibi,serve]'" in refused.stderr


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "with xdist"])
def test_plain_pytest_in_somebody_elses_repository_is_unchanged(workers, python, other):
    done = run([python, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", *workers], other)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "3 passed, 1 failed" in done.stdout or "1 failed, 3 passed" in done.stdout
    without = run([python, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "-p", "no:gates", *workers], other)
    assert told_by(done) == told_by(without)


def told_by(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The lines about tests, without times, in an order of their own: two workers end in any order."""
    return sorted(
        line for line in done.stdout.splitlines() if line.startswith(("PASSED", "FAILED", "ERROR", "E  ", "gates"))
    )
