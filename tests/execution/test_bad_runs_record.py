"""Runs that write into the record from which the parent reads."""

from __future__ import annotations

import pytest
from bent_runs import (
    Row,
    refused,
    write_record,
)

BAD_RUNS: dict[str, Row] = {
    # the record
    "garbage in the record": (write_record('os.write(record, b"not json\\n")'), "the gate's record is damaged"),
    "NaN in the record": (
        write_record('os.write(record, b\'{"kind": "start", "id": NaN}\\n\')'),
        "the gate's record is damaged: a line cannot be read: it holds NaN",
    ),
    "an unknown kind in the record": (
        write_record('os.write(record, b\'{"kind": "praise"}\\n\')'),
        "the kind 'praise' does not exist",
    ),
    "half a finish in the record": (
        write_record('os.write(record, b\'{"kind": "finish", "exit": 0}\\n\')'),
        "the gate's record is damaged: KeyError: 'options'",
    ),
    "a second finish in the record": (
        write_record(
            """os.write(record, b'{"kind":"finish","exit":0,"options":{},"optimize":0,"asserts":"rewrite"}\\n')"""
        ),
        "the run reported its end more than once",
    ),
    "a finish of its own, and gone": (
        write_record(
            """os.write(record, b'{"kind":"finish","exit":0,"options":{},"optimize":0,"asserts":"rewrite"}\\n'); os._exit(0)"""
        ),
        "collected, but never ran",
    ),
    "a line torn in the middle": (
        write_record("""os.write(record, b'{"kind":'); os._exit(0)"""),
        "the gate's record ends in the middle of a line",
    ),
    "a closed record": (write_record("os.close(record)"), "the model gate's run did not finish"),
    "a record of 100 MiB": (
        write_record('[os.write(record, b"x" * (1 << 20)) for _ in range(100)]'),
        "the gate's record is larger than 64 MiB, or has too long a line or too many faults to read on",
    ),
    "a process that outlives the run": (
        write_record(
            "import subprocess; subprocess.Popen(['sleep', '20'], pass_fds=(record,), start_new_session=True)"
        ),
        "a process that a check started outlived the run and holds its record open",
    ),
}


@pytest.mark.parametrize(("files", "sentence"), BAD_RUNS.values(), ids=list(BAD_RUNS))
def test_a_bad_run_is_refused_with_its_sentence(files, sentence, tmp_path):
    refused(files, sentence, tmp_path)
