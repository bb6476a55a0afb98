"""The old, flat form is read for one release, and `gates migrate-policy` rewrites it so that it decides the same."""

import tomllib
from pathlib import Path

import pytest

from gates.cli import main
from gates.errors import ConfigError
from gates.policy.flat import is_flat, nest
from gates.policy.layers import read_effective
from gates.policy.migration import migrate
from gates.policy.reader import read_policy

ROOT = Path(__file__).parents[2]
OLD = Path(__file__).with_name("old")
SUITE = "def test_rows(): pass\ndef test_more(): pass\n"
FLAT = """\
# a comment at the head stays

[project]
name = "ours"

[tool.gates]
work = "small.work:open_work"
first_model = "floors"
[[tool.gates.waivers]]
check = "checks/test_rows.py::test_more"
owner = "Ada"
reason = "known"
expires = 2026-12-24

[tool.gates.data]
suite = "checks"
[tool.gates.data.checks]
"checks/test_rows.py::test_rows" = { unless = "no_champion", rows = ">= 100" }
"checks/test_rows.py::test_more" = {}

[tool.ml]
name = "m"    # and so does this one
"""
ABOVE = """\
[tool.gates]
extends = "pyproject.toml"
[tool.gates.data.checks]
"checks/test_rows.py::test_rows" = { columns = ">= 3" }
"""


@pytest.fixture
def place(tmp_path):
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks/test_rows.py").write_text(SUITE)
    (tmp_path / "pyproject.toml").write_text(FLAT)
    (tmp_path / "above.toml").write_text(ABOVE)
    return tmp_path


def decides(policy):
    """What a policy decides, gate by gate."""
    return {gate: one.checks for gate, one in policy.gates.items()}, policy.digest


def test_the_flat_form_is_nested_by_file():
    nested = nest(tomllib.loads(FLAT)["tool"]["gates"])
    assert nested["data"] == {
        "suite": "checks",
        "checks/test_rows.py": {
            "thresholds": {"rows": {"rows": ">= 100"}, "more": {}},
            "unless": {"rows": "no_champion"},
        },
    }
    assert not is_flat(nested["data"])


def test_a_rewritten_file_decides_the_same_and_keeps_what_lies_beside_it(place):
    before = read_policy(place / "pyproject.toml")
    text = migrate(place / "pyproject.toml")
    (place / "pyproject.toml").write_text(text)
    assert decides(read_policy(place / "pyproject.toml")) == decides(before)
    assert text.startswith("# a comment at the head stays\n\n[project]")
    assert text.endswith('[tool.ml]\nname = "m"    # and so does this one\n')
    assert 'thresholds.rows = { rows = ">= 100", unless = "no_champion" }' in text
    assert migrate(place / "pyproject.toml") is None


def test_what_the_old_form_took_back_by_replacing_an_entry_is_taken_back_in_words(place):
    text = migrate(place / "above.toml")
    assert 'thresholds.rows = { columns = ">= 3", rows = "none", unless = [] }' in text
    before = read_policy(place / "above.toml").gates["data"].checks
    for name in ("pyproject.toml", "above.toml"):
        (place / name).write_text(migrate(place / name))
    assert read_policy(place / "above.toml").gates["data"].checks == before


@pytest.mark.parametrize("name", ["project", "breast_cancer", "diabetes"])
def test_the_old_policies_of_this_repository_decide_the_same_when_they_are_rewritten(name, tmp_path):
    text = migrate(OLD / f"{name}.toml")
    assert "[tool.gates.data.checks]" not in text
    assert " checks = " not in text
    tables = read_effective(OLD / f"{name}.toml")
    assert tables.faults == ()


# Checks of the shipped suites that the old form never had.
LATER = {"test_leakage.py::test_no_undeclared_group_stands_on_both_sides"}
LATER_EVIDENCE = {"not_compared_share"}  # of checks that the old form had


def test_the_old_policy_of_this_repository_required_what_the_one_of_today_requires():
    old, new = read_policy(OLD / "project.toml"), read_policy(ROOT / "pyproject.toml")
    for gate, policy in new.gates.items():
        today = {name.partition("/")[2]: check for name, check in policy.checks.items()}
        before = {
            name.partition("/")[2].removeprefix("nightly/"): check for name, check in old.gates[gate].checks.items()
        }
        later = {name for name in today if name in LATER}
        assert before.keys() == today.keys() - later
        for name, check in ((name, today[name]) for name in before):
            floor = name.startswith("test_floors.py")
            counts = {
                id: bound for id, bound in before[name].bounds.items() if str(bound) != "== 0" or id in check.bounds
            }
            later = dict.fromkeys(LATER_EVIDENCE & check.bounds.keys(), check.bounds.get("not_compared_share"))
            assert {**later, **counts} == check.bounds, name
            assert before[name].invariant == check.invariant, name
            assert floor or set(before[name].unless) <= set(check.unless), name
            assert (before[name].accept, before[name].role) == (check.accept, check.role), name


def test_import_strings_that_moved_are_those_of_today():
    assert read_policy(OLD / "project.toml").work == "gates.work.backends.local:open_work"


def test_a_waiver_for_a_renamed_check_is_for_its_name_of_today():
    gates = {
        "data": {"checks": {}},
        "waivers": [{"check": "data_checks/test_values.py::test_no_value_is_missing_that_was_there_before"}, 3],
    }
    assert nest(gates)["waivers"] == [{"check": "data_checks/test_values.py::test_no_value_is_missing"}, 3]


def test_a_check_of_ones_own_under_a_known_name_keeps_its_evidence():
    own = {"test_champion.py::test_challenger_is_no_worse_than_the_champion": {"profit": ">= 0"}}
    table = nest({"model": {"checks": {f"mine/{name}": entry for name, entry in own.items()}}})["model"]
    assert table == {
        "mine/test_champion.py": {"thresholds": {"challenger_is_no_worse_than_the_champion": {"profit": ">= 0"}}}
    }


def test_the_command_prints_or_writes_and_keeps_the_old_file(place, capsys, monkeypatch):
    monkeypatch.chdir(place)
    assert main(["migrate-policy"]) == 0
    assert capsys.readouterr().out == migrate(place / "pyproject.toml")
    assert (place / "pyproject.toml").read_text() == FLAT
    assert main(["migrate-policy", "pyproject.toml", "--write"]) == 0
    assert "kept as pyproject.toml.bak" in capsys.readouterr().out
    assert (place / "pyproject.toml.bak").read_text() == FLAT
    assert main(["migrate-policy", "--write"]) == 0
    assert "has nothing in the old form" in capsys.readouterr().out


def test_a_backup_is_not_overwritten(place, capsys, monkeypatch):
    monkeypatch.chdir(place)
    (place / "pyproject.toml.bak").write_text("older")
    assert main(["migrate-policy", "--write"]) == 2
    assert "pyproject.toml.bak exists already" in capsys.readouterr().err
    assert (place / "pyproject.toml").read_text() == FLAT


def test_a_policy_written_inline_is_refused_and_left_as_it_is(place):
    (place / "pyproject.toml").write_text(
        'tool.gates = { work = "a:b", data = { suite = "checks", checks = { } } }\n' + "# x\n"
    )
    with pytest.raises(ConfigError, match="cannot be rewritten"):
        migrate(place / "pyproject.toml")


def test_an_invariant_that_is_none_above_cannot_be_rewritten(place):
    nested = FLAT.partition("[tool.gates.data]")[0] + (
        '[tool.gates.data]\nsuite = "checks"\n[tool.gates.data."test_rows.py"]\ninvariants = ["rows"]\n'
    )
    (place / "pyproject.toml").write_text(nested)
    with pytest.raises(ConfigError, match="'rows' is an invariant below and none here"):
        migrate(place / "above.toml")
