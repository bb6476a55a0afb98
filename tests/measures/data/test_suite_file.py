"""A suite survives its file, and a slip of the pen is refused with a sentence."""

from __future__ import annotations

import json

import pytest

from gates.measures.data import profile as suites
from gates.measures.data.column_ranges import collapse_keys, collapse_list, expand_keys, expand_list
from gates.measures.data.suite_file import SuiteFileError


def test_runs_of_columns_are_written_short_and_read_back():
    assert collapse_list(["id", "0", "1", "2", "3", "9", "10"]) == ["id", "0..3", "9", "10"]
    assert expand_list(["id", "0..3"]) == ["id", "0", "1", "2", "3"]
    assert collapse_keys({"0": 1, "1": 1, "2": 1, "3": 2}) == {"0..2": 1, "3": 2}
    assert expand_keys({"0..2": 1, "3": 2}) == {"0": 1, "1": 1, "2": 1, "3": 2}


def test_what_looks_like_a_run_and_is_none_stays_as_it_is():
    assert expand_list(["5..2", "a..b", "01..03", 7]) == ["5..2", "a..b", "01..03", 7]


def test_a_profile_survives_its_file(mixed, papers, tmp_path):
    for frame, key, target in ((mixed, "id", "churned"), (papers, "cord_uid", "cluster")):
        suite = suites.profile(frame, id=key, target=target)
        suites.write(suite, tmp_path / "suite.json")
        assert suites.read(tmp_path / "suite.json").expectations == suite.expectations


def test_the_file_is_compact_enough_to_review(papers, tmp_path):
    suites.write(suites.profile(papers, id="cord_uid", target="cluster"), tmp_path / "suite.json")
    text = (tmp_path / "suite.json").read_text()
    assert '"0..127": "number"' in text
    assert json.loads(text)["schema"] == 1
    assert len(text.splitlines()) < 250


BROKEN = {
    "not json": "cannot be read as JSON",
    "[]": 'wanted a JSON object with "schema": 1',
    '{"schema": 2, "expectations": []}': "has schema 2",
    '{"schema": 1, "expectations": []}': "holds no expectations",
    '{"schema": 1, "expectation": []}': "unknown keys ['expectation']",
    '{"schema": 1, "expectations": [{}]}': 'has no "type"',
    '{"schema": 1, "expectations": [{"type": "expect_finite_number"}]}': "did you mean 'expect_finite_numbers'?",
    '{"schema": 1, "expectations": [{"type": "expect_finite_numbers", "column": "a"}]}': "extra fields not permitted",
    '{"schema": 1, "expectations": [{"type": "expect_unique_key"}]}': "column: field required",
    '{"schema": 1, "expectations": [{"type": "expect_null_shares", "at_most": "few"}]}': "at_most: value is not a valid float",
    '{"schema": 1, "expectations": [{"type": "expect_null_shares", "at_most": NaN}]}': "NaN is no JSON number",
    '{"schema": 1, "schema": 1, "expectations": []}': "stand twice",
    '{"schema": 1, "expectations": [{"type": "expect_column_kinds", "kinds": {"0..3": "number", "2": "text"}}]}': "spoken of twice",
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_file_is_refused_with_a_sentence(text, tmp_path):
    path = tmp_path / "suite.json"
    path.write_text(text)
    with pytest.raises(SuiteFileError) as error:
        suites.read(path)
    assert BROKEN[text] in str(error.value)


def test_a_file_that_is_not_there_says_how_to_make_one(tmp_path):
    with pytest.raises(SuiteFileError, match="does not exist; write one with"):
        suites.read(tmp_path / "none.json")
