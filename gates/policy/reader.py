"""Read ``[tool.gates]``: the one reader of the policy file. Unknown keys are errors, and all faults are told at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from gates.errors import ConfigError
from gates.evidence import Bound
from gates.policy.approvers import read_promotion
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
from gates.policy.schedule import Schedule, bound_of, read_schedule
from gates.policy.waivers import read_waivers
from gates.toml_reader import Table, nearest, read_toml

_KEY_ID = re.compile(r"[0-9a-f]{64}\Z")
_RESERVED = ("unless", "accept", "role")
_BUILTIN = Path(__file__).with_name("builtin.toml")


def read_policy(source: Path) -> Policy:
    """The policy in a TOML file. Suites are relative to the project's root: the nearest folder with a pyproject.toml.

    Raises `ConfigError` with every fault found.
    """
    source = source.resolve()
    tables = read_tables(source)
    faults: list[str] = []
    table = Table("tool.gates", tables["gates"], faults)
    root = _root(source)
    work = table.text("work")
    if work and ":" not in work:
        table.fault("work", f"is {work!r}, wanted an import string like 'gates.work.backends.local:open_work'")
    mutants = table.text("mutants", "")
    if mutants and ":" not in mutants:
        table.fault("mutants", f"is {mutants!r}, wanted an import string like 'gates.work.mutants:open_mutants'")
    triggers = table.text("triggers", "")
    if triggers and ":" not in triggers:
        table.fault("triggers", f"is {triggers!r}, wanted an import string like 'gates.work.triggers:open_triggers'")
    registry = table.text("registry", "")
    if registry and ":" not in registry:
        table.fault(
            "registry",
            f"is {registry!r}, wanted an import string like 'gates.work.backends.azure.blob_store:open_store'",
        )
    first_model = table.text("first_model", choices=("floors", "refuse"))
    max_age = table.duration("max_age", "24h")
    require_lock = table.flag("require_lock", False)
    trust = _trust(table.table("trust"))
    landmark = table.text("landmark") if "landmark" in table.keys() else ""  # noqa: SIM118
    promotion = read_promotion(table.table("promotion"))
    gates = {gate: _gate(gate, table.table(gate), root) for gate in GATES}
    waivers = read_waivers(table, {check: gate for gate, policy in gates.items() for check in policy.checks})
    gates = {
        gate: replace(policy, waivers={name: waivers[name] for name in policy.checks if name in waivers})
        for gate, policy in gates.items()
    }
    schedule = Schedule()
    for gate, content in _aside(table, root):
        aside = Table(f"tool.gates.{gate}", content, faults)
        schedule = read_schedule(aside) if gate == "nightly" else schedule
        gates[gate] = _gate(gate, aside, root, schedule.alpha if gate == "nightly" else None)
    table.close()
    if faults:
        raise ConfigError(tuple(faults), f"correct {source.name}")
    digest = digest_tables(tables["gates"], tables.get("ml"))
    kept = source.parent / landmark if landmark else None
    about = (require_lock, triggers, schedule, mutants, trust, kept, promotion, registry)
    return Policy(root, source, work, first_model, max_age, gates, digest, *about)


def _trust(table: Table) -> Mapping[str, tuple[str, ...]]:
    """The only key ids that sign for each role; a role that is not named trusts the keys of the home."""
    found: dict[str, tuple[str, ...]] = {}
    for role in ROLES:
        ids = table.texts(role)
        if role in table.keys() and not (ids and all(_KEY_ID.match(id) for id in ids)):  # noqa: SIM118
            table.fault(role, "wanted a list of key ids of 64 hexadecimal digits, as gates keys lists them")
        elif ids:
            found[role] = ids
    table.close()
    return found


def _aside(table: Table, root: Path) -> Iterator[tuple[str, object]]:
    """The gates beside the four, each laid over its built-in form; a suite of one's own brings its own checks.

    A project that neither has nor names their checks has no such gate, and the command that needs it says so.
    """
    builtin = read_toml(_BUILTIN)
    for gate in ASIDE:
        given, below = table.raw(gate), builtin[gate]
        assert isinstance(below, dict)
        if isinstance(given, dict) and "suite" in given:
            below = {key: value for key, value in below.items() if key != "checks"}
        if given is not None or (root / str(below["suite"])).exists():
            yield gate, _merge(below, {} if given is None else given, (gate,))


def read_tables(
    source: Path, read: Callable[[Path], Mapping[str, object]] = read_toml, seen: tuple[Path, ...] = ()
) -> dict[str, object]:
    """``[tool]`` of a policy file. ``[tool.gates] extends = "other.toml"`` starts from another file's [tool.gates].

    Tables are merged, everything else replaced; a check's entry is replaced as a whole, so that a bound never lingers unseen.
    ``read`` gets the content of a file, as of now or as of another moment.
    """
    tool = read(source).get("tool")
    tables = dict(tool) if isinstance(tool, dict) else {}
    gates = tables.get("gates")
    if not isinstance(gates, dict):
        raise ConfigError(
            f"{source.name} has no [tool.gates]", "copy the section from the project's own pyproject.toml"
        )
    if "extends" not in gates:
        return tables
    other = (source.parent / str(gates["extends"])).resolve()
    if other in (source, *seen):
        raise ConfigError(
            f"[tool.gates] extends in {source.name} leads back to {other.name}", "name a file that stands alone"
        )
    own = {key: value for key, value in gates.items() if key != "extends"}
    tables["gates"] = _merge(read_tables(other, read, (*seen, source))["gates"], own)
    return tables


def _merge(below: object, above: object, path: tuple[str, ...] = ()) -> object:
    """``above`` laid over ``below``."""
    if not (isinstance(below, dict) and isinstance(above, dict)) or path[-2:-1] == ("checks",):
        return above
    return {**below, **{key: _merge(below.get(key), value, (*path, key)) for key, value in above.items()}}


def _root(source: Path) -> Path:
    """The project's folder: the nearest one at or above the policy file with a pyproject.toml, else the file's own."""
    for folder in source.parents:
        if (folder / "pyproject.toml").is_file():
            return folder
    return source.parent


def _gate(gate: str, table: Table, root: Path, alpha: float | None = None) -> GatePolicy:
    suite = table.texts("suite")
    if not suite:
        table.fault("suite", "is missing, wanted the folder or files with this gate's checks")
    for member in suite:
        inside = (root / member).resolve()
        if not inside.is_relative_to(root) or not inside.exists():
            table.fault("suite", f"names {member!r}, which is not a file or folder inside {root.name}")
    checks_table = table.table("checks")
    checks = {name: _check(name, checks_table, alpha) for name in checks_table.keys()}  # noqa: SIM118
    if not checks:
        table.fault("checks", "is missing or empty, wanted at least one required check")
    settings = table.raw("settings")
    if settings is not None and not isinstance(settings, dict):
        table.fault("settings", "wanted a table")
    timeout = table.duration("timeout", "10m")
    inconclusive = table.text("inconclusive", "block", choices=("block", "warn"))
    table.close()
    return GatePolicy(gate, suite, checks, settings if isinstance(settings, dict) else {}, timeout, inconclusive)


def _check(name: str, table: Table, alpha: float | None) -> CheckPolicy:
    entry = table.table(name)
    if "::" not in name:
        table.fault(repr(name), "is not a check; write it as 'folder/test_file.py::test_name'")
    unless = entry.texts("unless")
    for condition in unless:
        if condition not in CONDITIONS:
            entry.fault(
                "unless", f"names {condition!r}, wanted {' or '.join(CONDITIONS)}{nearest(condition, CONDITIONS)}"
            )
    accept = entry.text("accept", "none", choices=("none", "drift"))
    bounds: dict[str, Bound] = {}
    for key in entry.keys():  # noqa: SIM118
        if key not in _RESERVED:
            try:
                bounds[key] = bound_of(str(entry.raw(key)), alpha) or Bound.parse(str(entry.raw(key)))
            except ConfigError as error:
                entry.fault(key, f"is no bound: {error.message}")
    role = entry.text("role", "none", choices=("none", *ROLES_OF_CHECKS))
    return CheckPolicy(name, bounds, unless, "" if accept == "none" else accept, role="" if role == "none" else role)
