"""What stands in the record from which the parent reads: read in this process from lines like those of a child, and by a child."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest
from bent_runs import (
    Row,
    refused,
    write_record,
)
from small_project import FLOOR, make_project

from gates.context import Context
from gates.digest import Digest
from gates.execution.run_record import Facts
from gates.execution.runner import run_gate
from gates.judgement.judge import Judgement, judge

NAMES = (f"{FLOOR}::test_clears_the_floor", f"{FLOOR}::test_answers")
ACCURACY = {
    "id": "accuracy", "value": "0.9", "n": 200, "detail": "", "needed_n": None, "kind": "measurement", "name": "",
    "unit": "", "better": "",
}  # fmt: skip


def report(name: str, when: str) -> dict[str, object]:
    """What the plugin tells of one phase of a check that passed."""
    return {
        "kind": "report", "id": name, "when": when, "outcome": "passed", "xfail": False, "subtest": False, "why": "",
        "evidence": [ACCURACY] if when != "setup" and name == NAMES[0] else [], "not_applicable": "", "inconclusive": False,
        "crashed": False, "misconfigured": False, "raised": "", "attempts": 1, "seconds": 0.0,
    }  # fmt: skip


COLLECTED: list[dict[str, object]] = [{"kind": "collected", "seen": list(NAMES), "kept": list(NAMES)}]
REPORTS = [
    fact
    for name in NAMES
    for fact in ({"kind": "start", "id": name}, *(report(name, when) for when in ("setup", "call", "teardown")))
]
FINISH: list[dict[str, object]] = [{"kind": "finish", "exit": 0, "optimize": 0, "asserts": "rewrite", "options": {}}]
GOOD = (*COLLECTED, *REPORTS, *FINISH)


def lines(facts: Iterable[dict[str, object]]) -> bytes:
    return b"".join(json.dumps(fact).encode() + b"\n" for fact in facts)


def read(record: Iterable[bytes], root: Path, *, code: int = 0) -> Judgement:
    """Judge what a child would have written to its record, one piece after the other, and ended with ``code``."""
    reading, writing = os.pipe()
    facts, ended = Facts(lambda fact: None), threading.Event()

    def write() -> None:
        for piece in record:
            while piece:
                piece = piece[os.write(writing, piece) :]
        os.close(writing)
        ended.set()

    writer = threading.Thread(target=write)
    writer.start()
    facts.read(reading, ended)
    writer.join()
    os.close(reading)
    run = facts.run("model", Digest.of_bytes(b"the suite"), code, 1.0, "")
    return judge(run, make_project(root).policy.gates["model"], {})


def without_seconds(fact: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in fact.items() if key != "seconds"}


def test_a_child_writes_these_very_lines(tmp_path):
    project = make_project(tmp_path)
    told: list[dict[str, object]] = []
    context = Context(gate="model", config=str(tmp_path / "pyproject.toml"))
    run_gate(project.policy, context, tmp_path / "kept", lambda fact: told.append(without_seconds(dict(fact))))
    assert told == [without_seconds(fact) for fact in GOOD]


def test_a_good_record_passes(tmp_path):
    assert read([lines(GOOD)], tmp_path).reasons == ()


EARLY, LATE = lines([*COLLECTED, *REPORTS[:2]]), lines([*REPORTS[2:], *FINISH])
BAD_RECORDS: dict[str, tuple[list[bytes], str]] = {
    "garbage in the record": ([EARLY, b"not json\n", LATE], "the gate's record is damaged"),
    "NaN in the record": (
        [EARLY, b'{"kind": "start", "id": NaN}\n', LATE],
        "the gate's record is damaged: a line cannot be read: it holds NaN",
    ),
    "an unknown kind in the record": ([EARLY, b'{"kind": "praise"}\n', LATE], "the kind 'praise' does not exist"),
    "half a finish in the record": (
        [EARLY, b'{"kind": "finish", "exit": 0}\n', LATE],
        "the gate's record is damaged: KeyError: 'options'",
    ),
    "a second finish in the record": (
        [EARLY, lines(FINISH), LATE],
        "the run reported its end more than once",
    ),
    "a finish of its own, and gone": ([lines([*COLLECTED, *FINISH])], "collected, but never ran"),
    "a second collection": ([EARLY, lines(COLLECTED), LATE], "the run reported its collection more than once"),
    "a line torn in the middle": ([EARLY, b'{"kind":'], "the gate's record ends in the middle of a line"),
    "a record of 100 MiB": (
        [EARLY, *[b"x" * (1 << 20)] * 100, LATE],
        "the gate's record is larger than 64 MiB, or has too long a line or too many faults to read on",
    ),
    "evidence of another form": (
        [EARLY, lines([{**report(NAMES[0], "call"), "evidence": [{**ACCURACY, "n": "200"}]}])],
        "the evidence 'accuracy' has another form",
    ),
    "evidence of a kind that does not exist": (
        [EARLY, lines([{**report(NAMES[0], "call"), "evidence": [{**ACCURACY, "kind": "praise"}]}])],
        "is of a kind 'praise' or a direction '' that does not exist",
    ),
    "nothing": ([b""], "the model gate's run did not finish (exit code 0)"),
}


@pytest.mark.parametrize("name", BAD_RECORDS)
def test_a_bad_record_is_refused_with_its_sentence(name, tmp_path):
    record, sentence = BAD_RECORDS[name]
    judgement = read(record, tmp_path)
    assert not judgement.passed
    assert sentence in "\n".join(map(str, judgement.reasons))


def test_another_exit_code_than_the_record_says_is_no_end(tmp_path):
    judgement = read([lines(GOOD)], tmp_path, code=5)
    assert "the model gate's run did not finish (exit code 5)" in "\n".join(map(str, judgement.reasons))


BAD_RUNS: dict[str, Row] = {
    "a check that writes into the record": (
        write_record('os.write(record, b"not json\\n")'),
        "the gate's record is damaged",
    ),
    "a closed record": (write_record("os.close(record)"), "the model gate's run did not finish"),
    "a process that outlives the run": (
        write_record(
            "import subprocess; subprocess.Popen(['sleep', '20'], pass_fds=(record,), start_new_session=True)"
        ),
        "a process that a check started outlived the run and holds its record open",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("files", "sentence"), BAD_RUNS.values(), ids=list(BAD_RUNS))
def test_a_bad_run_is_refused_with_its_sentence(files, sentence, tmp_path):
    refused(files, sentence, tmp_path)
