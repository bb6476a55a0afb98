"""A verdict as an in-toto test result: lists of checks that other tools understand, and our own facts that we require.

The lists follow from the facts, so that what others read and what promotion reads can never differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from gates import documents
from gates.attest.binding import Binding, Verdict
from gates.attest.statement import Statement, read_statement, refused, require_fields, write_statement
from gates.digest import Digest
from gates.reason import Reason
from gates.run import Outcome

PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
FACTS = "urn:gates:verdict:v1"
SCHEMA = 2  # 1 kept bare sentences as reasons, and checks without role and reasons; it is still read
MARKED = 3  # as 2, with the marks of a verdict that has some
_BOUND = ("data", "policy", "suite", "environment")
_FACTS = {"schema": int, "gate": str, "at": str, "run": str, "reasons": list, "checks": list}
_CHECK_1 = {
    "id": str,
    "outcome": str,
    "counts": bool,
    "sentence": str,
    "accepted": str,
    "waived": str,
    "evidence": list,
}
_CHECK = {**_CHECK_1, "role": str, "reasons": list}
_PREDICATE = {
    "result": str,
    "configuration": list,
    "passedTests": list,
    "warnedTests": list,
    "failedTests": list,
    FACTS: dict,
}


def write_result(verdict: Verdict) -> bytes:
    """Return the statement, ready to be signed. Raises ValueError for a verdict that contradicts itself."""
    if verdict.passed == bool(verdict.reasons):
        raise ValueError("a verdict passes exactly when it has no reasons")
    return write_statement(Statement(verdict.binding.name, verdict.binding.model, _predicate(verdict)), PREDICATE)


def read_result(payload: bytes, what: str = "the verdict") -> Verdict:
    """Return the verdict in a verified payload. Raises `SubjectError` unless every byte of it follows from its facts."""
    statement = read_statement(payload, PREDICATE, what)
    predicate = statement.predicate
    if FACTS not in predicate:
        raise refused(what, f"it lacks {FACTS}, without which nothing says when and by which gate it was made")
    require_fields(predicate, _PREDICATE, what)
    content = predicate[FACTS]
    is_marked = isinstance(content, Mapping) and content.get("schema") == MARKED
    facts = require_fields(content, {**_FACTS, "marks": list} if is_marked else _FACTS, what)
    schema = facts["schema"]
    if schema not in (1, SCHEMA, MARKED):
        raise refused(what, f"it has schema {schema!r}, wanted 1, {SCHEMA} or {MARKED}")
    marks = facts.get("marks", [])
    assert isinstance(marks, list)
    if is_marked and not (marks and all(type(mark) is str and mark for mark in marks)):
        raise refused(what, "its marks are no list of sentences")
    if predicate["result"] not in ("PASSED", "WARNED", "FAILED"):
        raise refused(what, f"its result is {predicate['result']!r:.40}, wanted PASSED, WARNED or FAILED")
    checks, reasons = facts["checks"], facts["reasons"]
    assert isinstance(checks, list)
    assert isinstance(reasons, list)
    for check in checks:
        require_fields(check, _CHECK_1 if schema == 1 else _CHECK, f"a check in {what}")
    verdict = Verdict(
        gate=str(facts["gate"]),
        binding=_binding(statement, what),
        passed=predicate["result"] != "FAILED",
        reasons=tuple(_reason(reason, schema, what) for reason in reasons),
        checks=tuple(checks),
        at=read_time(facts["at"], what),
        run=str(facts["run"]),
        marks=tuple(marks),
    )
    if verdict.passed == bool(reasons) or documents.dump(_predicate(verdict, schema)) != documents.dump(predicate):
        raise refused(what, "its result, configuration or lists of checks do not follow from its facts")
    return verdict


def read_time(text: object, what: str) -> datetime:
    """Return the time in ISO 8601 text. Raises `SubjectError` for other text and for a time without a zone."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        raise refused(what, f"its time is {text!r:.40}, which is no ISO 8601 time") from None
    if at.utcoffset() is None:
        raise refused(what, f"its time {text!r:.40} has no zone")
    return at


def _reason(content: object, schema: object, what: str) -> Reason:
    try:
        if isinstance(content, str) != (schema == 1):
            raise ValueError("its form is that of another schema")
        return Reason.from_json(content)
    except ValueError as error:
        raise refused(what, f"a reason cannot be read: {error}") from None


def _predicate(verdict: Verdict, schema: object = None) -> dict[str, object]:
    schema = (MARKED if verdict.marks else SCHEMA) if schema is None else schema
    passed, warned, failed = (
        [str(check["id"]) for check in verdict.checks if _list(check, verdict.passed) == name]
        for name in ("passed", "warned", "failed")
    )
    return {
        "result": "FAILED" if not verdict.passed else "WARNED" if warned else "PASSED",
        "configuration": list(_configuration(verdict.binding)),
        "passedTests": passed,
        "warnedTests": warned,
        "failedTests": failed,
        FACTS: {
            "schema": schema,
            "gate": verdict.gate,
            "at": verdict.at.isoformat(),
            "run": verdict.run,
            "reasons": [reason.text if schema == 1 else reason.as_json() for reason in verdict.reasons],
            "checks": [dict(check) for check in verdict.checks],
            **({"marks": list(verdict.marks)} if verdict.marks else {}),
        },
    }


def _list(check: Mapping[str, object], gate_passed: bool) -> str:
    """Where a check is listed: one that was accepted, waived or only warned is no pass; one that does not apply is in no list."""
    if check["counts"] is True and not (check["accepted"] or check["waived"]):
        if check["outcome"] == Outcome.NOT_APPLICABLE:
            return ""
        return "passed" if check["outcome"] == Outcome.PASSED else "failed"
    if check["counts"] is True or (gate_passed and check["outcome"] == Outcome.INCONCLUSIVE):
        return "warned"
    return "failed"


def _configuration(binding: Binding) -> Iterator[dict[str, object]]:
    for name in _BOUND:
        yield {"name": name, "digest": {"sha256": getattr(binding, name).hex}}
    champion: dict[str, object] = {
        "name": "champion",
        "uri": f"urn:gates:champion:{binding.name}",
        "annotations": {"epoch": binding.champion_epoch},
    }
    yield champion | ({"digest": {"sha256": binding.champion.hex}} if binding.champion else {})


def _binding(statement: Statement, what: str) -> Binding:
    """What the configuration names; that it names nothing else is seen when the predicate is written again."""
    digests: dict[str, Digest] = {}
    epoch: int | None = None
    champion: Digest | None = None
    configuration = statement.predicate["configuration"]
    assert isinstance(configuration, list)
    for entry in configuration:
        match entry:
            case {"name": "champion", "annotations": {"epoch": int(number)}, **more} if type(number) is int:
                epoch = number
                match more.get("digest"):
                    case {"sha256": str(hex)}:
                        champion = Digest(hex)
            case {"name": str(name), "digest": {"sha256": str(hex)}} if name in _BOUND:
                digests[name] = Digest(hex)
    missing = [name for name in _BOUND if name not in digests] + (["champion"] if epoch is None else [])
    if missing or epoch is None:
        raise refused(what, f"its configuration does not name {', '.join(missing)}")
    return Binding(statement.name, statement.digest, champion_epoch=epoch, champion=champion, **digests)
