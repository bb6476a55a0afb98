"""What a CI server is told is red exactly where the decision is no, whatever foreign text stands in it."""

import html
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.digest import Digest
from gates.errors import BackendError
from gates.judgement.decision import Decision, Ending
from gates.judgement.judge import CheckResult, Judgement
from gates.reason import Code, Reason
from gates.reports.account import Account, CurrentChampion, StageTime
from gates.reports.junit import as_junit, write_junit
from gates.reports.markdown import append_summary, as_markdown
from gates.run import Outcome

EVIL = (
    "x]]>\x1b[31m\x00\ufffe\u202e<script>alert(1)</script>&amp;\r\n"
    "| a | **b** [c](https://evil.example) ![d](e) `f` @g #1 www.h.example"
)


def judged(outcome=Outcome.PASSED, counts=True, name="test_clears_it[accuracy]", **facts):
    return CheckResult(f"model_checks/test_floors.py::{name}", outcome, counts, facts.pop("sentence", "holds"), **facts)


def coded(sentences):
    return tuple(Reason(Code.DROPPED, sentence) for sentence in sentences)


def account(*checks, reasons=(), ending=Ending.PASSED, could_judge=True, sentence="the model gate passed"):
    judgement = Judgement("model", checks, coded(reasons), could_judge, ("few rows",))
    standing = CurrentChampion("papers", 2, Digest.of_bytes(b"m"), 5)
    return Account(
        "r-1", Decision(ending, sentence, coded(reasons)), (judgement,), (StageTime("train", 1.0, 0.5),), standing,
        Digest.of_bytes(b"p"), "gates run --data https://a.example/x.csv?sig=PLANTED",
    )  # fmt: skip


def xml(told):
    return ET.fromstring(as_junit(told))


def kinds(told):
    """The tag of each check's answer, by the check's name."""
    return {case.get("name"): next(iter(case)).tag if len(case) else "" for case in xml(told).iter("testcase")}


# --- JUnit


@pytest.mark.parametrize(
    ("outcome", "counts", "tag"),
    [
        (Outcome.PASSED, True, "system-out"),
        (Outcome.FAILED, False, "failure"),
        (Outcome.ERRORED, False, "error"),
        (Outcome.SKIPPED, False, "failure"),
        (Outcome.INCONCLUSIVE, False, "failure"),
        (Outcome.NOT_APPLICABLE, False, "failure"),
        (Outcome.NOT_APPLICABLE, True, "skipped"),
        (Outcome.PASSED, False, "failure"),
    ],
)
def test_a_check_that_does_not_count_is_red(outcome, counts, tag):
    assert kinds(account(judged(outcome, counts)))["test_clears_it[accuracy]"] == tag


def test_an_accepted_miss_is_green_and_says_who_accepted_it():
    told = xml(account(judged(Outcome.FAILED, True, accepted="new journal, agreed by Ada")))
    assert "accepted: new journal, agreed by Ada" in told.find(".//testcase/system-out").text


def test_a_reason_that_belongs_to_no_check_is_red_as_well():
    told = account(judged(), reasons=["test_x: required, but did not run"], ending=Ending.REFUSED)
    assert kinds(told)["the gate passed"] == "failure"
    assert "required, but did not run" in as_junit(told).decode()


def refusing(*checks, more=()):
    """An account of a gate that refused: each check that does not count has a reason of its own; ``more`` are reasons of none."""
    bad = [
        replace(check, reasons=(Reason(Code.BOUND_MISSED, check.sentence, check.id),))
        for check in checks
        if not check.counts
    ]
    good = [check for check in checks if check.counts]
    reasons = tuple(Reason(Code.BOUND_MISSED, f"{one.id}: failed: {one.sentence}", one.id) for one in bad)
    told = account(ending=Ending.REFUSED, sentence="refused by the model gate")
    judged_so = replace(told.judgements[0], checks=(*good, *bad), reasons=(*reasons, *coded(more)))
    return replace(told, judgements=(judged_so,), decision=replace(told.decision, reasons=reasons))


def test_one_failing_check_is_one_failure_and_the_rest_points_to_it():
    told = refusing(judged(), judged(Outcome.FAILED, False, name="test_b", sentence="f1 = 0.1 (required >= 0.5)"))
    root = xml(told)
    assert {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4", "failures": "1", "errors": "0", "skipped": "2",
    }  # fmt: skip
    assert kinds(told)["test_b"] == "failure"
    assert kinds(told)["the gate passed"] == "skipped"
    whole = next(case for case in root.iter("testcase") if case.get("name") == "the gate passed")
    assert whole.find("skipped").get("message") == "refused: 1 passed, 1 failed; see the checks above"
    assert root.find("testsuite[@name='decision']//skipped").get("message") == "refused by the model gate"


def test_a_reason_of_no_check_is_a_failure_beside_those_of_the_checks():
    told = refusing(judged(Outcome.FAILED, False), more=["1 checks were deselected: a::b"])
    assert kinds(told)["the gate passed"] == "failure"
    failure = next(case for case in xml(told).iter("testcase") if case.get("name") == "the gate passed").find("failure")
    assert failure.text == "1 checks were deselected: a::b"


def test_a_gate_that_could_not_judge_is_an_error():
    told = account(reasons=["the run did not finish"], could_judge=False, ending=Ending.COULD_NOT_JUDGE)
    assert kinds(told)["the gate passed"] == "error"


def test_a_refused_promotion_is_red_although_every_gate_passed():
    told = replace(account(judged()), decision=Decision(Ending.REFUSED, "the promotion was refused", coded(["stale"])))
    suite = xml(told).find("testsuite[@name='decision']")
    assert (suite.get("failures"), suite.find(".//failure").get("message")) == ("1", "the promotion was refused")


def test_the_counts_are_those_of_the_cases():
    told = xml(
        account(
            judged(), judged(Outcome.FAILED, False), judged(Outcome.ERRORED, False), judged(Outcome.NOT_APPLICABLE),
            reasons=["no"], ending=Ending.REFUSED,
        )
    )  # fmt: skip
    assert {key: told.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "6",
        "failures": "2",
        "errors": "1",
        "skipped": "2",
    }


@pytest.mark.parametrize("ending", list(Ending))
def test_the_file_is_red_exactly_where_the_exit_code_is_not_0(ending):
    told = account(judged(), ending=ending)
    root = xml(told)
    assert (root.get("failures") != "0") == (told.decision.exit_code != 0)


@given(st.text(max_size=60))
def test_any_text_makes_sound_xml_of_the_same_shape(text):
    told = account(
        judged(Outcome.FAILED, False, name=text, sentence=text), reasons=[text], ending=Ending.REFUSED, sentence=text
    )
    root = xml(told)
    assert [element.tag for element in root.iter()] == [
        "testsuites",
        *["testsuite", "testcase", "failure", "testcase", "failure"],
        *["testsuite", "testcase", "skipped"],
    ]


def test_evil_text_can_be_read_and_drives_no_terminal():
    content = as_junit(account(judged(sentence=EVIL))).decode()
    told = ET.fromstring(content).find(".//testcase/system-out").text
    assert "<script>alert(1)</script>" in told
    assert "\\ufffe" in told
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", content)


def test_a_huge_sentence_is_cut():
    assert "(50,000 characters)" in as_junit(account(judged(sentence="x" * 50_000))).decode()


# --- Markdown


def shown(markdown):
    """What a reader of the rendered text sees, nearly: entities resolved."""
    return html.unescape(markdown)


def test_the_summary_says_what_was_decided_and_why():
    reason = "macro_f1 = 0.1 (required >= 0.15)"
    checks = (judged(), judged(Outcome.FAILED, False))
    told = account(*checks, reasons=[reason], ending=Ending.REFUSED, sentence="refused by the model gate")
    text = shown(as_markdown(told))
    assert text.startswith("## ❌ refused by the model gate\n")
    assert "- macro_f1 = 0.1 (required >= 0.15)" in text
    assert "### The model gate refused: 1 passed, 1 failed" in text
    assert "Champion: papers version 2 (epoch 5" in text
    assert "- warning: few rows" in text
    rows = [line for line in text.splitlines() if line.startswith(("| ✅", "| ❌"))]
    assert [row[2] for row in rows] == ["❌", "✅"], "what is wrong comes first"


@given(st.text(max_size=80))
def test_any_text_stays_text(text):
    told = as_markdown(account(judged(sentence=text), reasons=[text], ending=Ending.REFUSED, sentence=text))
    table = [line for line in told.splitlines() if line.startswith("|")]
    assert all(line.count("|") == 5 for line in table)
    assert len(table) == 3
    body = re.sub(r"&#\d+;|`test_floors\.py::test_clears_it\[accuracy\]`", "", told)
    harmless = re.sub(r"<=|>=| ->|(?<=[a-zA-Z0-9])_(?=[a-zA-Z0-9])", "", body)
    assert not set("<>[]*`@\\!~_\x1b\u202e") & set(harmless.replace("- ", ""))


def test_names_and_numbers_stand_in_the_summary_letter_by_letter():
    """Not every page that shows the summary resolves entities."""
    sentence = "macro_f1 = 0.1 (required >= 0.15, n = 3): macro_f1 0.3 -> 0.1"
    told = as_markdown(
        account(judged(Outcome.FAILED, False, sentence=sentence), reasons=[f"test_x: failed: {sentence}"])
    )
    assert "| ❌ | `test_floors.py::test_clears_it[accuracy]` | failed | " in told
    assert told.count(sentence) == 2
    assert "- test_x: failed: macro_f1" in told
    assert "&#" not in told.replace("https&#58;&#47;&#47;", "").partition("Again with")[0]


@pytest.mark.parametrize("name", ["test_a[`x`]", "test_a[x|y]", "test_a[x\ny]", " test_a ", "test_a[é]", "test_a[<b>]"])
def test_a_name_that_could_end_its_code_is_escaped(name):
    told = as_markdown(account(judged(name=name)))
    assert "`" not in told
    assert all(line.count("|") == 5 for line in told.splitlines() if line.startswith("|"))


def test_what_does_not_apply_is_marked_as_neither_passed_nor_failed():
    told = as_markdown(account(judged(Outcome.NOT_APPLICABLE, sentence="not applicable (no_champion)"), judged()))
    assert "| ➖ | `test_floors.py::test_clears_it[accuracy]` | not applicable |" in told
    assert "### The model gate passed: 1 passed, 1 not applicable" in told


@pytest.mark.parametrize(
    "text", ["_a_", "__init__", "a:smile:b", "> quote", "<b>", "a --> b", "http://a.example", "x:y"]
)
def test_what_markdown_takes_for_its_own_is_escaped(text):
    told = as_markdown(account(judged(sentence=text)))
    assert text not in told
    assert text in shown(told)


def test_evil_text_makes_no_link_image_or_element():
    told = as_markdown(account(judged(sentence=EVIL)))
    for part in ("https://evil", "www.h", "<script", "](", "**b", "`f", "@g"):
        assert part not in told
    assert "<script>alert(1)</script>" in shown(told)


def test_many_checks_are_cut_and_long_sentences_too():
    told = as_markdown(account(*[judged(sentence="y" * 5_000)] * 300))
    assert "and 100 more" in told
    assert "y" * 1_001 not in told


# --- both


@pytest.mark.parametrize("tell", [as_junit, as_markdown])
def test_a_signature_is_not_told(tell):
    told = tell(account(judged(sentence="https://a.example/x?sig=PLANTED")))
    assert "PLANTED" not in (told if isinstance(told, str) else told.decode())


def test_a_summary_is_added_to_what_stands_there(tmp_path):
    path = tmp_path / "summary.md"
    path.write_text("# before\n")
    append_summary(path, account())
    append_summary(path, account())
    assert path.read_text().startswith("# before\n## ✅")
    assert path.read_text().count("## ✅") == 2


@pytest.mark.parametrize("write", [write_junit, append_summary])
def test_a_file_that_cannot_be_written_is_told_with_the_decision(tmp_path, write):
    with pytest.raises(BackendError, match="the decision was: the model gate passed"):
        write(tmp_path / "nowhere" / "x", account())
