"""What bends a copy of the project: tables written as TOML, functions exchanged, and a copy that leaves the original alone."""

from __future__ import annotations

import ast
import datetime
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent

import pytest
from selftest.small_subject import make_subject

from gates.evidence import Evidence
from gates.judgement.judge import CheckResult, Judgement
from gates.policy.reader import read_policy
from gates.policy.records import GATES
from gates.policy.suites import parse_python, shipped_path
from gates.run import Outcome
from gates.selftest.project import Project, holds_shipped_suites, shown
from gates.selftest.source_edits import appended, find_target, renamed, with_body, with_decorator, without
from gates.selftest.toml_writer import write_toml

TABLES = {
    "tool": {
        "gates": {
            "work": 'a "quoted" \\ text\twith\nlines \x7f and ü and 🍋',
            "checks": {"a/b.py::c": {"x y": ">= 1", "unless": ["one", "two"]}, "empty": {}, "🍋": ["🍋"]},
            "data": {"settings": {"deep": {"deeper": {"deepest": 1.5e-9}}}, "flag": True, "off": False, "none": []},
        },
        "other": {"whole": -3, "large": float("inf"), "day": datetime.date(2026, 11, 24)},
    }
}


def test_tables_read_back_as_they_were():
    assert tomllib.loads(write_toml(TABLES)) == TABLES


SOURCE = dedent(
    '''
    """A file."""
    import pytest


    @pytest.mark.slow
    def test_one(a, evidence):
        """Says something."""
        if a:
            evidence("x", 1, n=1)


    def test_two(b): assert b


    def test_three(
        c,
        evidence,
    ):
        assert c
    '''
)


def functions(source: str) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("name", ["test_one", "test_two", "test_three"])
def test_a_body_is_exchanged_and_the_rest_stays(name):
    before, after = functions(SOURCE), functions(with_body(name, "raise OSError('x')")(SOURCE))
    assert ast.unparse(after[name].body[0]) == "raise OSError('x')"
    assert len(after[name].body) == 1
    assert ast.dump(after[name].args) == ast.dump(before[name].args)
    assert len(after[name].decorator_list) == len(before[name].decorator_list)
    for other in set(before) - {name}:
        assert ast.dump(after[other]) == ast.dump(before[other])


def test_a_function_is_decorated_removed_renamed_or_joined_by_another():
    assert len(functions(with_decorator("test_one", "mark")(SOURCE))["test_one"].decorator_list) == 2
    assert set(functions(without("test_one")(SOURCE))) == {"test_two", "test_three"}
    assert set(functions(renamed("test_two", "test_2")(SOURCE))) == {"test_one", "test_2", "test_three"}
    assert "test_four" in functions(appended("def test_four(): pass")(SOURCE))


def test_a_function_that_is_not_there_cannot_be_bent():
    with pytest.raises(ValueError, match="there is no function test_ten"):
        with_body("test_ten", "pass")(SOURCE)


ANSWERS = "endpoint_checks/test_smoke.py::test_it_answers"


def judged(outcome: Outcome, *evidence: Evidence) -> Judgement:
    """Return a judgement of the small subject's endpoint gate, whose second check ended with ``outcome``."""
    first = CheckResult(ANSWERS, Outcome.PASSED, True, "holds")
    return Judgement("endpoint", (first, CheckResult(f"{ANSWERS}_well", outcome, True, "", evidence)), (), True)


def test_a_check_that_passed_with_evidence_is_found_where_its_file_can_be_read(tmp_path):
    policy = make_subject(tmp_path).policy
    gate, answers = policy.gates["endpoint"], Evidence("wrong_answers", "0", 1)
    target = find_target(policy.root, gate, judged(Outcome.PASSED, answers))
    assert (target.name, target.bound) == (f"{ANSWERS}_well", "wrong_answers")
    assert find_target(policy.root, gate, judged(Outcome.PASSED)) is None, "a check without evidence will not do"
    assert find_target(policy.root, gate, judged(Outcome.NOT_APPLICABLE, answers)) is None, "nor one that did not apply"
    (policy.root / "endpoint_checks/test_smoke.py").write_text("def test_it_answers_well(:")
    assert find_target(policy.root, gate, judged(Outcome.PASSED, answers)) is None


def test_syntax_trees_are_built_one_at_a_time(monkeypatch):
    """Python 3.11 may end in SystemError where two threads build one at the same moment; seen with two mutants at once."""
    at_once, most, parse = 0, 0, ast.parse

    def slowly(text):
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        time.sleep(0.005)
        at_once -= 1
        return parse(text)

    monkeypatch.setattr("gates.policy.suites.ast.parse", slowly)
    with ThreadPoolExecutor(8) as pool:
        assert {len(tree.body) for tree in pool.map(parse_python, ["x = 1"] * 16)} == {1}
    assert most == 1


SHIPPED = """
[tool.small]
name = "small"

[tool.gates]
extends = "gates:standard"

[tool.gates.model."test_floors.py"]
thresholds.challenger_clears_the_floor = { accuracy = ">= 0.8" }

[[tool.gates.waivers]]
check = "gates:model/test_slices.py::test_no_slice_falls_behind"
owner = "Ada"
reason = "a sensor is being replaced"
expires = 2030-01-01
"""


def test_a_suite_of_gates_becomes_a_folder_of_the_copy_with_the_same_checks(tmp_path):
    original = tmp_path / "original"
    original.mkdir()
    (original / "pyproject.toml").write_text(SHIPPED)
    policy = read_policy(original / "pyproject.toml")
    assert holds_shipped_suites(policy)
    copy = Project.copy(policy, tmp_path / "copy")
    own = copy.policy
    assert not holds_shipped_suites(own)
    for gate in GATES:
        assert [shown(name) for name in own.gates[gate].checks] == list(policy.gates[gate].checks)
        bounds = [dict(check.bounds) for check in policy.gates[gate].checks.values()]
        assert [dict(check.bounds) for check in own.gates[gate].checks.values()] == bounds
        files = {name for name in policy.suite_files(gate) if not name.endswith("/../conftest.py")}
        assert {shown(name) for name in own.suite_files(gate)} == files
    (waived,) = own.gates["model"].waivers
    assert shown(waived) == "gates:model/test_slices.py::test_no_slice_falls_behind"
    again = Project.copy(own, tmp_path / "again")
    assert again.policy.digest == own.digest
    assert [again.policy.suite_digest(gate) for gate in GATES] == [own.suite_digest(gate) for gate in GATES]
    copy.edit("gates_suites/data/test_values.py", lambda text: text + "\n# damaged\n")
    assert policy.suite_digest("data") == read_policy(original / "pyproject.toml").suite_digest("data")
    assert "# damaged" not in (shipped_path("gates:data") / "test_values.py").read_text()


def test_a_check_is_taken_out_of_a_copy_whole(tmp_path):
    copy = Project.copy(make_subject(tmp_path / "original").policy, tmp_path / "copy")
    copy.drop("endpoint", f"{ANSWERS}_well")
    copy.write()
    assert list(copy.policy.gates["endpoint"].checks) == [ANSWERS]
    copy.drop("endpoint", ANSWERS)
    assert copy.files("endpoint") == {}


def test_a_copy_has_the_same_digests_and_its_changes_stay_in_it(tmp_path):
    policy = make_subject(tmp_path / "original").policy
    (policy.root / "rows.csv").write_text("id\n1\n")
    (policy.root / ".gates").mkdir()
    copy = Project.copy(policy, tmp_path / "copy")
    assert (copy.root / "rows.csv").is_symlink()
    assert not (copy.root / ".gates").exists()
    again = read_policy(copy.config)
    assert again.digest == policy.digest
    assert [again.suite_digest(gate) for gate in again.gates] == [policy.suite_digest(gate) for gate in policy.gates]
    copy.edit("conftest.py", lambda text: text + "\n# changed\n")
    copy.files("data")["data_checks/test_rows.py"]["thresholds"].clear()
    copy.write()
    assert "changed" not in (policy.root / "conftest.py").read_text()
    assert make_subject(tmp_path / "again").policy.digest == policy.digest


@pytest.mark.parametrize("name", ["notes.txt", "helpers/words.txt", "helpers/deep/words.txt"])
def test_a_change_is_never_written_through_a_link_to_the_users_files(tmp_path, name):
    policy = make_subject(tmp_path / "original").policy
    original = policy.root / name
    original.parent.mkdir(parents=True, exist_ok=True)
    original.write_text("as the user wrote it")
    (original.parent / "beside.txt").write_text("beside")
    copy = Project.copy(policy, tmp_path / "copy")
    assert (copy.root / Path(name).parts[0]).is_symlink()
    copy.edit(name, str.upper)
    assert (copy.root / name).read_text() == "AS THE USER WROTE IT"
    assert (copy.root / name).with_name("beside.txt").read_text() == "beside"
    assert original.read_text() == "as the user wrote it"


def test_a_mutant_that_changes_nothing_is_a_fault_of_the_mutant(tmp_path):
    copy = Project.copy(make_subject(tmp_path / "original").policy, tmp_path / "copy")
    with pytest.raises(AssertionError, match=r"conftest.py did not change"):
        copy.edit("conftest.py", lambda text: text)
