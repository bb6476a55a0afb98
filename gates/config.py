"""Read ``[tool.gates]``: the one reader of the policy file. Unknown keys are errors, and all faults are told at once."""

from __future__ import annotations

from pathlib import Path

from gates.errors import ConfigError
from gates.evidence import Bound
from gates.policy import CONDITIONS, GATES, CheckPolicy, GatePolicy, Policy, digest_tables
from gates.tables import Table, nearest, read_toml

_RESERVED = ("unless", "accept")


def read_policy(source: Path) -> Policy:
    """The policy in a TOML file. Relative suites are searched from the nearest folder above it that holds one of them.

    Raises `ConfigError` with every fault found.
    """
    source = source.resolve()
    document = read_toml(source)
    tool = document.get("tool")
    tables = tool if isinstance(tool, dict) else {}
    if "gates" not in tables:
        raise ConfigError(
            f"{source.name} has no [tool.gates]", "copy the section from the project's own pyproject.toml"
        )
    faults: list[str] = []
    table = Table("tool.gates", tables["gates"], faults)
    root = _root(source)
    work = table.text("work")
    if work and ":" not in work:
        table.fault("work", f"is {work!r}, wanted an import string like 'ml.backends.local:open_work'")
    first_model = table.text("first_model", choices=("floors", "refuse"))
    max_age = table.duration("max_age", "24h")
    gates = {gate: _gate(gate, table.table(gate), root) for gate in GATES}
    table.close()
    if faults:
        raise ConfigError(tuple(faults), f"correct {source.name}")
    return Policy(root, source, work, first_model, max_age, gates, digest_tables(tables["gates"], tables.get("ml")))


def _root(source: Path) -> Path:
    """The project's folder: the nearest one at or above the policy file with a pyproject.toml, else the file's own."""
    for folder in source.parents:
        if (folder / "pyproject.toml").is_file():
            return folder
    return source.parent


def _gate(gate: str, table: Table, root: Path) -> GatePolicy:
    suite = table.texts("suite")
    if not suite:
        table.fault("suite", "is missing, wanted the folder or files with this gate's checks")
    for member in suite:
        inside = (root / member).resolve()
        if not inside.is_relative_to(root) or not inside.exists():
            table.fault("suite", f"names {member!r}, which is not a file or folder inside {root.name}")
    checks_table = table.table("checks")
    checks = {name: _check(name, checks_table) for name in checks_table.keys()}  # noqa: SIM118
    if not checks:
        table.fault("checks", "is missing or empty, wanted at least one required check")
    settings = table.raw("settings")
    if settings is not None and not isinstance(settings, dict):
        table.fault("settings", "wanted a table")
    timeout = table.duration("timeout", "10m")
    inconclusive = table.text("inconclusive", "block", choices=("block", "warn"))
    table.close()
    return GatePolicy(gate, suite, checks, settings if isinstance(settings, dict) else {}, timeout, inconclusive)


def _check(name: str, table: Table) -> CheckPolicy:
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
                bounds[key] = Bound.parse(str(entry.raw(key)))
            except ConfigError as error:
                entry.fault(key, f"is no bound: {error.message}")
    return CheckPolicy(name, bounds, unless, "" if accept == "none" else accept)
