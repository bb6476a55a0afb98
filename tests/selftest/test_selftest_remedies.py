"""What the selftest advises exists: every check and every suite file that a remedy names is one of the standard policy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gates.policy.reader import read_policy
from gates.policy.records import Policy
from gates.selftest.trials import every_mutant

ROOT = Path(__file__).parents[2]
CHECK = re.compile(r"gates:\w+/test_\w+\.py(?:::test_\w+)?")


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy(ROOT / "pyproject.toml")


def test_a_remedy_names_checks_by_ids_that_the_policy_has(policy):
    known = {name for gate in policy.gates.values() for name in gate.checks}
    known |= {name.partition("::")[0] for name in known}
    named = {mutant.name: CHECK.findall(mutant.remedy) for mutant in every_mutant(policy)}
    assert sum(map(bool, named.values())) > 50
    assert {mutant: ids for mutant, ids in named.items() if not set(ids) <= known} == {}


def test_no_remedy_names_a_check_in_any_other_way(policy):
    rest = {mutant.name: CHECK.sub("", mutant.remedy) for mutant in every_mutant(policy)}
    assert {name: text for name, text in rest.items() if re.search(r"test_\w+|_checks", text)} == {}


def test_the_evidence_of_a_remedy_has_a_bound_in_the_policy(policy):
    for mutant in every_mutant(policy):
        for check, evidence in re.findall(r"(gates:\S+::test_\w+) with (?:a bound on )?(\w+)", mutant.remedy):
            bounds = next(gate.bounds(check) for gate in policy.gates.values() if check in gate.checks)
            assert evidence in bounds, f"{mutant.name}: {mutant.remedy}"
