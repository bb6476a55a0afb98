"""[tool.gates.nightly]: a budget becomes alpha, shares of it become bounds, and nonsense is refused before a night."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from small_project import PYPROJECT, make_project

from gates.errors import ConfigError
from gates.nightly.history import chance_of
from gates.policy.reader import read_policy
from gates.policy.records import ASIDE, GATES
from gates.toml_reader import read_toml

CHECK = "model_checks/nightly/test_newest_rows.py::test_they_look_like_those_the_champion_learned_from"


SHIPPED = "gates:nightly/test_newest_rows.py::test_they_look_like_those_the_champion_learned_from"


def policy(root, lines=""):
    return make_project(root, **{"pyproject.toml": f"{PYPROJECT}\n{lines}\n"}).policy


def test_the_defaults_are_one_false_alarm_a_year(tmp_path):
    found = policy(tmp_path)
    assert found.schedule.alpha == pytest.approx(1 / 365)
    assert found.schedule.window == "500 rows"
    assert found.schedule.persistence == (1, 1)
    assert found.schedule.stale_after == timedelta(days=3)
    assert found.gates["nightly"].bounds(SHIPPED)["drift"].limit == pytest.approx(0.8 / 365)
    assert sum(found.schedule.shares.values()) == pytest.approx(1.0)


def test_the_budget_moves_the_bounds_of_the_checks(tmp_path):
    found = policy(tmp_path, "[tool.gates.nightly]\nfalse_alarms_per_year = 4\nnights_per_year = 200\n")
    assert found.schedule.alpha == pytest.approx(0.02)
    assert found.gates["nightly"].bounds(SHIPPED)["drift"].limit == pytest.approx(0.016)


def test_a_check_of_ones_own_takes_its_share(tmp_path):
    lines = f'[tool.gates.nightly.checks]\n"{CHECK}" = {{ "drift of the night" = ">= 0.5alpha", rows = ">= 3" }}\n'
    found = policy(tmp_path, lines)
    assert found.schedule.shares[SHIPPED, "drift of the night"] == 0.5
    assert found.gates["nightly"].bounds(SHIPPED)["rows"].limit == 3


def test_a_suite_of_ones_own_brings_its_own_checks_alone(tmp_path):
    lines = """[tool.gates.nightly]
suite = "model_checks/test_floors.py"
checks = { "model_checks/test_floors.py::test_answers" = { drift = ">= alpha" } }
"""
    assert set(policy(tmp_path, lines).gates["nightly"].checks) == {"model_checks/test_floors.py::test_answers"}


def test_a_project_that_names_them_nowhere_has_the_gates_beside_the_four_as_gates_ships_them(tmp_path):
    found = policy(tmp_path)
    assert set(found.gates) == {*GATES, *ASIDE}
    assert {part.label for gate in ASIDE for part in found.gates[gate].suite} == {
        "gates:nightly",
        "gates:two_files",
    }


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("false_alarms_per_year = 0", "false_alarms_per_year is 0, wanted a number above zero"),
        ("false_alarms_per_year = true", "false_alarms_per_year is True, wanted a number above zero"),
        ("false_alarms_per_year = 'one'", "wanted a number above zero"),
        ("nights_per_year = -1", "nights_per_year is -1, wanted a number above zero"),
        ("false_alarms_per_year = 0.01", "is 2.7e-05, wanted a chance between 0.0002 and 0.5 for one night"),
        ("false_alarms_per_year = 365", "is 1, wanted a chance between"),
        ("window = '500'", "window is '500', wanted '500 rows', '7d' or '12h'"),
        ("window = '0 rows'", "window is '0 rows'"),
        ("window = '0d'", "window is '0d'"),
        ("persistence = '3 of 2'", "persistence is '3 of 2', wanted 'K of M' nights like '2 of 3'"),
        ("persistence = '0 of 2'", "persistence is '0 of 2'"),
        ("persistence = 'two'", "persistence is 'two'"),
        ("stale_after = 'soon'", "stale_after is 'soon', wanted a length of time"),
        ("persistance = '2 of 3'", "did you mean 'persistence'?"),
        ("suite = 'nowhere'", "names 'nowhere', which is not a file or folder"),
        (f'checks = {{ "{CHECK}" = {{ drift = ">= 0.9 alpha" }} }}', "use 1.1 of alpha, wanted bounds"),
        (
            'suite = "model_checks"\nchecks = { "model_checks/test_floors.py::test_answers" = { drift = ">= 0.01" } }',
            "use 0 of alpha, wanted bounds",
        ),
        (f'checks = {{ "{CHECK}" = {{ drift = ">= beta" }} }}', "is no bound"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(tmp_path, line, sentence):
    with pytest.raises(ConfigError) as caught:
        policy(tmp_path, f"[tool.gates.nightly]\n{line}\n")
    assert sentence in caught.value.message


def test_alpha_means_nothing_outside_the_nightly_gate(tmp_path):
    text = PYPROJECT.replace('p_value = ">= 0.01"', 'p_value = ">= alpha"')
    project = make_project(tmp_path, **{"pyproject.toml": text})
    with pytest.raises(ConfigError, match="is no bound"):
        read_policy(project.root / "pyproject.toml")


def test_a_nightly_that_is_no_table_is_refused(tmp_path):
    text = PYPROJECT.replace('first_model = "floors"', 'first_model = "floors"\nnightly = 3')
    project = make_project(tmp_path, **{"pyproject.toml": text})
    with pytest.raises(ConfigError, match=r"\[tool.gates.nightly\] is 3, wanted a table"):
        read_policy(project.root / "pyproject.toml")


def test_chances_are_those_of_a_poisson_count():
    assert chance_of(0, 1.0) == pytest.approx(1.0)
    assert chance_of(1, 1.0) == pytest.approx(0.6321, abs=1e-4)
    assert chance_of(3, 1.0) == pytest.approx(0.0803, abs=1e-4)


def test_the_page_explains_every_key_of_the_built_in_policy():
    root = Path(__file__).parents[2]
    page = (root / "docs/nightly.md").read_text(encoding="utf-8").split("## [tool.gates.nightly]")[1]
    standard = read_toml(root / "gates/policy/standard.toml")
    known = {
        "data",
        "retrain_data",
        "inconclusive",
        "settings",
        "timeout",
        *(key for key in standard["tool"]["gates"]["nightly"] if not key.endswith(".py")),
    }
    assert len(known) >= 11
    for key in known:
        assert f"`{key}`" in page, f"docs/nightly.md does not explain {key}"
