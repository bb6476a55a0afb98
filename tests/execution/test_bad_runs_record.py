"""What stands in the record from which the parent reads: read in this process from lines like those of a child, and by a child."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest
from bent_runs import refused, write_record
from record_lines import ACCURACY, COLLECTED, FINISH, GOOD, NAMES, REPORTS, lines, report
from small_project import make_project

from gates.digest import Digest
from gates.execution.run_record import Facts
from gates.judgement.judge import Judgement, judge


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


# Three faults of one child, which do not hinder each other.
THREE = (
    'os.write(record, b"not json\\n")',
    'open(__file__, "a").write("# done")',
    "import subprocess",
    'subprocess.Popen(["sleep", "20"], pass_fds=(record,), start_new_session=True)',
)
OF_ONE_CHILD = {
    "a check that writes into the record": "the gate's record is damaged",
    "a process that outlives the run": "sleep was started in a session of its own and outlived the run; it was ended",
    "a check that edits its suite": "the suite of the model gate changed while it ran",
}


@pytest.fixture(scope="module")
def of_one_child(tmp_path_factory) -> Judgement:
    return make_project(tmp_path_factory.mktemp("three"), **write_record(*THREE)).judge()


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_ONE_CHILD)
def test_what_a_child_does_to_its_record_is_refused_with_its_sentence(name, of_one_child):
    assert not of_one_child.passed
    assert OF_ONE_CHILD[name] in "\n".join(map(str, of_one_child.reasons))


@pytest.mark.slow
def test_a_process_that_outlives_a_started_run_and_holds_its_record_open_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("GATES_NO_FORK", "1")  # nobody ends it then
    judgement = make_project(tmp_path, **write_record(*THREE[2:])).judge()
    assert "a process that a check started outlived the run and holds its record open" in "\n".join(
        map(str, judgement.reasons)
    )


@pytest.mark.slow
def test_a_closed_record_is_no_end(tmp_path):
    refused(write_record("os.close(record)"), "the model gate's run did not finish", tmp_path, child=True)
