"""Runs whose evidence is missing, forged, no number, or given for something else; and checks that wave themselves through."""

from __future__ import annotations

import pytest
from bent_runs import (
    DRIFT,
    LEFT_OUT,
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
                    fact = dict(id=name, value=repr(value), n=n, detail="", needed_n=None, kind="measurement", name="",
                                unit="", better="")
                    request.node.user_properties.append(("gates.evidence", fact))
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
}


@pytest.mark.parametrize(("files", "sentence"), BAD_RUNS.values(), ids=list(BAD_RUNS))
def test_a_bad_run_is_refused_with_its_sentence(files, sentence, tmp_path):
    refused(files, sentence, tmp_path)


@pytest.mark.usefixtures("here")
def test_a_check_may_be_left_out_for_a_true_condition_that_the_policy_names(tmp_path):
    named = policy('::test_answers" = {}', '::test_answers" = { unless = "no_champion" }')
    judgement = make_project(tmp_path, **checks(second=LEFT_OUT), **named).judge(no_champion=True)
    assert judgement.reasons == ()
    assert [str(check.outcome) for check in judgement.checks] == ["passed", "not_applicable"]


@pytest.mark.usefixtures("here")
def test_an_inconclusive_check_warns_where_the_policy_says_so(tmp_path):
    judgement = make_project(tmp_path, **checks(TOO_FEW), **policy('timeout = "20s"', WARN)).judge()
    assert judgement.reasons == ()
    assert "it needs n >= 700" in judgement.warnings[0]


DRIFTED = {"model_checks/test_drift.py": DRIFT.replace("0.4, n=60", "0.001, n=60")}


@pytest.mark.usefixtures("here")
def test_drift_is_refused_unless_a_person_accepts_it(tmp_path):
    project = make_project(tmp_path, **DRIFTED)
    assert "p_value = 0.001 (required >= 0.01, n = 60): no column moved" in project.judge("drift").reasons[0].text
    accepted = project.judge("drift", accepted={"drift": "a new sensor"})
    assert accepted.reasons == ()
    assert accepted.checks[0].accepted == "a new sensor"


@pytest.mark.usefixtures("here")
def test_accepting_drift_accepts_nothing_else(tmp_path):
    broken = {"model_checks/test_drift.py": DRIFT.replace("0.4, n=60", "float('nan'), n=60")}
    project = make_project(tmp_path, **broken)
    assert "p_value = nan" in project.judge("drift", accepted={"drift": "whatever"}).reasons[0].text
