"""Mutants of the policy: bounds deleted, keys misspelt, gates emptied. Most are refused before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from gates.errors import ConfigError, SubjectError
from gates.reason import Code
from gates.selftest.bench import Bench
from gates.selftest.catch import Catch
from gates.selftest.mutant import Mutant
from gates.selftest.project import Project

Bend = Callable[[dict[str, Any], str, str], None]  # the gate's table, a check with a bound, and that bound
_REMEDY = "this is the reader of policies: report it as a fault of gates"


def _bend(bench: Bench, bend: Bend, *, runs: bool) -> tuple[Catch, ...]:
    """Bend the policy; where it can still be read and ``runs``, the gate has to refuse."""
    project = bench.project()
    gate, check, bound = _bounded(bench, project)
    bend(project.tables["gates"][gate], check, bound)
    project.write()
    try:
        bench.open(project.config)
    except ConfigError as error:
        return tuple(Catch.error("policy", fault) for fault in error.faults)
    return bench.judge(gate, bench.case(gate), project.config) if runs else ()


def _bounded(bench: Bench, project: Project) -> tuple[str, str, str]:
    """The first check with a bound, of the cheapest gate that has one."""
    for gate in sorted(bench.clean.seconds, key=lambda gate: bench.clean.seconds[gate]):
        outcomes = {c.id.partition("[")[0]: str(c.outcome) for c in bench.clean.judgements[gate].checks}
        for name, check in bench.policy.gates[gate].checks.items():
            if check.bounds and outcomes.get(name) == "passed":
                return gate, name, next(iter(check.bounds))
    raise SubjectError("no check of the policy has a bound", "give a check evidence and a bound")


def _delete_bound(table: dict[str, Any], check: str, bound: str) -> None:
    del table["checks"][check][bound]


def _delete_check(table: dict[str, Any], check: str, bound: str) -> None:
    del table["checks"][check]


def _delete_all_checks(table: dict[str, Any], check: str, bound: str) -> None:
    table["checks"] = {}


def _misspell(table: dict[str, Any], check: str, bound: str) -> None:
    table["timeuot"] = "10m"


def _no_number(table: dict[str, Any], check: str, bound: str) -> None:
    table["checks"][check][bound] = ">= nan"


def _bound_for_another(table: dict[str, Any], check: str, bound: str) -> None:
    """The bound has lost the name of its evidence: what is measured has none, and what has one is not measured."""
    table["checks"][check][f"{bound}_"] = table["checks"][check].pop(bound)


def _wander(table: dict[str, Any], check: str, bound: str) -> None:
    table["suite"] = "../elsewhere"


def _leave_out(table: dict[str, Any], check: str, bound: str) -> None:
    table["checks"][check]["unless"] = ["sundays"]


def _mutant(name: str, fault: str, bend: Bend, *codes: Code) -> Mutant:
    """``codes`` are those of the gate where the policy can still be read; without any, the reader has to refuse."""
    attempt = partial(_bend, bend=bend, runs=bool(codes))
    return Mutant(name, "policy", "policy", fault, _REMEDY, attempt, frozenset(codes or (Code.ERROR,)))


MUTANTS = (
    _mutant("bound-deleted", "a check has lost its bound", _delete_bound, Code.EVIDENCE_UNBOUND, Code.ERROR),
    _mutant(
        "bound-renamed",
        "a bound is for an evidence that nobody gives",
        _bound_for_another,
        Code.EVIDENCE_UNBOUND,
        Code.EVIDENCE_MISSING,
        Code.ERROR,
    ),
    _mutant("check-deleted", "the policy no longer names a check", _delete_check, Code.CHECK_UNKNOWN, Code.ERROR),
    _mutant("checks-deleted", "the policy names no check of a gate", _delete_all_checks),
    _mutant("key-misspelt", "a key of the policy is misspelt", _misspell),
    _mutant("bound-no-number", "a bound is NaN", _no_number),
    _mutant("condition-unknown", "a check may be left out under a condition that does not exist", _leave_out),
    _mutant("suite-elsewhere", "a suite lies outside the project", _wander),
)
