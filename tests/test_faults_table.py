"""docs/faults.md cannot rot: every row names a test that exists, and a message that this very test asks for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from faults import CodeRow, Row, collect, held_examples, read_codes, read_rows

from gates.reason import Code, Reason

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


ROOT = Path(__file__).parents[1]


def test_every_code_stands_in_the_tables_once():
    assert sorted(row.code for row in read_codes()) == sorted(set(Code))


def test_every_code_is_given_somewhere_in_the_code():
    source = "".join(path.read_text("utf-8") for path in (ROOT / "gates").rglob("*.py") if "selftest" not in path.parts)
    assert {code for code in Code if f"Code.{code.name}" not in source} == set()


def test_every_row_of_a_code_names_a_test_that_asserts_it():
    rows = read_codes()
    seen = collect(sorted({row.file for row in rows}))
    assert [fault for row in rows if (fault := row.fault_of(seen))] == []


def test_a_row_of_a_code_that_rots_is_named(tmp_path):
    row = CodeRow("check-absent", "it did not run", "required … did not run", "a.py::test_it")
    assert row.fault_of({"tests/a.py::test_it": "assert reason.code is Code.CHECK_ABSENT"}) is None
    assert row.fault_of({"tests/a.py::test_it": "assert x"}) == "check-absent: a.py::test_it does not name it"
    assert row.fault_of({}) == "check-absent: there is no test a.py::test_it"
    assert row.fits(Reason(Code.CHECK_ABSENT, "x: required, but did not run"))
    assert not row.fits(Reason(Code.CHECK_ABSENT, "x: required"))
    assert not row.fits(Reason(Code.CHECK_UNKNOWN, "x: required, but did not run"))
    page = tmp_path / "page.md"
    page.write_text("| code | given when | example | test |\n| --- | --- | --- | --- |\n| `a` | b | c | `d` |\n")
    with pytest.raises(AssertionError, match=re.escape("| `a` | b | c | `d` |")):
        read_codes(page)


def test_an_example_that_is_not_what_the_test_finds_is_named():
    row = read_codes()[0]
    examples = held_examples(f"tests/{row.test}")
    next(examples).append(Reason(Code(row.code), "another sentence"))
    with pytest.raises(AssertionError, match=r"docs/faults.md says"):
        next(examples)


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return read_rows()


def test_every_row_names_a_test_that_asks_for_its_message(rows):
    seen = collect(sorted({row.file for row in rows}))
    assert [fault for row in rows if (fault := row.fault_of(seen))] == []


def test_the_table_has_every_fault_that_was_wanted(rows):
    faults = "\n".join(row.fault for row in rows)
    assert [word for word in NAMED if word not in faults] == []


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
