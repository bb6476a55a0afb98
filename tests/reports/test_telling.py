"""What people and machines are told: every reason, nothing that drives a terminal, strict JSON."""

import io
import json
import unicodedata
from collections.abc import Iterable
from dataclasses import replace

import pytest
from command_line import call
from hypothesis import given
from hypothesis import strategies as st

from gates import documents
from gates.digest import Digest
from gates.errors import BackendError
from gates.evidence import Evidence
from gates.judgement.decision import Decision, Ending, refuse
from gates.judgement.judge import CheckResult, Judgement
from gates.printing import printable, unsigned
from gates.reason import Code, Reason, texts
from gates.reports.account import Account, CurrentChampion, StageTime
from gates.reports.document import describe, write_document
from gates.reports.ending import tell_ending
from gates.reports.markdown import as_markdown
from gates.reports.progress import Progress
from gates.run import Outcome

EVIL = "col\x1b[31m\u202e\r\nx"


class Terminal(io.StringIO):
    """A stream at which a person sits."""

    def isatty(self) -> bool:
        return True


def judged(outcome: Outcome = Outcome.PASSED, counts: bool = True, **facts) -> CheckResult:
    return CheckResult(
        "checks/test_floors.py::test_clears_it", outcome, counts, facts.pop("sentence", "holds"), **facts
    )


def coded(sentences: Iterable[str]) -> tuple[Reason, ...]:
    return tuple(Reason(Code.DROPPED, sentence) for sentence in sentences)


def judgement(*checks: CheckResult, reasons: tuple[str, ...] = (), could_judge: bool = True) -> Judgement:
    return Judgement("model", checks, coded(reasons), could_judge, ("few rows",))


def account(*judgements: Judgement, ending: Ending = Ending.REFUSED, reasons: tuple[str, ...] = ()) -> Account:
    standing = CurrentChampion("m", 2, Digest.of_bytes(b"m"), 5)
    decision = Decision(ending, "refused by the model gate", coded(reasons))
    return Account(
        "r-1", decision, judgements, (StageTime("train", 1.23456, 0.5),), standing, Digest.of_bytes(b"p"), "gates run"
    )


def told(stream: io.StringIO | None = None, *judgements: Judgement, whole: bool = False, **facts) -> str:
    stream = stream or io.StringIO()
    progress = Progress(stream, whole=whole)
    for one in judgements:
        progress.gate(one, 0.5)
    tell_ending(progress, account(*judgements, **facts))
    return stream.getvalue()


@given(st.text())
def test_printable_text_is_one_line_that_drives_nothing(text):
    shown = printable(text)
    assert len(shown.splitlines()) <= 1
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    assert "\x1b" not in shown
    shown.encode("utf-8")


@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs"))))
def test_plain_text_is_printed_as_it_is(text):
    assert printable(text) == text


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_names_from_the_data_cannot_drive_the_terminal(stream, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    bad = judged(Outcome.FAILED, False, sentence=EVIL, evidence=(Evidence(EVIL, "1", 3, EVIL),))
    out = told(stream(), judgement(bad, reasons=(f"test_x: failed: {EVIL}",)), reasons=(EVIL,))
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert r"col\x1b[31m\u202e\r x" in out


def test_every_reason_is_told_also_those_of_no_check():
    reasons = (
        "1 checks were deselected: a::b",
        "a::c: collected, but never ran",
        "the model gate's run did not finish (exit code 0); nothing it reported can be trusted",
    )
    stream = io.StringIO()
    sentence = "x = 0.1 (required >= 0.8, n = 3)"
    reason = Reason(Code.BOUND_MISSED, sentence, "checks/test_floors.py::test_clears_it", "x")
    bad = judged(Outcome.FAILED, False, sentence=sentence, reasons=(reason,))
    whole = judgement(bad, reasons=reasons, could_judge=False)
    Progress(stream).gate(replace(whole, reasons=(*whole.reasons, replace(reason, text=f"x: failed: {sentence}"))), 0.5)
    out = stream.getvalue()
    assert out.count(sentence) == 1, "what a check says stands on its own line alone"
    assert "? model gate could not judge  1 failed " in out
    assert all(out.count(reason) == 1 for reason in reasons)


def test_the_ending_gives_decision_reasons_warnings_and_the_way_back():
    out = told(None, judgement(judged()), reasons=("model gate: a", "model gate: b"))
    for line in (
        "refused by the model gate",
        "  - model gate: a",
        "  - model gate: b",
        "again with: gates run",
        "r-1",
        "few rows",
    ):
        assert line in out


def test_a_measurement_stands_beside_its_check_and_an_acceptance_below():
    evidence = (Evidence("accuracy", "0.91234", 1200),)
    checks = judgement(judged(evidence=evidence), judged(Outcome.FAILED, True, accepted="new sensor"))
    out = told(None, checks, whole=True)
    assert "accuracy = 0.9123 (n = 1,200)" in out
    assert "(accepted: new sensor)" in out


def test_by_default_a_gate_is_a_line_and_below_it_what_needs_attention():
    left_out = judged(Outcome.NOT_APPLICABLE, sentence="not applicable (no_champion): nothing serves yet")
    bad = judged(Outcome.FAILED, False, sentence="f1 = 0.1 (required >= 0.8, n = 3)")
    out = told(None, judgement(judged(), judged(), left_out)).splitlines()
    assert out[0].split() == ["✓", "model", "gate", "passed", "2", "passed,", "1", "not", "applicable", "0.5", "s"]
    assert not any("clears it" in line for line in out)
    out = told(None, judgement(judged(), left_out, bad, reasons=("1 checks were deselected",)))
    assert out.splitlines()[0].startswith("✗ model gate refused      1 passed, 1 failed, 1 not applicable ")
    assert "  failed         floors: clears it\n                 f1 = 0.1 (required >= 0.8, n = 3)\n" in out
    assert "    1 checks were deselected\n" in out
    assert "nothing serves yet" not in out


def test_what_was_accepted_or_waived_is_never_left_out():
    out = told(None, judgement(judged(Outcome.FAILED, True, accepted="new sensor"), judged(waived="waived by Ada")))
    assert "1 accepted, 1 waived" in out
    assert "holds (accepted: new sensor)" in out
    assert "holds (waived by Ada)" in out


def test_a_reason_that_stands_below_its_gate_is_not_said_again():
    reason = Reason(Code.BOUND_MISSED, "x = 0.1 (required >= 0.8)", "checks/test_floors.py::test_clears_it", "x")
    bad = judged(Outcome.FAILED, False, sentence=reason.text, reasons=(reason,))
    refused = Judgement("model", (bad,), (replace(reason, text=f"test_floors: {reason.text}"),), True)
    decision = refuse([refused], "v1 stays")
    more = Reason(Code.VERDICT_USED, "was already used for a promotion")
    whole = replace(account(refused), decision=replace(decision, reasons=(*decision.reasons, more)))
    stream = io.StringIO()
    progress = Progress(stream)
    progress.gate(refused, 0.5)
    tell_ending(progress, whole)
    assert stream.getvalue().count(reason.text) == 1
    assert "  - was already used for a promotion\n" in stream.getvalue()
    alone = io.StringIO()
    tell_ending(Progress(alone), whole)
    assert f"  - model gate: test_floors: {reason.text}\n" in alone.getvalue(), "no gate has printed it"


def test_a_long_sentence_is_cut_by_default_and_whole_on_request():
    bad = judged(Outcome.FAILED, False, sentence="y" * 5_000)
    assert 480 <= told(None, judgement(bad)).count("y") < 600
    assert told(None, judgement(bad), whole=True).count("y") >= 5_000


def test_on_a_terminal_no_line_is_longer_than_the_screen(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("gates.reports.progress._columns", lambda: 80)
    bad = judged(Outcome.FAILED, False, sentence="word " * 80)
    lines = told(Terminal(), judgement(bad), reasons=("reason " * 40,)).splitlines()
    assert max(map(len, lines)) < 80
    assert sum("word" in line for line in lines) > 3
    assert max(map(len, told(None, judgement(bad)).splitlines())) > 300, "elsewhere a line stays one, for grep"


def test_an_ascii_stream_gets_a_mark_that_it_can_write():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Progress(stream).gate(judgement(judged()), 0.5)
    Progress(stream).gate(judgement(reasons=("no",)), 0.5)
    stream.flush()
    assert [line[:12] for line in raw.getvalue().splitlines()[:2]] == [b"ok model gat", b"NO model gat"]


def test_the_live_line_counts_the_checks_that_have_ended(monkeypatch):
    progress = Progress(Terminal())
    progress.hear("model", {"kind": "collected", "kept": ["a", "b", "c"], "seen": []})
    progress.hear("model", {"kind": "start", "id": "f/test_x.py::test_a"})
    assert progress._doing("model gate and drift gate") == "model gate 0 of 3  test_x.py::test_a"
    for when in ("setup", "call", "teardown"):
        progress.hear("model", {"kind": "report", "id": "a", "when": when})
    progress.hear("drift", {"kind": "collected", "kept": ["d"]})
    assert progress._doing("model gate and drift gate").startswith("model gate 1 of 3, drift gate 0 of 1  ")
    progress.hear("drift", {"kind": "collected", "kept": "not a list"})
    assert Progress(Terminal())._doing("train") == "train"


def test_colours_are_for_people_only(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[" in told(Terminal(), judgement(judged()))
    assert "\x1b[" not in told(io.StringIO(), judgement(judged()))
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in told(Terminal(), judgement(judged()))


def test_a_quiet_progress_says_nothing():
    stream = io.StringIO()
    progress = Progress(stream, quiet=True)
    with progress.stage("train"):
        progress.line("x")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_a_stage_is_named_and_an_error_in_it_goes_on(stream):
    shown = stream()
    progress = Progress(shown)
    with pytest.raises(OSError, match="gone"), progress.stage("train"):
        raise OSError("gone")
    progress.line("after")
    assert "after" in shown.getvalue()


def test_the_document_is_strict_json_even_for_what_is_not_finite(tmp_path):
    bad = judged(Outcome.FAILED, False, evidence=(Evidence("x\ud800", "nan", 3), Evidence("y", "inf", 0)))
    whole = account(judgement(bad, reasons=(EVIL,)), reasons=(EVIL,))
    write_document(tmp_path / "out.json", whole)
    content = documents.load((tmp_path / "out.json").read_bytes(), "it")
    assert content["schema"] == 2
    assert content["exit_code"] == 1
    assert content["reasons"] == [{"code": "dropped", "text": EVIL, "check": "", "evidence": "", "gate": ""}]
    assert [e["value"] for e in content["gates"][0]["checks"][0]["evidence"]] == [None, None]
    assert [e["text"] for e in content["gates"][0]["checks"][0]["evidence"]] == ["nan", "inf"]
    assert documents.dump(describe(whole))
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == content


def test_a_document_that_cannot_be_written_does_not_hide_the_decision(tmp_path):
    with pytest.raises(BackendError, match="the decision was: refused by the model gate"):
        write_document(tmp_path / "no" / "out.json", account())


ENDINGS = {
    **{"promoted": 0, "passed": 0, "nothing to promote": 0, "no alarm": 0, "alarm": 1, "refused": 1},
    **{"misconfigured": 2, "could not judge": 3, "awaiting approval": 4},
}


def test_every_ending_has_its_exit_code():
    assert {str(ending): Decision(ending, "").exit_code for ending in Ending} == ENDINGS


def test_a_refusal_names_its_gates_and_every_reason():
    bad = judgement(reasons=("a", "b"))
    refused = refuse([bad, judgement()], "v1 stays")
    assert (refused.ending, refused.sentence) == (Ending.REFUSED, "refused by the model gate; v1 stays")
    assert texts(refused.reasons) == ("model gate: a", "model gate: b")
    assert {reason.gate for reason in refused.reasons} == {"model"}
    blind = judgement(reasons=("c",), could_judge=False)
    assert refuse([bad, blind], "v1 stays").ending is Ending.COULD_NOT_JUDGE


def test_a_stream_that_knows_only_ascii_gets_escapes_instead_of_an_error():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Progress(stream).line("column 'spent €' has 3 nulls")
    stream.flush()
    assert raw.getvalue() == b"column 'spent \\u20ac' has 3 nulls\n"


def test_neighbours_that_fell_for_one_reason_say_it_once():
    out = told(None, judgement(*[judged(Outcome.ERRORED, False, sentence="the file is gone") for _ in range(3)]))
    assert out.count("floors: clears it") == 3
    assert out.count("the file is gone") == 1


def test_a_check_that_does_not_apply_says_why():
    left_out = judged(Outcome.NOT_APPLICABLE, sentence="not applicable (no_champion): nothing serves yet")
    assert "not applicable floors: clears it  (no_champion): nothing serves yet" in told(
        None, judgement(left_out), whole=True
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://a.example/c/b.csv?sv=1&sig=SECRET", "https://a.example/c/b.csv"),
        ("https://a.example/c/b.csv?sig=SECRET#sha256=00", "https://a.example/c/b.csv#sha256=00"),
        ("HTTPS://me:SECRET@a.example/x y", "HTTPS://a.example/x y"),
        ("get https://a.example?sig=SECRET, then https://b.example/", "get https://a.example then https://b.example/"),
        ("data/papers.csv?", "data/papers.csv?"),
    ],
)
def test_a_signature_in_a_url_is_not_told(text, expected):
    assert unsigned(text) == expected


def test_the_command_that_is_kept_holds_no_signature(tmp_path):
    told = call("run", "--data", "https://127.0.0.1:1/papers.csv?sig=PLANTED", home=tmp_path / "home")
    assert told.code == 3
    kept = b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file())
    assert "PLANTED" not in told.out + told.err + str(told.document)
    assert b"PLANTED" not in kept


def test_columns_that_a_passed_check_did_not_compare_are_named_everywhere():
    share = Evidence(
        "not_compared_share", "0.5", n=300, detail="column 'amount' is no feature; column '![x](y)' holds dates"
    )
    passed = judgement(judged(evidence=(share,)))
    for whole in (False, True):
        assert "not compared   floors: clears it: column 'amount' is no feature" in told(None, passed, whole=whole)
    summary = as_markdown(account(passed, ending=Ending.PROMOTED))
    assert "- not compared by `test_floors.py::test_clears_it`: column 'amount' is no feature" in summary
    assert "![x]" not in summary
    everything = judgement(judged(evidence=(replace(share, value="0", detail="every column is compared"),)))
    assert "not compared" not in told(None, everything)
