"""Mutants of what a gate runs with: each is killed by its own code, and survives a parent that does not look."""

from __future__ import annotations

from dataclasses import replace

import pytest
from selftest.test_selftest_survivors import attempt

from gates import printing
from gates.errors import SubjectError
from gates.execution.run_record import Facts
from gates.reason import Code
from gates.selftest import run_mutants
from gates.selftest.run_mutants import MUTANTS

NAMES = [mutant.name for mutant in MUTANTS]
DISTURBED = {
    "policy-put-back": Code.POLICY_CHANGED,
    "conftest-edited-meanwhile": Code.SUITE_CHANGED,
    "library-edited-meanwhile": Code.SUITE_CHANGED,
    "library-put-back": Code.SUITE_CHANGED,
    "process-left-behind": Code.PROCESS_LEFT_BEHIND,
}


@pytest.mark.parametrize("name", NAMES)
def test_a_mutant_is_killed_by_the_code_that_proves_it(name, bench):
    trial = attempt(bench, name)
    assert trial.left_out == ""
    assert trial.killed, trial.detections


@pytest.mark.parametrize("name", DISTURBED)
def test_a_mutant_survives_a_parent_that_does_not_look(name, bench, monkeypatch):
    record = Facts.disturb

    def look_away(self, code, sentence, check=""):
        if code != DISTURBED[name]:
            record(self, code, sentence, check)

    monkeypatch.setattr(Facts, "disturb", look_away)
    assert attempt(bench, name).survived


def test_commands_in_the_output_survive_a_printer_that_breaks_none(bench, monkeypatch):
    monkeypatch.setattr(printing, "harmless", lambda line: line)
    assert attempt(bench, "output-commands").survived


def test_an_installed_package_survives_a_command_that_notices_nothing(bench, monkeypatch):
    monkeypatch.setattr(run_mutants, "_check_data", lambda *known: {"gates": [{"gate": "data", "reasons": []}]})
    assert attempt(bench, "package-installed-meanwhile").survived


def test_a_command_that_makes_no_decision_ends_the_selftest(bench, monkeypatch):
    monkeypatch.setattr(run_mutants.sys, "executable", "/no/python/here")
    with pytest.raises(SubjectError, match="gates check data made no decision"):
        attempt(bench, "package-installed-meanwhile")


def test_a_process_cannot_be_left_behind_where_no_child_is_forked(bench, monkeypatch):
    monkeypatch.setenv("GATES_NO_FORK", "1")
    trial = attempt(bench, "process-left-behind")
    assert (trial.killed, trial.survived) == (False, False)
    assert "children are not forked here" in trial.left_out


def test_a_project_that_requires_a_lock_can_be_tried(bench, weak):
    weak.edit("pyproject.toml", 'first_model = "floors"', 'first_model = "floors"\nrequire_lock = true')
    trial = attempt(replace(bench, policy=weak.policy), "check-skips")
    assert trial.killed
    assert Code.LOCK_DIFFERS not in [detection.reason.code for detection in trial.detections]
