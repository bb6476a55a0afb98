"""Runs whose evidence is missing, forged, no number, or given for something else; and checks that wave themselves through."""

from __future__ import annotations

import pytest
from bent_runs import (
    DRIFT,
    FIRST,
    LEFT_OUT,
    SECOND,
    TOO_FEW,
    WARN,
    Row,
    checks,
    conftest,
    policy,
    refused,
)
from small_project import make_project

BAD_RUNS: dict[str, Row] = {
    # evidence
    "a forged evidence fixture": (
        checks('def test_clears_the_floor(evidence):\n    evidence("accuracy", 0.5, n=9)\n')
        | conftest(
            """
            @pytest.fixture
            def evidence(request):
                def record(name, value, *, n, floor=0.2):
                    assert value >= floor
                    told = dict(id=name, value=repr(value), n=n, detail="", needed_n=None, kind="measurement", name="",
                                unit="", better="")
                    request.node.user_properties.append(("gates.evidence", told))
                return record
            """
        ),
        "accuracy = 0.5 (required >= 0.8, n = 9)",
    ),
    "a fixture that wraps the evidence": (
        conftest(
            "@pytest.fixture\ndef evidence(evidence):\n    return lambda name, value, n: evidence(name, 0.9, n=n)\n"
        ),
        "its fixture 'evidence' is not the one of gates but of conftest; rename that one",
    ),
    "a vacuous check": (
        checks("def test_clears_the_floor():\n    pass\n"),
        "passed without evidence for accuracy; a bound needs a measurement",
    ),
    "a check defined twice": (
        checks(second=SECOND + "\n\ndef test_clears_the_floor():\n    pass\n"),
        "passed without evidence for accuracy",
    ),
    "a vacuous case beside one that does not apply": (
        checks(
            """
            @pytest.mark.parametrize("case", ["a", "b"])
            def test_clears_the_floor(case, inapplicable):
                if case == "a":
                    inapplicable("no_key", "none")
            """
        )
        | policy('{ accuracy = ">= 0.8" }', '{ accuracy = ">= 0.8", unless = "no_key" }'),
        "passed without evidence for accuracy",
    ),
    "a NaN": (
        checks('def test_clears_the_floor(evidence):\n    evidence("accuracy", float("nan"), n=9)\n'),
        "accuracy = nan, which is not a finite number (required >= 0.8, n = 9)",
    ),
    "an infinity": (
        checks('def test_clears_the_floor(evidence):\n    evidence("accuracy", float("inf"), n=9)\n'),
        "accuracy = inf, which is not a finite number",
    ),
    "no rows": (
        checks('def test_clears_the_floor(evidence):\n    evidence("accuracy", 1.0, n=0)\n'),
        "accuracy was measured on 0 rows; a measurement needs at least one",
    ),
    "a value that is no number": (
        checks('def test_clears_the_floor(evidence):\n    evidence("accuracy", "good", n=9)\n'),
        "test_clears_the_floor: errored: ValueError",
    ),
    "a value below its bound": (
        checks('def test_clears_the_floor(evidence):\n    evidence("accuracy", 0.79999, n=9, detail="2 wrong")\n'),
        "test_clears_the_floor: failed: accuracy = 0.79999 (required >= 0.8, n = 9): 2 wrong",
    ),
    "evidence without a bound": (
        checks(second='def test_answers(evidence):\n    evidence("speed", 1, n=9)\n'),
        "speed = 1 (n = 9) has no bound: give it one under 'model_checks/test_floors.py::test_answers'",
    ),
    "a bound without evidence": (
        policy('accuracy = ">= 0.8"', 'accuracy = ">= 0.8", recall = ">= 0.1"'),
        "test_clears_the_floor: passed without evidence for recall",
    ),
    "evidence given twice": (
        checks(FIRST + '    evidence("accuracy", 0.95, n=rows)\n'),
        "gave the evidence 'accuracy' 2 times; its id must be its own within the check",
    ),
    "the better evidence hides the worse": (
        checks(
            """
            @pytest.mark.parametrize("value", [0.1, 0.9])
            def test_clears_the_floor(value, request):
                told = dict(id="accuracy", value=repr(value), n=9, detail="", needed_n=None, kind="measurement", name="",
                            unit="", better="")
                request.node.user_properties.append(("gates.evidence", told))
            """
        ),
        "accuracy = 0.1 (required >= 0.8, n = 9)",
    ),
    # leaving out and waving through
    "does not apply, but the policy says it must": (
        checks(second=LEFT_OUT),
        "the policy does not let this check be left out for 'no_champion'",
    ),
    "does not apply, but that is not true": (
        checks(second=LEFT_OUT) | policy('::test_answers" = {}', '::test_answers" = { unless = "no_champion" }'),
        "not applicable (no_champion): nothing serves yet; but 'no_champion' is not true here",
    ),
    "too few rows": (
        checks(TOO_FEW),
        "inconclusive: accuracy = 0.79 (required >= 0.8, n = 50); too few rows to tell, it needs n >= 700",
    ),
    "a NaN that calls itself inconclusive": (
        checks(TOO_FEW.replace("0.79", 'float("nan")')) | policy('timeout = "20s"', WARN),
        "test_clears_the_floor: failed: accuracy = nan, which is not a finite number",
    ),
    "inconclusive without a measurement": (
        checks(
            """
            from gates.plugin.outcomes import Inconclusive


            def test_clears_the_floor():
                raise Inconclusive("too few rows, believe me")
            """
        )
        | policy('timeout = "20s"', WARN),
        "test_clears_the_floor: inconclusive: too few rows, believe me",
    ),
}


@pytest.mark.parametrize(("files", "sentence"), BAD_RUNS.values(), ids=list(BAD_RUNS))
def test_a_bad_run_is_refused_with_its_sentence(files, sentence, tmp_path):
    refused(files, sentence, tmp_path)


def test_a_check_may_be_left_out_for_a_true_condition_that_the_policy_names(tmp_path):
    named = policy('::test_answers" = {}', '::test_answers" = { unless = "no_champion" }')
    judgement = make_project(tmp_path, **checks(second=LEFT_OUT), **named).judge(no_champion=True)
    assert judgement.reasons == ()
    assert [str(check.outcome) for check in judgement.checks] == ["passed", "not_applicable"]


def test_an_inconclusive_check_warns_where_the_policy_says_so(tmp_path):
    judgement = make_project(tmp_path, **checks(TOO_FEW), **policy('timeout = "20s"', WARN)).judge()
    assert judgement.reasons == ()
    assert "it needs n >= 700" in judgement.warnings[0]


DRIFTED = {"model_checks/test_drift.py": DRIFT.replace("0.4, n=60", "0.001, n=60")}


def test_drift_is_refused_unless_a_person_accepts_it(tmp_path):
    project = make_project(tmp_path, **DRIFTED)
    assert "p_value = 0.001 (required >= 0.01, n = 60): no column moved" in project.judge("drift").reasons[0].text
    accepted = project.judge("drift", accepted={"drift": "a new sensor"})
    assert accepted.reasons == ()
    assert accepted.checks[0].accepted == "a new sensor"


def test_accepting_drift_accepts_nothing_else(tmp_path):
    broken = {"model_checks/test_drift.py": DRIFT.replace("0.4, n=60", "float('nan'), n=60")}
    project = make_project(tmp_path, **broken)
    assert "p_value = nan" in project.judge("drift", accepted={"drift": "whatever"}).reasons[0].text
