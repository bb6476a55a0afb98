"""Write the decision as JUnit XML, for servers that show test results. It is red exactly where the decision is no.

A check that does not count is a failure here, whatever pytest called it: "skipped" would be shown as harmless. A fault is one
failure: gate and decision are red by themselves only where no check is red for them, and else point to the red ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from gates.errors import BackendError
from gates.judgement.judge import CheckResult, Judgement
from gates.printing import printable, unsigned
from gates.reason import texts
from gates.reports.account import Account
from gates.reports.counting import count_checks, find_uncovered, name_result
from gates.run import Outcome

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST = 10_000  # characters of one message


def as_junit(account: Account) -> bytes:
    """Return the XML: one test suite for each gate, with a case for each check, and one for the decision itself."""
    root = Element("testsuites", name="gates")
    for judgement in account.judgements:
        _suite(root, f"{judgement.gate} gate", _cases(judgement))
    red = any(element.tag in ("failure", "error") for element in root.iter())
    _suite(root, "decision", [_decision(account, is_red=red)])
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ElementTree.indent(root)
    content: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def write_junit(path: Path, account: Account) -> None:
    """Write the XML to a file. Raises `BackendError` when it cannot be written; the decision itself stands."""
    try:
        path.write_bytes(as_junit(account))
    except OSError as error:
        raise BackendError(
            f"{path} cannot be written: {error.strerror}; the decision was: {account.decision.sentence}",
            "name a file in a writable folder",
        ) from None


def _suite(root: Element, name: str, cases: Iterable[Element]) -> None:
    suite = SubElement(root, "testsuite", name=name)
    suite.extend(cases)
    counted = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    suite.set("tests", str(len(suite)))
    for key, tag in counted.items():
        suite.set(key, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in suite):.3f}")


def _cases(judgement: Judgement) -> Iterator[Element]:
    yield from (_case(judgement.gate, check) for check in judgement.checks)
    whole = Element("testcase", classname=f"gates.{judgement.gate}", name="the gate passed")
    if judgement.marks:
        SubElement(whole, "system-out").text = _clean("\n".join(judgement.marks))
    word = name_result(judgement)
    if uncovered := find_uncovered(judgement):
        _say(whole, "failure" if judgement.could_judge else "error", word, texts(uncovered))
    elif not judgement.passed:
        _say(whole, "skipped", word, (f"{word}: {count_checks(judgement)}; see the checks above",))
    yield whole


def _case(gate: str, check: CheckResult) -> Element:
    folder, _, name = check.id.rpartition("::")
    case = Element(
        "testcase", classname=_clean(f"gates.{gate}.{folder}"), name=_clean(name), time=f"{check.seconds:.3f}"
    )
    if not check.counts:
        _say(case, "error" if check.outcome is Outcome.ERRORED else "failure", str(check.outcome), (check.sentence,))
    elif check.outcome is not Outcome.PASSED and not check.excuse:
        _say(case, "skipped", str(check.outcome), (check.sentence,))
    else:
        SubElement(case, "system-out").text = "\n".join(_clean(text) for text in (check.sentence, check.excuse) if text)
    return case


def _decision(account: Account, *, is_red: bool) -> Element:
    case = Element("testcase", classname="gates", name=_clean(account.command))
    decision = account.decision
    if decision.exit_code:
        sentences = (decision.sentence, *texts(decision.reasons), *decision.notes)
        _say(case, "skipped" if is_red else "failure", str(decision.ending), sentences)
    else:
        SubElement(case, "system-out").text = _clean(decision.sentence)
    return case


def _say(case: Element, tag: str, kind: str, sentences: Iterable[str]) -> None:
    cleaned = [_clean(sentence) for sentence in sentences]
    element = SubElement(case, tag, type=kind, message=cleaned[0] if cleaned else kind)
    element.text = "\n".join(cleaned)


def _clean(text: str) -> str:
    """Return one line that XML can hold and a terminal may show, without credentials in a URL."""
    shown = _NOT_XML.sub(lambda match: f"\\u{ord(match[0]):04x}", printable(unsigned(text)))
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]} ... ({len(shown):,} characters)"
