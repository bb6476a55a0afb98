"""Describe what each gate demands, as frozen data: checks, bounds of their evidence, and when a check need not apply."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from gates.digest import Digest, digest_list
from gates.errors import ConfigError
from gates.evidence import NO_VIOLATION, Bound, Evidence, Kind
from gates.policy.closure import list_imported
from gates.policy.endpoint_map import EndpointMap
from gates.policy.own_metrics import OwnMetric
from gates.policy.schedule import Schedule
from gates.policy.suites import PREFIX, SuiteMember, find_file, list_suite, name_file

GATES = ("data", "model", "drift", "endpoint")
ASIDE = ("nightly", "data_files", "drift_files")  # judged like gates, but not needed for a promotion
ROLES = ("gate", "gatekeeper")  # who signs: verdicts, decisions
# What the evidence of a check is used for besides its bound, in the model gate: the lower limits of the comparison with the
# champion and with the anchor move the anchor; no row predicted differently from the champion means nothing to promote.
ROLES_OF_CHECKS = ("champion_comparison", "anchor_comparison", "changed_predictions")
CONDITIONS = (
    "no_champion",
    "no_anchor",
    "no_new_rows",
    "no_time_column",
    "no_current_window",
    "no_slices",
    "no_probabilities",
    "regression",
    "classification",
    "no_key",
    "no_floor",
    "trained_elsewhere",
    "mapped_endpoint",
    "no_id_column",
)
# The settings that name a file which decides: a suite of expectations, a list of behaviours.
FILE_SETTINGS = ("expectations", "behaviours")


@dataclass(frozen=True, slots=True)
class CheckPolicy:
    """Describe one required check.

    ``bounds`` are by the id of the evidence. An ``invariant`` has to count violations, whatever else it gives. ``accept`` names
    the acknowledgement (``drift``) that a person may give for it. ``role`` says what its evidence is used for besides: see
    `ROLES_OF_CHECKS`.
    """

    name: str
    bounds: Mapping[str, Bound]
    unless: tuple[str, ...] = ()
    accept: str = ""
    invariant: bool = False
    role: str = ""

    def bound(self, evidence: Evidence) -> Bound | None:
        """Return what an evidence is held to: its own bound, no violation for a count of violations, else None."""
        own = self.bounds.get(evidence.id)
        return NO_VIOLATION if own is None and evidence.kind is Kind.VIOLATIONS else own


@dataclass(frozen=True, slots=True)
class Waiver:
    """Let a failed or inconclusive check count for a while: until ``expires``, its last day (UTC).

    ``longest`` is how far ahead that day may be; ``cases`` are those of a parametrized check, all where empty.
    """

    check: str
    owner: str
    reason: str
    expires: date
    longest: timedelta
    cases: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"waived by {self.owner} until {self.expires}: {self.reason}"

    def covers(self, id: str) -> bool:
        """Return whether the waiver is for this pytest item: the check, and one of the cases where it names some."""
        name, _, case = id.partition("[")
        return name == self.check and (not self.cases or case.removesuffix("]") in self.cases)

    def fault(self, now: datetime) -> str:
        """Return why the waiver does not count at this moment; empty where it does."""
        today = now.astimezone(UTC).date()
        if today > self.expires:
            return f"the waiver of {self.owner} expired on {self.expires}"
        if self.expires - today > self.longest:
            return (
                f"the waiver of {self.owner} would run until {self.expires}, {(self.expires - today).days} days from now,"
                f" and longest_waiver allows {self.longest.days}"
            )
        return ""


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """Hold the policy of one gate: its checks by full id, like ``gates:data/test_values.py::test_every_number_is_finite``.

    ``without`` are the ids of checks of the suite that the policy explicitly does not require: they do not run. ``endpoint_map``
    is the form of an endpoint that Gates did not build.
    """

    gate: str
    suite: tuple[SuiteMember, ...]
    checks: Mapping[str, CheckPolicy]
    settings: Mapping[str, object]
    timeout: timedelta
    inconclusive: str = "block"
    waivers: Mapping[str, Waiver] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    endpoint_map: EndpointMap | None = None

    @property
    def conditions(self) -> Mapping[str, bool]:
        """Return the conditions that the policy itself settles.

        ``no_floor`` is true where no check that may be left out for it has a bound.
        """
        return {"no_floor": not any(check.bounds for check in self.checks.values() if "no_floor" in check.unless)}

    def bounds(self, check: str) -> Mapping[str, Bound]:
        """Return the bounds of a check by its name (without a case); empty for a check that the policy does not know."""
        policy = self.checks.get(check)
        return policy.bounds if policy else {}


@dataclass(frozen=True, slots=True)
class Person:
    """Hold a person who may decide, known by a public key (``der``, its SubjectPublicKeyInfo); ``accounts`` are other names."""

    name: str
    der: bytes
    accounts: tuple[str, ...] = ()

    @property
    def key_id(self) -> str:
        """Return the id of the key: the SHA-256 of ``der``, in hexadecimal."""
        return hashlib.sha256(self.der).hexdigest()


@dataclass(frozen=True, slots=True)
class PromotionPolicy:
    """Hold how many people must approve a promotion, who may, how long it waits, and who may break the glass."""

    approvals: int = 0
    approvers: tuple[Person, ...] = ()
    timeout: timedelta = timedelta(hours=24)
    own_runs: bool = False
    break_glass: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """Hold everything that decides. ``digest`` covers the whole configuration: a verdict holds only under its own policy.

    ``root`` is the project's folder, ``source`` the policy file; a ``landmark`` of None keeps none. ``modules`` are the modules of
    the project that the configuration names: its work, its training, and its own ``metrics``, which are by name.
    """

    root: Path
    source: Path
    work: str
    first_model: str
    max_age: timedelta
    gates: Mapping[str, GatePolicy]
    digest: Digest
    require_lock: bool = False
    triggers: str = ""
    schedule: Schedule = Schedule()  # noqa: RUF009  (frozen)
    mutants: str = ""
    trust: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    landmark: Path | None = None
    promotion: PromotionPolicy = PromotionPolicy()
    registry: str = ""
    modules: tuple[str, ...] = ()
    metrics: Mapping[str, OwnMetric] = field(default_factory=dict)

    def require(self, *gates: str) -> None:
        """Raise `ConfigError` with a sentence for each of these gates that is not configured."""
        if missing := [gate for gate in gates if gate not in self.gates]:
            raise ConfigError(
                tuple(f"the {gate} gate is not configured: there is no [tool.gates.{gate}]" for gate in missing),
                f'write extends = "gates:standard" under [tool.gates] in {self.source.name}, or the tables themselves',
            )

    def suite_digest(self, gate: str) -> Digest:
        """Return the digest of everything that a gate runs. Raises `SubjectError` for a link or an absent file."""
        return digest_list(self.suite_files(gate))

    def suite_files(self, gate: str) -> Mapping[str, Digest]:
        """Return the digests of the files that a gate runs, by their labels, like ``gates:data/test_values.py``.

        They are its suite, the conftest.py files that go with it, the files that its settings name, and the project's own code
        that these and the `modules` import. Raises `SubjectError`.
        """
        settings, members = self.gates[gate].settings, self.gates[gate].suite
        named = [find_file(str(settings[key]), self.root) for key in FILE_SETTINGS if settings.get(key)]
        listed = list_suite(members, self.root, named)
        own = [self.root / label for label in listed if not label.startswith(PREFIX)]
        bases = tuple(dict.fromkeys((self.source.parent, self.root)))
        imported = {
            name_file(file, members, self.root): Digest.of(file) for file in list_imported(own, self.modules, bases)
        }
        return dict(sorted({**imported, **listed}.items()))


def digest_tables(*tables: object) -> Digest:
    """Return the digest of configuration tables, whatever the order and layout in which they were written."""
    return Digest.of_bytes(json.dumps(tables, sort_keys=True, separators=(",", ":"), default=str).encode())
