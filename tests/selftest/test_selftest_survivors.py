"""A selftest that cannot report a survivor is worthless: without the check that detections it, each of these mutants survives."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gates.reason import Code, Reason
from gates.reports.progress import Progress
from gates.selftest.detection import Detection
from gates.selftest.mutant import Mutant, Score, Trial
from gates.selftest.report import describe, tell_score
from gates.selftest.trials import choose, every_mutant, try_all

WEAKENED = {
    "rows-lost": ("rows = '>= 3'", "rows = '>= 1'"),
    "model-bad": ("accuracy = '>= 0.8'", "accuracy = '>= 0'"),
    "window-short": ('rows_now = ">= 3"', 'rows_now = ">= 1"'),
    "endpoint-wrong": ('wrong_answers = "== 0"', 'wrong_answers = ">= 0"'),
}


def attempt(bench, name):
    (mutant,) = choose(every_mutant(bench.policy), [name])
    (trial,) = try_all(bench, [mutant])
    return trial


@pytest.mark.parametrize("name", WEAKENED)
def test_a_mutant_is_killed_by_the_gate_and_survives_without_its_bound(name, bench, weak):
    trial = attempt(bench, name)
    assert trial.killed
    assert trial.detections[0].by == trial.mutant.gate
    assert trial.detections[0].reason.code in (Code.BOUND_MISSED, Code.CHECK_FAILED)
    weak.edit("pyproject.toml", *(text.replace("'", '"') for text in WEAKENED[name]))
    assert attempt(replace(bench, policy=weak.policy), name).survived


def test_a_mutant_survives_when_its_check_is_taken_out_of_suite_and_policy(bench, weak):
    weak.edit("pyproject.toml", 'it_answers_well = { wrong_answers = "== 0" }', "")
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
    assert "other bytes" in trial.detections[0].reason.text


def made_up(*codes, wanted=frozenset({Code.CHECK_ABSENT})):
    """A trial that ended with these codes, of a mutant that is proved by ``wanted`` only."""
    mutant = Mutant("made-up", "suite", "judge", "a check is gone", "report it", lambda bench: (), wanted)
    return Trial(mutant, tuple(Detection("data", Reason(code, f"a sentence that ends with {code}")) for code in codes))


def test_a_refusal_for_another_reason_is_a_survivor_whatever_its_sentence_says(capsys):
    trial = made_up(Code.RUN_TIMED_OUT, Code.RUN_UNFINISHED)
    assert (trial.killed, trial.survived) == (False, True)
    assert Score.of([trial]).share == 0
    tell_score(Progress(), [trial], 1.0)
    told = capsys.readouterr().out
    assert "the judge refused it for another reason (run-timed-out, run-unfinished; wanted check-absent)" in told
    (told,) = describe([trial], 1.0, "sha256:0")["mutants"]
    assert (told["outcome"], told["codes"]) == ("survived", ["check-absent"])
    assert [entry["code"] for entry in told["caught"]] == ["run-timed-out", "run-unfinished"]


def test_a_kill_is_shown_by_the_reason_that_is_about_it():
    trial = made_up(Code.RUN_EXIT_STATUS, Code.CHECK_ABSENT)
    assert [detection.reason.code for detection in trial.kills] == [Code.CHECK_ABSENT]
    assert made_up(Code.RUN_EXIT_STATUS, wanted=frozenset()).killed, "without codes of its own every reason is a kill"


def test_every_mutant_of_gates_itself_says_which_codes_prove_it(bench):
    own = [mutant for mutant in every_mutant(bench.policy) if mutant.family in ("suite", "run", "policy", "promotion")]
    assert len(own) > 65
    assert [mutant.name for mutant in own if not mutant.codes] == []
    assert all(Code.UNCODED not in mutant.codes for mutant in own)


def test_a_mutation_that_the_data_cannot_have_is_left_out_and_not_counted(bench):
    trial = attempt(bench, "never-made")
    assert (trial.killed, trial.survived, trial.left_out) == (False, False, "these data have no such column")
