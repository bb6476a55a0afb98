"""docs/faults.md cannot rot: every row names a test that exists, and a message that this very test asks for."""

from __future__ import annotations

import re

import pytest
from faults import Row, collect, read_rows

# What the table has to speak of, in the words of its first column.
NAMED = (
    "without a verdict", "two verdicts", "does not exist", "another model", "stale", "future", "edited verdict",
    "replayed", "truncated", "oversized", "unknown key", "spoofed key id", "predicate type", "key twice",
    "NaN in signed", "JSON bomb", "configuration was weakened", "suite was edited", "package was exchanged",
    "champion changed", "A-B-A", "model file was edited", "became a symbolic link", "hard link",
    "while it was hashed", "path traversal", "two promoters", "disk full", "busy", "half-written", "older schema",
    "read-only home", "clock set back", "--deselect", "-k", "PYTEST_ADDOPTS", "empty folder", "importorskip", "skip",
    "xfail", "xpass", "collection error", "--co", "--setup-plan", "plugin disabled", "drops checks", "forces passed",
    "pytest.exit(0)", "os._exit(0)", "vacuous", "threshold of its own", "NaN", "infinity", "n = 0", "teardown error",
    "failing subtest", "python -O", "defined twice", "edits itself", "hang", "xdist that crashes",
    "symbolic link in the suite", "rerun until green", "0644", "unknown key in the policy", "approver started",
    "timed out", "withdrawn", "for another digest", "approvals file", "HTML", "drives a terminal",
    "spreadsheet formula", "secret",
)  # fmt: skip


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return read_rows()


def test_every_row_names_a_test_that_asks_for_its_message(rows):
    seen = collect(sorted({row.file for row in rows}))
    assert [fault for row in rows if (fault := row.fault_of(seen))] == []


def test_the_table_speaks_of_every_fault_that_was_asked_for(rows):
    told = "\n".join(row.fault for row in rows)
    assert [word for word in NAMED if word not in told] == []


def test_there_are_many_rows_and_none_twice(rows):
    assert len(rows) >= 150
    assert len({(row.test, row.message) for row in rows}) >= len(rows) - 1
    assert len({row.fault for row in rows}) == len(rows)


def test_a_row_that_rots_is_told():
    seen = {"tests/a.py::test_it": 'assert "the sky is blue today" in told'}
    assert Row("sky", "eyes", "the sky … blue", "a.py::test_it").fault_of(seen) is None
    assert Row("sky", "eyes", "the sky is green", "a.py::test_it").fault_of(seen) == (
        "sky: a.py::test_it does not ask for ['the sky is green']"
    )
    assert Row("sky", "eyes", "…", "a.py::test_it").fault_of(seen) == "sky: a.py::test_it does not ask for any message"
    assert Row("sky", "eyes", "the sky", "a.py::test_gone").fault_of(seen) == "sky: there is no test a.py::test_gone"


def test_a_line_that_is_no_row_is_told(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("| fault | refused by | message | test |\n| --- | --- | --- | --- |\n| a | b | c | `d` |\n")
    with pytest.raises(AssertionError, match=re.escape("| a | b | c | `d` |")):
        read_rows(page)
