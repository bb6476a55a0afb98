"""What an alarm causes with --retrain: once for the same data, on the record of both sides, and with an exit code that says so."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import gates.nightly.retrain as retrain
from gates.nightly.night import NightState

REFUSING = {
    "model_checks/test_floors.py": """
        import pytest

        pytestmark = pytest.mark.gate("model")


        def test_clears_the_floor(rows, evidence):
            evidence("accuracy", 0.5, n=rows)


        def test_answers():
            assert True
        """
}


def document(project, id):
    return json.loads(project.session().registry.run(id).document)


def test_an_alarm_that_a_new_champion_answers_ends_well_and_both_records_name_each_other(watched):
    project = watched()
    outcome = project.night(p=1e-6, retrain=True)
    assert (outcome.decision.exit_code, str(outcome.decision.ending)) == (0, "promoted")
    (night,) = project.history.nights
    assert night.state is NightState.ALARM
    run = document(project, night.retraining)
    assert run["cause"] == f"the drift alarm of the night {night.id}"
    assert run["ending"] == "promoted"
    champion = project.session().champion()
    assert champion.version.facts["run"] == night.retraining
    assert champion.version.facts["data"] == night.data, "it learned from the very bytes that alarmed"


def test_the_drift_is_acknowledged_in_the_alarms_name(watched):
    project = watched()
    project.project.edit(
        "model_checks/test_drift.py", "0.4", "0.001"
    )  # the batch drifts, and accept = "drift" is needed
    outcome = project.night(p=1e-6, retrain=True)
    assert str(outcome.decision.ending) == "promoted", outcome.decision
    run = document(project, outcome.night.retraining)
    (accepted,) = [check["accepted"] for gate in run["gates"] for check in gate["checks"] if check["accepted"]]
    assert (
        accepted
        == f"retraining for the drift alarm of the night {outcome.night.id} (p = 1.2e-06): 'a' moved (p = 1e-06)"
    )


def test_a_calm_night_causes_nothing(watched):
    project = watched()
    project.night(p=0.5, retrain=True)
    assert project.session().champion().epoch == 1
    assert not project.history.last.retraining


def test_a_suspect_night_causes_nothing(watched):
    project = watched('persistence = "2 of 2"')
    assert project.night(p=1e-6, retrain=True).night.state is NightState.SUSPECT
    assert project.session().champion().epoch == 1


def test_a_refused_retraining_leaves_the_alarm_standing_and_is_not_repeated(watched):
    project = watched()
    project.project.write(REFUSING)
    data = project.data(p=1e-6)
    outcome = project.night(data, retrain=True)
    assert (outcome.decision.exit_code, str(outcome.decision.ending)) == (1, "alarm")
    assert "not answered by run" in outcome.decision.sentence
    assert "accuracy = 0.5" in outcome.decision.reasons[0].text
    assert project.session().champion().epoch == 1

    runs = len(project.session().registry.runs())
    again = project.night(data, retrain=True)
    assert again.decision.exit_code == 1
    assert (
        f"run {outcome.night.retraining} was already caused by an alarm about these data and ended refused"
        in (again.decision.notes[0])
    )
    other = project.night(data, retrain=True, window="200 rows")
    assert "was already caused" in other.decision.notes[0]
    assert len(project.session().registry.runs()) == runs + 2, "the two nights, and no retraining"


def test_an_alarm_of_last_night_can_be_acted_on_today(watched):
    project = watched()
    data = project.data(p=1e-6)
    first = project.night(data).night
    outcome = project.night(data, retrain=True)
    assert outcome.decision.exit_code == 0
    assert outcome.night.repeats == first.id
    assert project.history.alarms(project.now) == 1
    assert document(project, outcome.night.retraining)["cause"] == f"the drift alarm of the night {first.id}"


def test_a_retraining_that_broke_is_tried_again(watched, monkeypatch):
    project = watched()
    data = project.data(p=1e-6)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(retrain, "run_pipeline", interrupted)
    with pytest.raises(KeyboardInterrupt):
        project.night(data, retrain=True)
    (night,) = project.history.nights
    assert night.state is NightState.ALARM, "the alarm was kept before anything was done about it"
    assert project.session().registry.run(night.retraining).state == "failed"
    assert project.session().champion().epoch == 1

    monkeypatch.undo()
    assert project.night(data, retrain=True).decision.exit_code == 0
    assert project.session().champion().epoch == 2


def test_a_retraining_that_cannot_be_judged_ends_so(watched):
    project = watched()
    project.project.write({"model_checks/test_floors.py": "import nothing_of_that_name\n"})
    outcome = project.night(p=1e-6, retrain=True)
    assert outcome.decision.exit_code == 3
    assert "did not get to an answer" in outcome.decision.sentence
    assert project.history.last.state is NightState.ALARM


def test_a_retraining_that_waits_for_approval_leaves_the_alarm_standing_and_is_not_repeated(watched):
    key = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    person = f'approvals = 1\napprovers = [{{ name = "Ada", key = "{b64encode(key).decode()}" }}]'
    project = watched(f"timeout = '1m'\n[tool.gates.promotion]\n{person}")
    data = project.data(p=1e-6)
    outcome = project.night(data, retrain=True)
    assert (outcome.decision.exit_code, str(outcome.decision.ending)) == (1, "alarm")
    assert f"not answered before somebody approves run {outcome.night.retraining}" in outcome.decision.sentence
    assert project.session().champion().epoch == 1
    assert "ended awaiting" in project.night(data, retrain=True).decision.notes[0]


def test_the_policy_may_name_other_data_to_learn_from(watched):
    project = watched('retrain_data = "whole.json"')
    whole = project.project.root / "whole.json"
    whole.write_text(project.data(p=0.5).read_text())
    outcome = project.night(p=1e-6, retrain=True)
    assert outcome.decision.exit_code == 0
    assert project.session().champion().version.facts["data"] != outcome.night.data
    assert project.session().registry.blobs.read(project.session().champion().version.digest)


def test_after_a_promotion_an_audit_finds_the_registry_sound(watched):
    project = watched()
    project.night(p=1e-6, retrain=True)
    project.night(p=0.5)
    assert project.session().registry.audit() == ()
