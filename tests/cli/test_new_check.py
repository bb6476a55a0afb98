"""`gates new check` writes a file and its lines, keeps every word of the policy, and takes no name that is none or is taken."""

from __future__ import annotations

import ast
import tomllib

import pytest

from gates.adoption.new_check import plan_check
from gates.cli import main
from gates.errors import ConfigError
from gates.policy.reader import read_policy

STANDARD = '[tool.gates]\nextends = "gates:standard"\n'
ML = '[tool.ml]\nname = "x"\nid = "a"\ntarget = "b"\ntask = "classification"\ntrain = "train:fit"  # mine\n'
POLICIES = {
    "dotted": f'{ML}[tool.gates]  # all of it\nextends = "gates:standard"\ndata.settings.alpha = 0.02  # why\n',
    "tables": f"{ML}{STANDARD}[tool.gates.data]\n# of ours\n[tool.gates.data.settings]\nalpha = 0.02\n",
    "a suite of its own": f'{ML}{STANDARD}[tool.gates.data]\nsuite = ["gates:data", "data_checks"]\n',
    "no table of the gate": f'{ML}[tool.gates]\nextends = "gates:standard"',
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data_checks").mkdir()
    return tmp_path


def write(folder, text, name="gates.toml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("form", POLICIES)
def test_a_check_and_its_lines_are_written_and_the_policy_keeps_its_words(form, folder):
    path = write(folder, POLICIES[form])
    assert main(["new", "check", "data", "no_price_is_negative"]) == 0
    text = path.read_text(encoding="utf-8")
    for line in POLICIES[form].splitlines():
        assert line in text.splitlines()
    checks = read_policy(path).gates["data"].checks
    assert "data_checks/test_no_price_is_negative.py::test_no_price_is_negative" in checks
    assert any(check.startswith("gates:data/") for check in checks)
    tree = ast.parse((folder / "data_checks/test_no_price_is_negative.py").read_text(encoding="utf-8"))
    assert [node.name for node in tree.body if isinstance(node, ast.FunctionDef)] == ["test_no_price_is_negative"]


def test_a_second_check_stands_beside_the_first(folder):
    path = write(folder, POLICIES["dotted"])
    for name in ("one_thing", "another_thing"):
        assert main(["new", "check", "data", name]) == 0
    assert sum(check.startswith("data_checks/") for check in read_policy(path).gates["data"].checks) == 2


@pytest.mark.parametrize("gate", ["data", "model", "drift", "endpoint"])
def test_each_gate_has_a_check_to_begin_with(gate, folder):
    path = write(folder, POLICIES["dotted"])
    assert main(["new", "check", gate, "it_is_so"]) == 0
    assert f"{gate}_checks/test_it_is_so.py::test_it_is_so" in read_policy(path).gates[gate].checks


@pytest.mark.parametrize(
    "name", ["", "x", "Upper", "with-dash", "../up", "test_it", "class", "a" * 61, "größe", "a b", "9th", "=x"]
)
def test_a_name_that_is_none_is_refused(name, folder, capsys):
    path = write(folder, POLICIES["dotted"])
    assert main(["new", "check", "data", name]) == 2
    assert "is no name for a check" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == POLICIES["dotted"]
    assert list((folder / "data_checks").iterdir()) == []


@pytest.mark.parametrize("name", ["values", "mine"])
def test_a_name_that_is_taken_is_refused(name, folder, capsys):
    """By a check that Gates ships, or by a file of the project."""
    path = write(folder, POLICIES["dotted"])
    (folder / "data_checks/test_mine.py").write_text("# mine\n")
    assert main(["new", "check", "data", name]) == 2
    assert f"data_checks/test_{name}.py exists already, or the policy names a test_{name}.py" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == POLICIES["dotted"]


def test_a_policy_that_takes_no_lines_is_refused_with_what_to_write(folder):
    path = write(folder, f'{ML}[tool]\ngates = {{ extends = "gates:standard" }}\n'.replace("[tool.ml]", "[other]"))
    with pytest.raises(ConfigError) as refused:
        plan_check(path, "data", "it_is_so")
    assert "cannot be added" in refused.value.message
    assert 'data."data_checks/test_it_is_so.py".invariants = ["it_is_so"]' in refused.value.remedy


def test_without_a_policy_there_is_nothing_to_add_to(folder, capsys):
    assert main(["new", "check", "data", "it_is_so"]) == 2
    assert "no gates.toml and no pyproject.toml with [tool.gates] here or above" in capsys.readouterr().err


def test_a_pyproject_keeps_its_other_tables(folder):
    path = write(
        folder, f'[project]\nname = "shop"\n\n{POLICIES["dotted"]}\n[tool.ruff]\nline-length = 88\n', "pyproject.toml"
    )
    assert main(["new", "check", "model", "it_is_so"]) == 0
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    assert (read["project"]["name"], read["tool"]["ruff"]["line-length"]) == ("shop", 88)
