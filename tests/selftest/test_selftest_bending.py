"""What bends a copy of the project: tables written as TOML, functions exchanged, and a copy that leaves the original alone."""

from __future__ import annotations

import ast
import datetime
import tomllib
from textwrap import dedent

import pytest
from selftest.small_subject import make_subject

from gates.selftest.functions import appended, find_target, renamed, with_body, with_decorator, without
from gates.selftest.project import Project
from gates.selftest.toml import write_toml

TABLES = {
    "tool": {
        "gates": {
            "work": 'a "quoted" \\ text\twith\nlines \x7f and ü',
            "checks": {"a/b.py::c": {"x y": ">= 1", "unless": ["one", "two"]}, "empty": {}},
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


def test_a_check_with_evidence_is_found_where_its_file_can_be_read(tmp_path):
    policy = make_subject(tmp_path).policy
    target = find_target(policy.root, policy.gates["endpoint"])
    assert (target.name, target.bound) == ("endpoint_checks/test_smoke.py::test_it_answers_well", "wrong answers")
    (policy.root / "endpoint_checks/test_smoke.py").write_text("def test_it_answers_well(:")
    assert find_target(policy.root, policy.gates["endpoint"]) is None


def test_a_copy_has_the_same_digests_and_its_changes_stay_in_it(tmp_path):
    policy = make_subject(tmp_path / "original").policy
    (policy.root / "rows.csv").write_text("id\n1\n")
    (policy.root / ".gates").mkdir()
    copy = Project.copy(policy, tmp_path / "copy")
    assert (copy.root / "rows.csv").is_symlink()
    assert not (copy.root / ".gates").exists()
    from gates.policy.reader import read_policy

    again = read_policy(copy.config)
    assert again.digest == policy.digest
    assert [again.suite_digest(gate) for gate in again.gates] == [policy.suite_digest(gate) for gate in policy.gates]
    copy.edit("conftest.py", lambda text: text + "\n# changed\n")
    copy.checks("data").clear()
    copy.write()
    assert "changed" not in (policy.root / "conftest.py").read_text()
    assert make_subject(tmp_path / "again").policy.digest == policy.digest


def test_a_mutant_that_changes_nothing_is_a_fault_of_the_mutant(tmp_path):
    copy = Project.copy(make_subject(tmp_path / "original").policy, tmp_path / "copy")
    with pytest.raises(AssertionError, match=r"conftest.py did not change"):
        copy.edit("conftest.py", lambda text: text)
