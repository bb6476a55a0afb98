"""`gates show` begins with the decision, in a few lines, and finds what is meant by latest, champion and the end of an id."""

import json
from dataclasses import replace

import pytest

from gates import documents
from gates.judgement.decision import Decision, Ending, refuse
from gates.judgement.judge import CheckResult, Judgement
from gates.reason import Code, Reason
from gates.run import Outcome
from gates.workflow.run_history import recorded


def keep(small, command="run", *, judgements=(), decision=None):
    """Keep a command on the home as one that ended, and return its id."""
    session = small.session
    session.judgements.extend(judgements)
    recorded(session, command, lambda: decision or Decision(Ending.PASSED, "the data gate passed"))
    return session.id


def keep_document(small, id, state, content):
    """Keep a document as that of a run that stands so."""
    for step in dict.fromkeys(("started", state)):
        small.session.registry.keep_run(id, step, documents.dump(content))


@pytest.fixture
def refused(small, quick):
    """The id of a run that the model gate refused for one of four checks."""
    reason = Reason(
        Code.BOUND_MISSED, "f1 = 0.1 (required >= 0.5, n = 30)", "model_checks/test_floors.py::test_b", "f1"
    )
    bad = CheckResult(reason.check, Outcome.FAILED, False, reason.text, reasons=(reason,))
    good = [CheckResult(f"model_checks/test_floors.py::test_{name}", Outcome.PASSED, True, "holds") for name in "ac"]
    left_out = CheckResult(
        "model_checks/test_x.py::test_d", Outcome.NOT_APPLICABLE, True, "not applicable (no_champion)"
    )
    whole = replace(reason, text=f"test_floors.py::test_b: failed: {reason.text}")
    judgement = Judgement("model", (*good, bad, left_out), (whole,), True)
    return keep(small, judgements=[judgement], decision=refuse([judgement], "nothing was promoted"))


def test_a_run_begins_with_the_decision_and_fits_on_a_screen(gates, refused):
    code, said = gates("show", refused)
    assert code == 0
    lines = said.splitlines()
    assert lines[0] == "refused by the model gate; nothing was promoted"
    assert lines[1].split("  ")[0] == "✗ model gate refused"
    assert "2 passed, 1 failed, 1 not applicable" in lines[1]
    assert said.count("f1 = 0.1 (required >= 0.5, n = 30)") == 1
    assert len(lines) < 12
    assert lines[-1] == f"whole:     gates show {refused} --full"


def test_latest_and_the_end_of_an_id_name_a_run(gates, small, refused):
    by_id = gates("show", refused)
    assert gates("show", "latest") == by_id
    assert gates("show", refused[-6:]) == by_id
    newer = keep(small)
    assert gates("show", "latest") == gates("show", newer) != by_id


def test_the_whole_document_is_printed_on_request_and_json_stays_what_was_kept(gates, small, refused):
    code, said = gates("show", refused, "--full")
    assert code == 0
    assert "exit_code  1" in said
    assert "policy  sha256:" in said
    kept = documents.load(small.session.registry.run(refused).document, "it")
    assert json.loads(gates("show", "latest", "--json")[1]) == kept


def test_champion_and_a_version_say_first_whether_they_serve(gates, small, quick):
    small.crowned("A")
    small.crowned("B")
    code, said = gates("show", "champion")
    assert code == 0
    assert said.startswith("champion since ")
    assert "papers version 2\n" in said.splitlines(keepends=True)[0]
    assert gates("show", "papers@2") == (code, said)
    code, said = gates("show", "papers@1")
    assert said.startswith("not the champion (version 2 serves): papers version 1\n")
    assert said.count("verdict    ") == 4
    assert "move       promotion to version 1" in said
    assert f"decision   {small.session.registry.log('papers')[0].decision}\n" in said


@pytest.mark.parametrize(
    ("id", "sentence"),
    [
        ("latest", "no command was run in this home"),
        ("champion", "papers has no champion"),
        ("papers@9", "has no version 9"),
        ("nothing", "no run nothing"),
    ],
)
def test_what_was_never_kept_is_said_so(gates, small, id, sentence):
    small.register("A")
    code, said = gates("show", id)
    assert code == 3
    assert sentence in said
    assert "Traceback" not in said


def test_an_end_of_several_ids_names_none(gates, small):
    ids = [f"2026010{day}T000000Z-abcdef" for day in (1, 2)]
    for id in ids:
        keep_document(small, id, "passed", {"schema": 1, "id": id, "purpose": "run"})
    code, said = gates("show", "abcdef")
    assert code == 3
    assert "2 runs end with abcdef" in said
    assert gates("show", ids[0])[0] == 0


def test_a_document_that_is_half_damaged_is_shown_as_far_as_it_goes(gates, small):
    kept = {"schema": 2, "id": "r", "sentence": "it ended", "exit_code": "1", "gates": [5, {"gate": "model"}], "reasons": [7],
            "notes": {}, "timings": 1}  # fmt: skip
    keep_document(small, "20260101T000000Z-aaaaaa", "failed", kept)
    code, said = gates("show", "latest")
    assert code == 0
    assert said.startswith("it ended\n")
    assert gates("show", "latest", "--full")[0] == 0


def test_a_run_that_has_not_ended_says_so(gates, small):
    keep_document(small, "20260101T000000Z-aaaaaa", "started", {"schema": 1, "id": "r", "purpose": "run"})
    assert gates("show", "latest")[1].startswith("no decision: the command is started\n")


def test_names_in_a_document_drive_no_terminal(gates, small):
    keep(small, decision=Decision(Ending.REFUSED, "refused by \x1b[31m", (Reason(Code.ERROR, "::error::\x1b[2J"),)))
    code, said = gates("show", "latest")
    assert code == 0
    assert "\x1b" not in said
    assert not any(line.startswith("::") for line in said.splitlines())
