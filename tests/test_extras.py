"""What is not installed is one sentence where it is needed, and the light form of Gates brings few packages."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from first_tables import write
from packaging.requirements import Requirement

from gates.cli import main
from gates.errors import MissingExtra
from gates.execution.packages import DETECTING, EXPECTING, require_packages
from gates.extras import DETECTORS, EXPECTATIONS, SERVER
from gates.measures.drift.univariate import choose_backend
from gates.policy.layers import WITHOUT_PROJECT
from gates.policy.reader import read_policy
from gates.policy.suites import parse_python, shipped_path
from gates.proposal.__main__ import main as propose
from gates.reason import Code
from gates.registry import Registry
from gates.work.backends.local.endpoint import LocalEndpoint
from gates.work.records import Identity

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
POLICY = """\
[tool.ml]
name = "churn"
data = "churn.csv"
id = "customer_id"
target = "churned"
task = "classification"
train = "train:fit"
[tool.gates]
extends = "gates:standard"
"""


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    write("churn", tmp_path)
    (tmp_path / "gates.toml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "train.py").write_text("def fit(X, y, params):\n    raise RuntimeError\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def without(monkeypatch, *packages) -> None:
    """Let these packages be absent, as far as an import can see."""
    for package in packages:
        monkeypatch.setitem(sys.modules, package.module, None)


def needs(name: str, extras: frozenset[str] = frozenset()) -> set[str]:
    """The distributions that ``name`` with ``extras`` brings, by the metadata of what is installed, on this platform."""
    met, waiting = set[tuple[str, frozenset[str]]](), [(name, extras)]
    while waiting:
        one = waiting.pop()
        if one in met:
            continue
        met.add(one)
        for text in metadata.requires(one[0]) or []:
            wanted = Requirement(text)
            if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in one[1] or {""}):
                waiting.append((re.sub(r"[-_.]+", "-", wanted.name).lower(), frozenset(wanted.extras)))
    return {one for one, _ in met}


def test_the_light_form_brings_fewer_than_forty_packages():
    light = set().union(*(needs(Requirement(text).name) for text in PROJECT["dependencies"]))
    assert 15 < len(light) < 40
    assert not light & {package.name for package in (EXPECTATIONS, DETECTORS, *SERVER)}


def test_all_is_every_extra_and_the_tests_have_all():
    extras = PROJECT["optional-dependencies"]
    (everything,) = (Requirement(text) for text in extras["all"])
    assert everything.extras == extras.keys() - {"all", "dev"}
    assert "gates[all]" in extras["dev"]
    for package in (EXPECTATIONS, DETECTORS, *SERVER):
        assert package.name in {Requirement(text).name for text in extras[package.extra]}


def test_a_run_says_at_its_beginning_all_that_is_missing(project, monkeypatch, capsys):
    without(monkeypatch, EXPECTATIONS, DETECTORS, *SERVER)
    assert main(["run"]) == 3
    error = capsys.readouterr().err
    assert "the data gate needs great-expectations" in error
    assert "the data gate and the drift gate need alibi-detect" in error
    assert "an endpoint on this machine needs azureml-inference-server-http" in error
    assert "pip install 'gates[gx,alibi,serve]', or test with scipy" in error
    (kept,) = Registry(project / ".gates").runs()
    assert f'"code": "{Code.MISSING_EXTRA}"' in kept.document.decode().replace('":"', '": "')


@pytest.mark.parametrize(
    ("package", "gate", "sentence"),
    [
        (EXPECTATIONS, "data", "the data gate needs great-expectations, which is not installed"),
        (DETECTORS, "data", "the data gate needs alibi-detect, which is not installed"),
        (DETECTORS, "drift", "the drift gate needs alibi-detect, which is not installed"),
        (DETECTORS, "nightly", "the nightly gate needs alibi-detect, which is not installed"),
    ],
    ids=["expectations", "drift of the batch", "drift", "nightly"],
)
def test_a_gate_whose_package_is_missing_is_refused_before_it_starts(project, monkeypatch, package, gate, sentence):
    policy = read_policy(project / "gates.toml").gates[gate]
    require_packages(policy)
    without(monkeypatch, package)
    with pytest.raises(MissingExtra, match=sentence) as missing:
        require_packages(policy)
    assert missing.value.code is Code.MISSING_EXTRA
    assert f"'gates[{package.extra}]'" in missing.value.remedy


@pytest.mark.parametrize(("gate", "package"), [("data", EXPECTATIONS), ("drift", DETECTORS)])
def test_two_files_without_a_project_need_the_same(tmp_path, monkeypatch, capsys, gate, package):
    monkeypatch.chdir(tmp_path)
    write("churn", tmp_path)
    without(monkeypatch, package)
    assert main(["check", gate, "--data", "churn.csv", "--reference", "churn.csv"]) == 3
    assert f"the {gate} gate needs {package.name}, which is not installed" in capsys.readouterr().err


def test_a_project_that_tests_with_scipy_needs_no_detectors(project, monkeypatch):
    chosen = "".join(
        f'{gate}.settings.drift = {{ backend = "scipy" }}\n' for gate in ("data", "drift", "drift_files", "nightly")
    )
    (project / "gates.toml").write_text(POLICY + chosen, encoding="utf-8")
    without(monkeypatch, DETECTORS)
    for policy in read_policy(project / "gates.toml").gates.values():
        require_packages(policy)


def test_the_gates_of_models_and_endpoints_need_no_extra(project, monkeypatch):
    without(monkeypatch, EXPECTATIONS, DETECTORS, *SERVER)
    for gate in ("model", "endpoint"):
        require_packages(read_policy(project / "gates.toml").gates[gate])


def test_the_files_that_need_a_package_are_those_whose_checks_use_it():
    """By the arguments of the checks, and by what they import."""
    expecting, detecting = set(), set()
    for suite in ("data", "model", "drift", "endpoint", "nightly", "two_files"):
        for file in sorted(shipped_path(f"gates:{suite}").glob("test_*.py")):
            tree = parse_python(file.read_text(encoding="utf-8"))
            words = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
            words |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
            if words & {"expect", "report", "contract"}:
                expecting.add(f"gates:{suite}/{file.name}")
            if words & {"gates.measures.drift.configured", "row_drift", "answer_drift", "drift"}:
                detecting.add(f"gates:{suite}/{file.name}")
    assert expecting == EXPECTING
    used = {
        check.partition("::")[0]
        for gate in read_policy(ROOT / "pyproject.toml").gates.values()
        for check in gate.checks
    }
    used |= {check.partition("::")[0] for gate in read_policy(WITHOUT_PROJECT).gates.values() for check in gate.checks}
    assert detecting & used == DETECTING


def test_the_measures_say_it_themselves(monkeypatch, rows):
    """For checks of a project's own, and for programs."""
    from gates.measures.data.profile import profile, read

    without(monkeypatch, EXPECTATIONS, DETECTORS)
    with pytest.raises(MissingExtra, match="a suite of expectations needs great-expectations"):
        profile(rows)
    with pytest.raises(MissingExtra, match="a suite of expectations needs great-expectations"):
        read(ROOT / "data_checks/expectations/covid19articles.json")
    values = rows[["a"]].to_numpy(dtype=float)
    with pytest.raises(MissingExtra, match="needs alibi-detect") as missing:
        choose_backend("alibi-detect")(values, values, (), 0.01)
    assert 'backend = "scipy"' in missing.value.remedy
    assert choose_backend("scipy")(values, values, (), 0.01).p_values == pytest.approx([1.0])


@pytest.fixture
def rows():
    import pandas as pd

    return pd.DataFrame({"a": range(200), "b": [row % 7 for row in range(200)]})


def test_a_server_without_its_packages_is_not_started(tmp_path, monkeypatch):
    without(monkeypatch, *SERVER)
    endpoint = LocalEndpoint(tmp_path, "champion")
    with pytest.raises(MissingExtra, match="an endpoint on this machine needs azureml-inference-server-http"):
        endpoint.start(tmp_path / "model", Identity("a", 1, f"sha256:{'0' * 64}"))
    assert [path.name for path in (tmp_path / "servers").iterdir() if path.is_dir()] == []


def test_a_first_policy_without_expectations_says_so(tmp_path, monkeypatch, capsys):
    from gates.adoption import steps
    from gates.cli import init

    def run_here(step, data, into, roles=None):
        import json

        code = propose([step, "--data", data, "--roles", json.dumps(dict(roles or {})), "--into", str(into)])
        assert code == 0, steps._failure(into, into / f"{step}.log", code)
        return json.loads((into / f"{step}.json").read_bytes())

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(init, "run_step", run_here)
    write("churn", tmp_path)
    without(monkeypatch, EXPECTATIONS)
    assert main(["init", "--yes"]) == 0
    assert not (tmp_path / "data_checks").exists()
    assert "expectations" not in (tmp_path / "gates.toml").read_text(encoding="utf-8")
    assert "no expectations were written: that needs great-expectations" in capsys.readouterr().out
    assert read_policy(tmp_path / "gates.toml").gates["data"].checks
