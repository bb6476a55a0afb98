"""`gates status` says on one screen who serves and how well, what waits, and as a table what was done and why it ended so."""

import json

import pytest

from gates.evidence import Evidence
from gates.judgement.decision import Decision, Ending
from gates.judgement.judge import CheckResult, Judgement
from gates.judging import Case, keep_verdict, make_bindings
from gates.reason import Code, Reason
from gates.reports.progress import Progress
from gates.run import Outcome
from gates.workflow.run_history import recorded


def ended(small, command, decision):
    recorded(small.session, command, lambda: decision)


def rows(said):
    """The cells of the table of runs."""
    lines = said.splitlines()
    return [line.split(maxsplit=3) for line in lines[lines.index("runs") + 2 :]]


@pytest.fixture
def home(small, quick):
    return small


def test_each_run_is_a_row_with_time_command_ending_and_reason(gates, home):
    reason = Reason(
        Code.BOUND_MISSED, "data gate: x", "data_checks/test_rows.py::test_there_are_enough_rows", "", "data"
    )
    ended(home, "run", Decision(Ending.PROMOTED, "promoted: papers version 1 is champion"))
    ended(home, "check data", Decision(Ending.REFUSED, "refused by the data gate", (reason, reason)))
    ended(home, "nightly", Decision(Ending.CALM, "no alarm: the newest rows look alike"))
    code, said = gates("status")
    assert code == 0
    table = said[said.index("runs\n") :].splitlines()
    assert table[1].split() == ["run", "time", "(UTC)", "command", "ending", "reason"]
    assert [line[28:44].rstrip() for line in table[2:]] == ["run", "check data", "nightly"]
    assert [line[46:64].rstrip() for line in table[2:]] == ["promoted", "refused", "no alarm"]
    assert table[2][66:] == "papers version 1 is champion"
    assert table[3][66:] == "data gate, rows: there are enough rows (and 1 more)"
    assert home.session.registry.runs()[0].id.endswith(table[2].split()[0]), "gates show takes it"


def test_a_rollback_is_called_one(gates, home):
    home.crowned("A")
    home.crowned("B")
    assert gates("rollback", "--reason", "it errs")[0] == 0
    said = gates("status")[1]
    assert "rollback          rolled back         papers version 1 is champion again" in said
    assert "          by rollback to version 1, " in said


def test_only_the_last_rows_are_shown_and_long_reasons_are_cut(gates, home, monkeypatch):
    monkeypatch.setattr(Progress, "width", 80)
    for number in range(4):
        ended(home, "run", Decision(Ending.PASSED, f"{number} {'long ' * 60}"))
    said = gates("status", "--last", "2")[1]
    assert [row[3].split()[2] for row in rows(said)] == ["2", "3"]
    assert max(len(line) for line in said[said.index("runs\n") :].splitlines()) <= 80


def test_a_damaged_row_hides_no_other(gates, home):
    for state in ("started", "failed"):
        home.session.registry.keep_run("20260101T000000Z-aaaaaa", state, b"no document")
    ended(home, "run", Decision(Ending.PASSED, "it passed"))
    code, said = gates("status")
    assert code == 0
    assert "aaaaaa  20" in said
    assert "it passed" in said


def test_foreign_text_in_a_row_drives_nothing(gates, home):
    ended(home, "run", Decision(Ending.PASSED, "##vso[task.complete]\x1b[2J\n::error::x"))
    said = gates("status")[1]
    assert "\x1b" not in said
    assert "##vso[" not in said
    assert not any(line.startswith("::") for line in said.splitlines())


def score(home, version, **values):
    """Keep a verdict of the model gate with these scores about a version."""
    session = home.session
    case = Case(
        batch_digest=home.session.registry.blobs.put_bytes(b"id,x\n1,2\n"),
        challenger=session.model_file(version),
        champion=session.champion(),
    )
    evidence = tuple(Evidence(id, str(value), 320, name=id.replace("_", " ")) for id, value in values.items())
    difference = Evidence("accuracy", "-0.5", 320, name="accuracy difference to the champion, lower limit")
    checks = (
        CheckResult("gates:model/test_champion.py::test_no_worse", Outcome.PASSED, True, "holds", (difference,)),
        CheckResult("gates:model/test_floors.py::test_floor", Outcome.PASSED, True, "holds", evidence),
    )
    keep_verdict(session, Judgement("model", checks, (), True), make_bindings(session, case)["model"])


def test_the_scores_of_the_champion_are_those_of_its_model_verdict(gates, home):
    version = home.crowned("A")
    assert "(n = " not in gates("status")[1]
    home.clock.forward(minutes=1)
    score(home, version, accuracy=0.5125)
    assert "          accuracy 0.5125 (n = 320)\n" in gates("status")[1]
    assert "scores     accuracy 0.5125 (n = 320)\n" in gates("show", "champion")[1]


def test_scores_that_nobody_trusted_signed_are_not_shown(gates, home):
    score(home, home.crowned("A"), accuracy=0.9)
    home.gates(f'[tool.gates.trust]\ngate = ["{"0" * 64}"]')
    code, said = gates("status")
    assert code == 0
    assert "          cannot be read: the verdict of the model gate is signed by the unknown key" in said
    assert "accuracy" not in said


def test_evidence_that_can_still_promote_says_until_when(gates, home, monkeypatch):
    from gates.cli import status

    look = status.look

    def look_then(options):
        session = look(options)
        session.clock = home.clock
        return session

    monkeypatch.setattr(status, "look", look_then)
    home.judged("A")
    (line,) = [line for line in gates("status")[1].splitlines() if line.startswith("evidence")]
    until = "until 2026-11-25 12:00 UTC (in 24 h)"
    assert line == f"evidence  for version 1 by data, model, drift, endpoint, {until}"
    home.clock.forward(days=3)
    assert "(over: judge again with gates check)" in gates("status")[1]


def test_evidence_that_was_used_does_not_wait(gates, home):
    home.crowned("A")
    assert "evidence" not in gates("status")[1]


def test_json_is_what_it_was(gates, home):
    home.crowned("A")
    content = json.loads(gates("status", "--json")[1])
    assert set(content) == {"schema", "model", "champion", "break_glass"}
    assert (content["schema"], content["champion"]["version"]) == (1, 1)
