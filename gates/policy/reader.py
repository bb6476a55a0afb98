"""Read ``[tool.gates]``: the one reader of the policy. Unknown keys are errors, and all faults are given at once."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gates.digest import Digest
from gates.errors import ConfigError
from gates.evidence import Bound
from gates.policy.approvers import read_promotion
from gates.policy.endpoint_map import read_endpoint_map
from gates.policy.keys import FILE, GATE, OF_GATE, TOP
from gates.policy.layers import PER_CHECK, Effective, bare, is_file_key, read_effective
from gates.policy.memory import Looking, memory_of
from gates.policy.own_metrics import OwnMetric, read_own_metrics
from gates.policy.records import (
    ASIDE,
    CONDITIONS,
    GATES,
    ROLES,
    ROLES_OF_CHECKS,
    CheckPolicy,
    GatePolicy,
    Policy,
    digest_tables,
)
from gates.policy.schedule import Schedule, read_schedule, share_of, with_shares
from gates.policy.suites import SuiteMember, list_tests
from gates.policy.waivers import read_waivers
from gates.toml_reader import Table, nearest

_log = logging.getLogger(__name__)

_KEY_ID = re.compile(r"[0-9a-f]{64}\Z")


def read_policy(source: Path, *, strict: bool = True) -> Policy:
    """Return the policy in a TOML file, with everything that it extends.

    ``strict`` is whether a check or a file that the suite does not have is a fault. Suites of the project's own are relative to
    its root: the nearest folder with a pyproject.toml at or above the file. Raises `ConfigError` with every fault.
    """
    policy = build_policy(read_effective(source), strict=strict)
    _log.info("policy read from %s: %s, gates %s", source, policy.digest.short, ", ".join(policy.gates) or "none")
    return policy


def read_digest(source: Path) -> Digest:
    """Return the digest that the policy in a TOML file has now, without looking at its suites. Raises `ConfigError`.

    Merging takes long, and a command wants the digest again and again to see a change: what was merged before is not merged
    again as long as everything that it was merged from is the same.
    """
    source = source.resolve()
    memory = memory_of(source)
    if (known := memory.recall()) is not None:
        return known
    looking = Looking()
    effective = read_effective(source, looking)
    digest = _digest(effective)
    memory.keep(looking, effective, digest)
    return digest


def _digest(effective: Effective) -> Digest:
    return digest_tables(effective.gates, effective.tool.get("ml"))


def build_policy(effective: Effective, *, strict: bool = True) -> Policy:
    """Return the policy that an effective configuration describes; ``strict`` is as in `read_policy`.

    Raises `ConfigError` with every fault.
    """
    source, root = effective.source, effective.root
    faults = list(effective.faults)
    table = Table("tool.gates", effective.gates, faults, TOP)
    work, mutants, triggers, registry = (table.text(key) for key in ("work", "mutants", "triggers", "registry"))
    first_model = table.text("first_model")
    max_age = table.duration("max_age")
    require_lock = table.flag("require_lock")
    trust = _trust(table.table("trust"))
    landmark = table.text("landmark")
    table.text("trust_pickle")  # what reads models obeys it
    promotion = read_promotion(table.table("promotion"))
    metrics = read_own_metrics(table.table("metrics"))
    schedule, gates = Schedule(), {}
    for gate in (*GATES, *ASIDE):
        of_gate = Table(f"tool.gates.{gate}", table.raw(gate), faults, OF_GATE.get(gate, GATE))
        members, shares = effective.members.get(gate, ()), dict[tuple[str, str], float]()
        if not isinstance(effective.gates.get(gate), dict):
            continue
        if gate == "nightly":
            schedule = read_schedule(of_gate)
            gates[gate] = _gate(gate, of_gate, members, strict, _Shares(schedule.alpha, shares))
            schedule = with_shares(schedule, shares, of_gate)
        else:
            gates[gate] = _gate(gate, of_gate, members, strict)
    waivers = read_waivers(table, {check: gate for gate in GATES if gate in gates for check in gates[gate].checks})
    gates = {
        gate: replace(policy, waivers={name: waivers[name] for name in policy.checks if name in waivers})
        for gate, policy in gates.items()
    }
    table.close()
    if faults:
        raise ConfigError(tuple(faults), f"correct {source.name}")
    kept = source.parent / landmark if landmark else None
    about = (require_lock, triggers, schedule, mutants, trust, kept, promotion, registry)
    modules = _modules(effective, work, metrics.values())
    return Policy(root, source, work, first_model, max_age, gates, _digest(effective), *about, modules, metrics)


def _modules(effective: Effective, work: str, metrics: Iterable[OwnMetric]) -> tuple[str, ...]:
    """The modules named as ``module:function``: the work, what trains, loads and saves for it, and the metrics."""
    of_work = effective.tool.get("ml")
    named_by_work = [of_work.get(key) for key in ("train", "load", "save")] if isinstance(of_work, dict) else []
    named = [text.partition(":")[0] for text in (work, *named_by_work) if isinstance(text, str)]
    named += [metric.module for metric in metrics]
    return tuple(dict.fromkeys(name for name in named if name))


def _trust(table: Table) -> Mapping[str, tuple[str, ...]]:
    """Return the only key ids that sign for each role; a role that is not named trusts the keys of the home."""
    trusted: dict[str, tuple[str, ...]] = {}
    for role in ROLES:
        ids = table.texts(role)
        if role in table.keys() and not (ids and all(_KEY_ID.match(id) for id in ids)):  # noqa: SIM118
            table.fault(role, "wanted a list of key ids of 64 hexadecimal digits, as gates keys lists them")
        elif ids:
            trusted[role] = ids
    table.close()
    return trusted


@dataclass(frozen=True, slots=True)
class _Shares:
    """Hold the alpha of a night, and what part of it each evidence uses, by the ids of its check and of itself."""

    alpha: float
    used: dict[tuple[str, str], float]

    def bound(self, check: str, id: str, text: str) -> Bound | None:
        """Return the bound for a text like ``>= 0.8 alpha``; None for any other."""
        share = share_of(text)
        if share is None:
            return None
        self.used[check, id] = share[1]
        return Bound(share[0], share[1] * self.alpha)


def _gate(
    gate: str, table: Table, members: tuple[SuiteMember, ...], strict: bool, shares: _Shares | None = None
) -> GatePolicy:
    if not table.texts("suite"):
        table.fault("suite", f"is missing, wanted 'gates:{gate}', or the folder or files with this gate's checks")
    checks: dict[str, CheckPolicy] = {}
    left: list[str] = []
    for label in table.keys():  # noqa: SIM118
        if is_file_key(label):
            of_file = Table(f"{table.path}.{label}", table.raw(label), table.faults, FILE)
            read = _File(label, of_file, members, strict, shares)
            checks |= {check.name: check for check in read.checks()}
            left += read.without()
    old = table.raw("checks") if "checks" in table.keys() else {}  # noqa: SIM118
    for name in old if isinstance(old, dict) else ():  # what is left of the old form
        table.fault(f"checks {name!r}", "is not a check; write it as 'folder/test_file.py::test_name'")
    if not checks and members:
        table.fault("", "requires no check; name the checks under their files, or extend gates:standard")
    settings = table.raw("settings")
    if settings is not None and not isinstance(settings, dict):
        table.fault("settings", "wanted a table")
    timeout = table.duration("timeout")
    inconclusive = table.text("inconclusive")
    endpoint_map = read_endpoint_map(table) if gate == "endpoint" else None
    table.close()
    given = settings if isinstance(settings, dict) else {}
    return GatePolicy(
        gate, members, checks, given, timeout, inconclusive, without=tuple(left), endpoint_map=endpoint_map
    )


class _File:
    """Read the table of one suite file against the tests that the file defines."""

    def __init__(
        self, label: str, table: Table, members: Iterable[SuiteMember], strict: bool, shares: _Shares | None
    ) -> None:
        self._label = label
        self._strict = strict
        self._table = table
        self._shares = shares
        member = next((one for one in members if one.holds(label)), None)
        path = member.path_of(label) if member is not None else Path(label)
        self._tests = list_tests(path)
        if strict and (member is None or (member.path.exists() and not path.is_file())):
            there = [other.relative_to(path.parent).as_posix() for other in sorted(path.parent.rglob("*.py"))]
            table.fault("", f"is no file of the gate's suite{nearest(path.name, there)}")

    def checks(self) -> Iterator[CheckPolicy]:
        """Yield each check that the file has to have, with its bounds and conditions."""
        table, label = self._table, self._label
        invariants = table.texts("invariants")
        thresholds = table.table("thresholds")
        apart = {key: table.table(key) for key in PER_CHECK}
        for name in dict.fromkeys([*invariants, *thresholds.keys()]):
            check = f"{label}::{self._function(name)}"
            yield CheckPolicy(
                check,
                self._bounds(check, thresholds.table(name)),
                self._unless(apart["unless"], name),
                self._word(apart["accept"], name, "drift"),
                name in invariants,
                self._word(apart["role"], name, *ROLES_OF_CHECKS),
            )
        known = (*invariants, *thresholds.keys())
        for of_checks in apart.values():
            for name in set(of_checks.keys()) - set(known):
                of_checks.fault(repr(name), f"is no check that this file requires{nearest(name, known)}")
        thresholds.close()

    def without(self) -> Iterator[str]:
        """Yield the checks that the file has and the policy does not require."""
        yield from (f"{self._label}::{self._function(name)}" for name in self._table.texts("without"))
        self._table.close()

    def _function(self, name: str) -> str:
        """Return the test that a bare name means."""
        *classes, function = name.split("::")
        prefixed = "::".join([*classes, f"test_{function}"])
        if self._tests is None:
            return name if function.startswith("test") else prefixed
        test = next((one for one in (prefixed, name) if one in self._tests), "")
        if not test and self._strict:
            known = [bare(one) for one in sorted(self._tests)]
            self._table.fault(repr(name), f"is no check of this file{nearest(name, known)}")
        return test or prefixed

    def _bounds(self, check: str, entry: Table) -> Mapping[str, Bound]:
        bounds: dict[str, Bound] = {}
        for key in entry.keys():  # noqa: SIM118
            try:
                text = str(entry.raw(key))
                shared = self._shares.bound(check, key, text) if self._shares else None
                bounds[key] = shared or Bound.parse(text)
            except ConfigError as error:
                entry.fault(key, f"is no bound: {error.message}")
        return bounds

    def _unless(self, table: Table, name: str) -> tuple[str, ...]:
        conditions = table.texts(name)
        for one in conditions:
            if one not in CONDITIONS:
                legal = " or ".join(CONDITIONS)
                table.fault(repr(name), f"names {one!r}, wanted {legal}{nearest(one, CONDITIONS)}")
        return conditions

    def _word(self, table: Table, name: str, *words: str) -> str:
        word = table.text(name, "none", choices=("none", *words))
        return "" if word == "none" else word
