"""A verdict is read as it was written; one that was edited, or that says one thing to us and another to others, is not read."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gates import documents
from gates.attest import bind
from gates.attest.decision import PREDICATE as SUMMARY
from gates.attest.result import FACTS, PREDICATE, read_result, write_result
from gates.digest import Digest
from gates.errors import SubjectError
from gates.judgement.judge import CheckResult, Judgement
from gates.reason import Code, Reason
from gates.run import Outcome


def test_a_verdict_is_read_as_it_was_written(verdict, first_verdict):
    assert read_result(write_result(verdict)) == verdict
    assert read_result(write_result(first_verdict)) == first_verdict


def test_marks_are_signed_and_read_as_they_were_written(verdict):
    marked = replace(verdict, marks=("the model is a joblib file",))
    facts = json.loads(write_result(marked))["predicate"][FACTS]
    assert (facts["schema"], facts["marks"]) == (3, ["the model is a joblib file"])
    assert read_result(write_result(marked)) == marked
    assert "marks" not in json.loads(write_result(verdict))["predicate"][FACTS]


@pytest.mark.parametrize("marks", [[], [1], [""], "text", None])
def test_a_verdict_whose_marks_were_taken_out_or_bent_is_not_read(marks, verdict):
    content = json.loads(write_result(replace(verdict, marks=("the model is a joblib file",))))
    facts = content["predicate"][FACTS]
    if marks is None:
        del facts["marks"]
    else:
        facts["marks"] = marks
    with pytest.raises(SubjectError, match="the verdict"):
        read_result(documents.dump(content))


def test_a_verdict_is_a_test_result_about_the_model_alone(verdict):
    content = json.loads(write_result(verdict))
    assert content["_type"] == "https://in-toto.io/Statement/v1"
    assert content["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert content["subject"] == [{"name": "m", "digest": {"sha256": verdict.binding.model.hex}}]
    predicate = content["predicate"]
    assert predicate["result"] == "PASSED"
    assert [entry["name"] for entry in predicate["configuration"]] == [
        "data", "policy", "suite", "environment", "champion",
    ]  # fmt: skip
    assert predicate["configuration"][4]["annotations"] == {"epoch": 3}
    assert predicate["passedTests"] == ["model_checks/test_floors.py::test_clears"]
    assert predicate["warnedTests"] == predicate["failedTests"] == []


def listed(binding, outcome, counts=False, accepted="", passed=True) -> tuple[str, list[str]]:
    check = CheckResult("a::b", outcome, counts, "said", accepted=accepted)
    judgement = Judgement("model", (check,), () if passed else (Reason(Code.CHECK_FAILED, "no"),), True)
    verdict = bind(judgement, binding, at=datetime.now(UTC), run="r")
    predicate = json.loads(write_result(verdict))["predicate"]
    assert read_result(write_result(verdict)) == verdict
    return predicate["result"], [name for name in ("passed", "warned", "failed") if predicate[f"{name}Tests"]]


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.ERRORED, Outcome.SKIPPED, Outcome.INCONCLUSIVE])
def test_whatever_did_not_pass_is_listed_as_failed(outcome, verdict):
    assert listed(verdict.binding, outcome, passed=False) == ("FAILED", ["failed"])


def test_what_a_person_or_the_policy_let_pass_is_a_warning(verdict):
    assert listed(verdict.binding, Outcome.FAILED, counts=True, accepted="a new sensor") == ("WARNED", ["warned"])
    assert listed(verdict.binding, Outcome.INCONCLUSIVE) == ("WARNED", ["warned"])


def test_a_check_that_does_not_apply_is_in_no_list(verdict):
    assert listed(verdict.binding, Outcome.NOT_APPLICABLE, counts=True) == ("PASSED", [])


def test_a_skipped_check_that_claims_to_count_is_listed_as_failed(verdict):
    assert listed(verdict.binding, Outcome.SKIPPED, counts=True)[1] == ["failed"]


def test_a_verdict_that_contradicts_itself_is_not_written(verdict):
    with pytest.raises(ValueError, match="exactly when it has no reasons"):
        write_result(replace(verdict, reasons=(Reason(Code.CHECK_FAILED, "no"),)))
    with pytest.raises(ValueError, match="exactly when it has no reasons"):
        write_result(replace(verdict, passed=False))


def at(content: dict, *path: object) -> dict:
    for step in path:
        content = content[step]
    return content


def put(value: object, *path: object):
    """An edit that puts ``value`` at a place of the statement."""

    def change(content: dict) -> None:
        at(content, *path[:-1])[path[-1]] = value

    return change


def drop(*path: object):
    def change(content: dict) -> None:
        del at(content, *path[:-1])[path[-1]]

    return change


def add(value: object, *path: object):
    def change(content: dict) -> None:
        at(content, *path).append(value)

    return change


OF = "predicate"
OTHER = Digest.of_bytes(b"other").hex
REASON = Reason(Code.CHECK_FAILED, "no").as_json()
EDITS = {
    "another statement type": (put("https://in-toto.io/Statement/v0.1", "_type"), "its type is"),
    "another predicate type": (put(SUMMARY, "predicateType"), f"its predicate type is {SUMMARY!r}, wanted {PREDICATE}"),
    "no predicate type": (drop("predicateType"), "its predicate type is None"),
    "a field more": (put("me", "trust"), "its fields are _type, predicate, predicateType, subject, trust, wanted"),
    "two subjects": (add({"name": "n", "digest": {"sha256": OTHER}}, "subject"), "it is about 2 subjects"),
    "no subject": (put([], "subject"), "it is about 0 subjects"),
    "subjects as a table": (put({}, "subject"), "it is about no list of subjects"),
    "a subject with another algorithm": (put({"md5": "0"}, "subject", 0, "digest"), "one SHA-256 digest"),
    "a subject with two algorithms": (put("0", "subject", 0, "digest", "md5"), "one SHA-256 digest"),
    "a subject with a link": (put("https://x", "subject", 0, "downloadLocation"), "one SHA-256 digest"),
    "a subject without a name": (drop("subject", 0, "name"), "is not named by a name"),
    "a digest that is none": (put("no", "subject", 0, "digest", "sha256"), "'no' is not a SHA-256 digest"),
    "no predicate": (put(None, OF), "its predicate is no table"),
    "no facts": (drop(OF, FACTS), f"it lacks {FACTS}"),
    "facts as a text": (put("x", OF, FACTS), f"{FACTS} has another type"),
    "another schema": (put(4, OF, FACTS, "schema"), "it has schema 4, wanted 1, 2 or 3"),
    "a schema that is true": (put(True, OF, FACTS, "schema"), "schema has another type"),
    "a fact more": (put("me", OF, FACTS, "trust"), "its fields are at, checks, gate, reasons, run, schema, trust"),
    "a fact less": (drop(OF, FACTS, "at"), "its fields are checks, gate"),
    "a predicate with a field more": (put("x", OF, "url"), "its fields are configuration"),
    "a result that is none": (put("MAYBE", OF, "result"), "its result is 'MAYBE', wanted PASSED, WARNED or FAILED"),
    "a warning that nothing warrants": (put("WARNED", OF, "result"), "do not follow from its facts"),
    "a failure that nothing warrants": (put("FAILED", OF, "result"), "do not follow from its facts"),
    "passed with a reason": (put([REASON], OF, FACTS, "reasons"), "do not follow from its facts"),
    "passed with a failed check": (add("a::b", OF, "failedTests"), "do not follow from its facts"),
    "a check that only others see": (add("a::b", OF, "passedTests"), "do not follow from its facts"),
    "a check that only we see": (drop(OF, "passedTests", 0), "do not follow from its facts"),
    "a failed check made to count": (put("failed", OF, FACTS, "checks", 0, "outcome"), "do not follow from its facts"),
    "reasons as a text": (put("none", OF, FACTS, "reasons"), "reasons has another type"),
    "a reason that is a number": (put([3], OF, FACTS, "reasons"), "a reason has the fields"),
    "a reason of the schema before": (put(["no"], OF, FACTS, "reasons"), "its form is that of another schema"),
    "a reason with an unknown code": (put([{**REASON, "code": "x"}], OF, FACTS, "reasons"), "is not a valid Code"),
    "a time without a zone": (put("2026-11-24T12:00:00", OF, FACTS, "at"), "has no zone"),
    "a time that is none": (put("yesterday", OF, FACTS, "at"), "'yesterday', which is no ISO 8601 time"),
    "a time spelt otherwise": (put("2026-11-24T12:00:00Z", OF, FACTS, "at"), "do not follow from its facts"),
    "a check that is no table": (put([3], OF, FACTS, "checks"), "its fields are int, wanted accepted"),
    "a check with other fields": (put([{"id": "a::b"}], OF, FACTS, "checks"), "its fields are id, wanted accepted"),
    "a check that counts by a number": (put(1, OF, FACTS, "checks", 0, "counts"), "counts has another type"),
    "no data": (drop(OF, "configuration", 0), "its configuration does not name data"),
    "no champion": (drop(OF, "configuration", 4), "its configuration does not name champion"),
    "data twice": (
        add({"name": "data", "digest": {"sha256": OTHER}}, OF, "configuration"),
        "do not follow from its facts",
    ),
    "a configuration more": (
        add({"name": "trust", "digest": {"sha256": OTHER}}, OF, "configuration"),
        "do not follow from its facts",
    ),
    "data of another algorithm": (put({"md5": "0"}, OF, "configuration", 0, "digest"), "does not name data"),
    "an epoch that is true": (put(True, OF, "configuration", 4, "annotations", "epoch"), "does not name champion"),
    "an epoch that is text": (put("3", OF, "configuration", 4, "annotations", "epoch"), "does not name champion"),
    "another champion's address": (put("urn:x", OF, "configuration", 4, "uri"), "do not follow from its facts"),
}


@pytest.mark.parametrize(("change", "sentence"), EDITS.values(), ids=list(EDITS))
def test_an_edited_verdict_is_not_read(change, sentence, verdict):
    written = write_result(verdict)
    content = json.loads(written)
    change(content)
    edited = documents.dump(content)
    assert edited != written
    with pytest.raises(SubjectError) as refused:
        read_result(edited)
    assert sentence in refused.value.message


def test_nan_in_signed_json_is_not_read(verdict):
    document = write_result(verdict).replace(b'"epoch":3', b'"epoch":NaN')
    with pytest.raises(SubjectError, match="it holds NaN"):
        read_result(document)


def test_a_cut_verdict_is_not_read(verdict):
    document = write_result(verdict)
    for length in range(0, len(document), 37):
        with pytest.raises(SubjectError):
            read_result(document[:length])


def test_a_verdict_of_schema_1_is_still_read(verdict):
    """It kept bare sentences as reasons, and checks without role and reasons."""
    content = json.loads(write_result(replace(verdict, passed=False, reasons=(Reason(Code.CHECK_FAILED, "no"),))))
    facts = content["predicate"][FACTS]
    facts |= {"schema": 1, "reasons": ["no"]}
    for check in facts["checks"]:
        del check["role"], check["reasons"]
    read = read_result(documents.dump(content))
    assert read.reasons == (Reason(Code.UNCODED, "no"),)
    assert read.binding == verdict.binding
