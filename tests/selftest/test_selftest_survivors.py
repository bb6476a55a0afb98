"""A selftest that cannot report a survivor is worthless: without the check that catches it, each of these mutants survives."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gates.selftest.trials import choose, every_mutant, try_all

WEAKENED = {
    "rows-lost": ("rows = '>= 3'", "rows = '>= 1'"),
    "model-bad": ("accuracy = '>= 0.8'", "accuracy = '>= 0'"),
    "window-short": ('"rows now" = ">= 3"', '"rows now" = ">= 1"'),
    "endpoint-wrong": ('"wrong answers" = "== 0"', '"wrong answers" = ">= 0"'),
}


def attempt(bench, name):
    (mutant,) = choose(every_mutant(bench.policy), [name])
    (trial,) = try_all(bench, [mutant])
    return trial


@pytest.mark.parametrize("name", WEAKENED)
def test_a_mutant_is_killed_by_the_gate_and_survives_without_its_bound(name, bench, weak):
    trial = attempt(bench, name)
    assert trial.killed
    assert trial.catches[0].by == trial.mutant.gate
    assert "required" in trial.catches[0].sentence
    weak.edit("pyproject.toml", *(text.replace("'", '"') for text in WEAKENED[name]))
    assert attempt(replace(bench, policy=weak.policy), name).survived


def test_a_mutant_survives_when_its_check_is_taken_out_of_suite_and_policy(bench, weak):
    weak.edit(
        "pyproject.toml", '"endpoint_checks/test_smoke.py::test_it_answers_well" = { "wrong answers" = "== 0" }', ""
    )
    weak.edit("endpoint_checks/test_smoke.py", "def test_it_answers_well", "def helper")
    assert attempt(replace(bench, policy=weak.policy), "endpoint-wrong").survived
    assert attempt(replace(bench, policy=weak.policy), "endpoint-dead").killed, "another check still sees that"


def test_an_edited_model_file_survives_a_gate_that_never_looks_at_the_digest(bench):
    trial = attempt(bench, "file-edited")
    assert trial.survived
    assert "compare the digest before it reads the model" in trial.mutant.remedy


def test_and_is_killed_by_one_that_does(bench, weak):
    weak.edit(
        "conftest.py",
        "return Path(gate_context.challenger.path).read_text()",
        "import hashlib\n"
        "    content = Path(gate_context.challenger.path).read_bytes()\n"
        "    assert 'sha256:' + hashlib.sha256(content).hexdigest() == gate_context.challenger.digest, 'other bytes'\n"
        "    return content.decode()",
    )
    trial = attempt(replace(bench, policy=weak.policy), "file-edited")
    assert trial.killed
    assert "other bytes" in trial.catches[0].sentence


def test_a_mutation_that_the_data_cannot_have_is_left_out_and_not_counted(bench):
    trial = attempt(bench, "never-made")
    assert (trial.killed, trial.survived, trial.left_out) == (False, False, "these data have no such column")
