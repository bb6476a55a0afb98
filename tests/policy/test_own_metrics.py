"""[tool.gates.metrics]: what a project declares is read strictly, covered by a digest, and compared between policies."""

from __future__ import annotations

import pytest

from gates.errors import ConfigError
from gates.policy.catalogue import describe_own
from gates.policy.diff import compare_policies
from gates.policy.ordering import Direction
from tests.small_project import make_project

GOOD = """
[tool.gates.metrics]
cost = { function = "churn.costs:per_customer", better = "lower", unit = "EUR" }
spam_recall = { of = "recall", class = "spam" }
spam_f2 = { of = "f_beta", class = 1, beta = 2 }
"""


def with_metrics(root, text):
    project = make_project(root)
    with (root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(text)
    return project


def test_metrics_are_read_with_class_direction_and_unit(tmp_path):
    metrics = with_metrics(tmp_path, GOOD).policy.metrics
    cost = metrics["cost"]
    assert (cost.function, cost.better, cost.unit) == ("churn.costs:per_customer", "lower", "EUR")
    assert (metrics["spam_recall"].of, metrics["spam_recall"].label) == ("recall", "spam")
    assert (metrics["spam_f2"].beta, metrics["spam_f2"].label) == (2.0, "1")


def test_the_function_is_code_of_the_project_that_the_digests_cover(tmp_path):
    project = with_metrics(tmp_path, GOOD)
    project.write({"churn/__init__.py": "", "churn/costs.py": "import churn.rates\n", "churn/rates.py": "EUR = 1\n"})
    policy = project.policy
    assert "churn.costs" in policy.modules
    before = policy.suite_files("model")
    assert {"churn/costs.py", "churn/rates.py"} <= set(before)
    project.write({"churn/rates.py": "EUR = 2\n"})
    assert before != policy.suite_files("model")


def test_a_change_of_a_metric_changes_the_digest_of_the_policy(tmp_path):
    project = with_metrics(tmp_path, GOOD)
    before = project.policy.digest
    project.edit("pyproject.toml", 'better = "lower"', 'better = "higher"')
    assert project.policy.digest != before


FAULTS = {
    "a bare function": (
        'cost = "churn.costs:per_customer"',
        "cost is 'churn.costs:per_customer', wanted a table like { function",
    ),
    "no direction": ('cost = { function = "a:b" }', "better is missing, wanted 'higher' or 'lower'"),
    "an unknown direction": (
        'cost = { function = "a:b", better = "down" }',
        "better is 'down', wanted 'higher' or 'lower'",
    ),
    "no import string": ('cost = { function = "costs", better = "lower" }', "wanted an importable 'module:function'"),
    "nothing measured": ('cost = { better = "lower" }', "names neither function and of, wanted one"),
    "two things measured": (
        'cost = { function = "a:b", better = "lower", of = "f1", class = "x" }',
        "names both function and of",
    ),
    "no class": ('recall = { of = "recall" }', "class is missing, wanted the label of a class"),
    "a class that is none": ('recall = { of = "recall", class = [1] }', "class is [1], wanted the label of a class"),
    "an unknown measure": ('r = { of = "recal", class = "x" }', "did you mean 'recall'?"),
    "no beta": ('f2 = { of = "f_beta", class = "x" }', "beta is needed for f_beta, and for nothing else"),
    "a beta too much": (
        'r = { of = "recall", class = "x", beta = 2 }',
        "beta is needed for f_beta, and for nothing else",
    ),
    "a beta of 0": ('f = { of = "f_beta", class = "x", beta = 0 }', "beta is 0, wanted a number above 0"),
    "less recall is better": ('r = { of = "recall", class = "x", better = "lower" }', "more recall is better"),
    "a name that is taken": ('accuracy = { of = "recall", class = "x" }', "accuracy is a metric already"),
    "a name that is none": ('"Spam Recall" = { of = "recall", class = "x" }', "is no name of a metric"),
    "an unknown key": ('c = { function = "a:b", better = "lower", units = "x" }', "did you mean 'unit'?"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_declaration_that_is_none_is_refused(tmp_path, fault):
    line, sentence = FAULTS[fault]
    with pytest.raises(ConfigError) as caught:
        _ = with_metrics(tmp_path, f"\n[tool.gates.metrics]\n{line}\n").policy
    assert sentence in caught.value.message
    assert caught.value.exit_code == 2


def test_a_metric_is_described_by_what_its_check_measures():
    floor = describe_own("gates:model/test_floors.py::challenger_clears_the_floor", "cost", unit="EUR", better="lower")
    against = describe_own(
        "model_checks/test_champion.py::test_challenger_is_no_worse[cost]", "cost", unit="EUR", better="lower"
    )
    assert (floor.name, floor.unit, floor.better) == ("cost", "EUR", "lower")
    assert (against.name, against.better) == ("cost against the champion", "higher")
    assert describe_own("a.py::b", "cost", unit="", better="") is None


@pytest.mark.parametrize(
    ("old", "new", "direction"),
    [
        ({}, {"cost": {"function": "a:b"}}, Direction.BESIDE),
        ({"cost": {"function": "a:b"}}, {}, Direction.UNCLEAR),
        ({"cost": {"better": "lower"}}, {"cost": {"better": "higher"}}, Direction.UNCLEAR),
    ],
)
def test_a_change_of_a_metric_that_may_decide_counts_as_loosened(old, new, direction):
    (change,) = compare_policies({"gates": {"metrics": old}}, {"gates": {"metrics": new}})
    assert (change.direction, "[tool.gates.metrics] cost" in change.sentence) == (direction, True)
