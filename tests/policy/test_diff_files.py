"""`gates diff-policy` sees the limits in expectation and behaviour files, with their columns, both values and where they go."""

import json
import subprocess
from pathlib import Path

import pytest

from gates.cli import main
from gates.policy.diff_files import compare_files
from gates.policy.ordering import Direction

ROOT = Path(__file__).parents[2]
FILE = (ROOT / "data_checks/expectations/covid19articles.json").read_text(encoding="utf-8")
BEHAVIOURS = (ROOT / "model_checks/behaviours.toml").read_text(encoding="utf-8")
LOOSENED, TIGHTENED, UNCLEAR, BESIDE = Direction.LOOSENED, Direction.TIGHTENED, Direction.UNCLEAR, Direction.BESIDE

EXPECTATIONS = [
    ('"0..127": [-20.0, 20.0]', '"0..127": [-30.0, 20.0]', LOOSENED,
     "expect_numbers_in_range, columns 0..127: ranges from [-20.0, 20.0] to [-30.0, 20.0]"),
    ('"0..127": [-20.0, 20.0]', '"0..4": [-20.0, 20.0], "5": [-20.0, 21.0], "6..127": [-20.0, 20.0]', LOOSENED,
     "expect_numbers_in_range, column 5: ranges from [-20.0, 20.0] to [-20.0, 21.0]"),
    ('"0..127": [-20.0, 20.0]', '"0..127": [-20.0, 19.0]', TIGHTENED, "columns 0..127: ranges from [-20.0, 20.0] to [-20.0, 19.0]"),
    ('"0..127": [-20.0, 20.0]', '"0..127": [-30.0, 19.0]', UNCLEAR, "to [-30.0, 19.0]; cannot say which is stricter"),
    ('"0..127": [-20.0, 20.0]', '"0..126": [-20.0, 20.0]', LOOSENED, "column 127: the limit of ranges, [-20.0, 20.0], was removed"),
    ('"0..127": [-20.0, 20.0]', '"0..127": "wide"', UNCLEAR, "ranges from [-20.0, 20.0] to 'wide'; cannot say"),
    ('"cluster": 0.7', '"cluster": 0.8', LOOSENED, "expect_modal_shares, column cluster: at_most from 0.7 to 0.8"),
    ('"cluster": 0.7', '"cluster": 0.6', TIGHTENED, "expect_modal_shares, column cluster: at_most from 0.7 to 0.6"),
    ('"at_most": 0.2}', '"at_most": 0.3}', LOOSENED, "expect_precision, at_most: from 0.2 to 0.3"),
    ('["0..9"]', '["0..11"]', LOOSENED, "expect_known_categories, column cluster: categories from ['0..9'] to ['0..11']"),
    ('["0..9"]', '["0..8"]', TIGHTENED, "categories from ['0..9'] to ['0..8']"),
    ('"cluster": "number"', '"cluster": "number or text"', LOOSENED, "column cluster: kinds from 'number' to 'number or text'"),
    ('"text or number"', '"text"', TIGHTENED, "column cord_uid: kinds from 'text or number' to 'text'"),
    ('"cluster": "number"', '"cluster": "text"', UNCLEAR, "kinds from 'number' to 'text'; cannot say"),
    ('"min_value": 100', '"min_value": 50', LOOSENED, "expect_table_row_count_to_be_between, min_value: from 100 to 50"),
    ('"min_value": 100', '"min_value": 100, "max_value": 9', TIGHTENED, "max_value: from absent to 9"),
    (', "min_value": 100', "", LOOSENED, "min_value: from 100 to absent"),
    ('"columns": ["cord_uid", "0..127", "cluster"]', '"columns": ["cord_uid", "0..126", "cluster"]', LOOSENED,
     "expect_null_shares, columns: column 127 was removed"),
    ('"columns": ["0..127"]}', '"columns": ["0..127", "age"]}', TIGHTENED, "expect_finite_numbers, columns: column age was added"),
    ('"exact_match": true', '"exact_match": false', LOOSENED, "exact_match: from True to False"),
    ('"column_set": ["cord_uid"', '"column_set": ["spare", "cord_uid"', UNCLEAR, "column_set: from ['cord_uid', '0"),
    ('"at_least": 2', '"at_least": 3', TIGHTENED, "expect_several_labels of cluster, at_least: from 2 to 3"),
    ('{"type": "expect_unique_key", "column": "cord_uid"},', "", LOOSENED, "expect_unique_key of cord_uid was"),
    ('{"type": "expect_finite_numbers", "columns": ["0..127"]},',
     '{"type": "expect_finite_numbers", "columns": ["0..127"]}, {"type": "expect_other"},', TIGHTENED, "expect_other was added"),
    ('"name": "covid19articles"', '"name": "papers"', BESIDE, "name: from 'covid19articles' to 'papers'"),
    ('"schema": 1', '"schema": 2', UNCLEAR, "schema: from 1 to 2; cannot say"),
    ('"columns": ["0..127"], "at_most": 0.2', '"columns": ["0..127"], "at_most": 0.2, "fuzz": 1', UNCLEAR, "fuzz: from absent"),
    ('"columns": ["0..127"], "at_most": 0.2', '"columns": ["0..127"], "at_most": 0.2, "level": 0.001', LOOSENED,
     "expect_precision, level: from 0.01 to 0.001"),
    ('"columns": ["0..127"], "at_most": 0.2', '"columns": ["0..127"], "at_most": 0.2, "noticeable": 0.5', UNCLEAR,
     "expect_precision, noticeable: from absent to 0.5"),
]  # fmt: skip
ROWS = [
    ("allow = 0.8 ", "allow = 0.9 ", LOOSENED, "minimum row 'the middle of most classes is recognised', allow: from 0.8 to 0.9"),
    ("allow = 0.8 ", "allow = 0.7 ", TIGHTENED, "allow: from 0.8 to 0.7"),
    ("tolerance = 0.01\nallow = 0.01", "tolerance = 0.02\nallow = 0.01", LOOSENED, "digits of a float', tolerance: from 0.01"),
    ("or_refuse = true\n\n[[minimum]]", "\n[[minimum]]", TIGHTENED, "or_refuse: from True to False"),
    ('expect = "up"\nallow = 0.5', 'expect = "down"\nallow = 0.5', UNCLEAR, "expect: from 'up' to 'down'; cannot say"),
    ('name = "the last digits of a float"', 'name = "digits"', LOOSENED, "invariance row 'the last digits of a float' was removed"),
]  # fmt: skip


def compare(setting, text, old, new):
    assert old in text
    after = text.replace(old, new, 1)
    return list(compare_files(setting, "the file", text.encode(), after.encode()))


@pytest.mark.parametrize(
    ("setting", "text", "old", "new", "direction", "sentence"),
    [("expectations", FILE, *row) for row in EXPECTATIONS] + [("behaviours", BEHAVIOURS, *row) for row in ROWS],
)
def test_a_change_is_named_with_where_it_goes(setting, text, old, new, direction, sentence):
    changes = compare(setting, text, old, new)
    assert [change.direction for change in changes if sentence in change.sentence] == [direction], changes
    assert all(change.sentence.startswith("the file") for change in changes)


@pytest.mark.parametrize(("old", "new"), [row[:2] for row in EXPECTATIONS if row[2] is LOOSENED])
def test_taking_a_loosening_back_is_no_loosening(old, new):
    after = FILE.replace(old, new, 1)
    changes = compare_files("expectations", "", after.encode(), FILE.encode())
    assert not [change for change in changes if change.weakens]


def test_a_limit_that_is_written_out_instead_of_left_to_its_default_is_no_change_of_it():
    (change,) = compare("expectations", FILE, ', "exact_match": true', "")
    assert not change.weakens


@pytest.mark.parametrize(("old", "new", "direction"), [("0.05", "0.5", LOOSENED), ("0.05", "0.01", TIGHTENED)])
def test_a_larger_noticeable_change_lets_more_through(old, new, direction):
    text = FILE.replace(
        '"columns": ["0..127"], "at_most": 0.2', '"columns": ["0..127"], "at_most": 0.2, "noticeable": 0.05', 1
    )
    (change,) = compare("expectations", text, f'"noticeable": {old}', f'"noticeable": {new}')
    assert change.direction is direction


def test_layout_alone_is_beside():
    (change,) = compare_files("expectations", "f", FILE.encode(), json.dumps(json.loads(FILE)).encode())
    assert (change.direction, change.sentence) == (BESIDE, "f: its layout changed, not what it says")
    assert list(compare_files("expectations", "f", FILE.encode(), FILE.encode())) == []


@pytest.mark.parametrize("content", [None, b"", b"\xff", b"[1]", b"{", b"[" * 100_000])
def test_a_file_that_cannot_be_read_counts_as_loosened(content):
    (change,) = compare_files("expectations", "f", FILE.encode(), content)
    assert change.weakens
    assert "its new content cannot be read" in change.sentence


@pytest.mark.parametrize("expectations", ["3", "[3]"])
def test_expectations_of_another_form_count_as_loosened(expectations):
    text = f'{{"schema": 1, "expectations": {expectations}}}'
    changes = list(compare_files("expectations", "f", FILE.encode(), text.encode()))
    assert any("no list of tables" in change.sentence and change.weakens for change in changes)


def git(folder, *arguments: str) -> None:
    names = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *names, *arguments], cwd=folder, check=True, capture_output=True)


POLICY = """\
[tool.gates]
extends = "gates:standard"
[tool.gates.data.settings]
expectations = "expectations/papers.json"
"""


@pytest.fixture
def repository(tmp_path, monkeypatch):
    (tmp_path / "expectations").mkdir()
    (tmp_path / "expectations/papers.json").write_text(FILE)
    (tmp_path / "pyproject.toml").write_text(POLICY)
    git(tmp_path, "init", "-q", ".")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "before")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_loosened_range_in_an_expectation_file_ends_with_one_and_names_column_and_both_bounds(repository, capsys):
    (repository / "expectations/papers.json").write_text(
        FILE.replace(
            '"0..127": [-20.0, 20.0]', '"0..16": [-20.0, 20.0], "17": [-20.0, 200.0], "18..127": [-20.0, 20.0]'
        )
    )
    assert main(["diff-policy", "HEAD:pyproject.toml", "pyproject.toml"]) == 1
    printed = capsys.readouterr().out
    assert (
        "loosened   data gate, expectations/papers.json: expect_numbers_in_range, column 17: ranges from [-20.0, 20.0]"
        " to [-20.0, 200.0]"
    ) in printed


def test_a_file_that_was_moved_is_compared_where_it_lies_now(repository, capsys):
    (repository / "expectations/papers.json").rename(repository / "moved.json")
    (repository / "pyproject.toml").write_text(POLICY.replace("expectations/papers.json", "moved.json"))
    assert main(["diff-policy", "HEAD:pyproject.toml", "pyproject.toml"]) == 0
    assert (
        "beside     data gate, settings expectations: from expectations/papers.json to moved.json"
        in capsys.readouterr().out
    )


def test_a_file_that_is_gone_counts_as_loosened(repository, capsys):
    (repository / "expectations/papers.json").unlink()
    assert main(["diff-policy", "HEAD:pyproject.toml", "pyproject.toml"]) == 1
    assert "its new content cannot be read" in capsys.readouterr().out


def test_a_file_that_the_policy_names_no_more_counts_as_loosened(repository, capsys):
    (repository / "pyproject.toml").write_text(POLICY.partition("[tool.gates.data")[0])
    assert main(["diff-policy", "HEAD:pyproject.toml", "pyproject.toml"]) == 1
    assert "settings expectations: from expectations/papers.json to absent" in capsys.readouterr().out
