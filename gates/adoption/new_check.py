"""Write a check of the project's own, and the lines of the policy that require it.

The rule it protects: the policy file keeps every word of it. Lines are added, the result is read back, and it is refused where
anything but the new check and its folder would differ.
"""

from __future__ import annotations

import keyword
import re
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from gates.errors import ConfigError
from gates.policy.layers import PROJECT, as_table, find_root, read_effective
from gates.policy.rendering import write_value

_NAME = re.compile(r"[a-z][a-z0-9_]{2,59}\Z")

_IMPORTS = "import pytest\n"
_TEMPLATES: Mapping[str, str] = {
    "data": """
def test_{name}(batch, roles, evidence):
    missing = batch[roles.target].isna()  # mark here the rows that must not be
    evidence.violations(int(missing.sum()), n=len(batch), detail="rows without a target")
""",
    "model": """
def test_{name}(challenger, holdout, evidence):
    unusable = [answer for answer in challenger.predict(holdout.X) if answer != answer]  # collect here what must not be
    evidence.violations(len(unusable), n=len(holdout), detail="answers that are no value")
""",
    "drift": """
def test_{name}(training_rows, current, evidence):
    gone = [column for column in training_rows.frame.columns if column not in current.columns]  # collect here what must not be
    evidence.violations(len(gone), n=len(current), detail=", ".join(gone))
""",
    "endpoint": """
def test_{name}(endpoint, rows, evidence):
    predictions = endpoint.score(rows.smoke).result  # ask here what the service must answer well
    evidence.violations(len(rows.smoke) - len(predictions), n=len(rows.smoke), detail="rows without an answer")
""",
}
GATES_WITH_TEMPLATES = tuple(_TEMPLATES)


@dataclass(frozen=True, slots=True)
class NewCheck:
    """Hold a check to be written: its ``file`` and the ``text`` of it, and the whole ``policy`` with it."""

    file: str
    text: str
    policy: str


def plan_check(source: Path, gate: str, name: str) -> NewCheck:
    """Return the check ``name`` for a gate, for the policy in the file ``source``.

    Raises `ConfigError` for a name that is none or is taken, and for a policy to which it cannot be added by lines alone.
    """
    _require_name(name)
    folder = f"{gate}_checks"
    file = f"{folder}/test_{name}.py"
    effective = read_effective(source)
    taken = [label for label in effective.origins if label[0] == gate and f"test_{name}.py" in label[1]]
    if taken or (effective.root / file).exists():
        raise ConfigError(f"{file} exists already, or the policy names a test_{name}.py", "choose another name")
    if find_root(source) != source.parent:
        raise ConfigError(
            f"{source.name} lies below the project's folder {effective.root}", "write the check by hand: docs/policy.md"
        )
    before = source.read_text(encoding="utf-8")
    suite = _suite(as_table(effective.gates.get(gate)).get("suite"), gate, folder)
    lines = f'\n[tool.gates.{gate}."{file}"]\ninvariants = ["{name}"]\n'
    policy = _with_suite(before.rstrip() + "\n", gate, suite) + lines
    _require_same(before, policy, gate, file, name, suite)
    text = f'"""{name.replace("_", " ").capitalize()}."""\n\n{_IMPORTS}\npytestmark = pytest.mark.gate("{gate}")\n\n'
    return NewCheck(file, text + _TEMPLATES[gate].format(name=name), policy)


def _require_name(name: str) -> None:
    if not _NAME.match(name) or keyword.iskeyword(name) or name.startswith("test_"):
        raise ConfigError(
            f"{name!r:.80} is no name for a check",
            "write what is true when it passes, in small letters, digits and underscores, like no_price_is_negative",
        )


def _suite(given: object, gate: str, folder: str) -> list[str] | None:
    """The suite with the project's own folder; None where it is part of it already."""
    parts = [given] if isinstance(given, str) else [str(part) for part in given] if isinstance(given, list) else []
    return None if folder in parts or "." in parts else [*(parts or [f"gates:{gate}"]), folder]


def _with_suite(text: str, gate: str, suite: list[str] | None) -> str:
    """Add the suite behind the header of the gate's table, else as a dotted key behind that of [tool.gates]."""
    if suite is None:
        return text
    for header, line in (
        (rf"^\[tool\.gates\.{gate}\][ \t]*(?:#.*)?$", f"suite = {write_value(suite)}"),
        (r"^\[tool\.gates\][ \t]*(?:#.*)?$", f"{gate}.suite = {write_value(suite)}"),
    ):
        if match := re.search(header, text, re.MULTILINE):
            return f"{text[: match.end()]}\n{line}{text[match.end() :]}"
    return text


def _require_same(before: str, after: str, gate: str, file: str, name: str, suite: list[str] | None) -> None:
    """Refuse a policy that does not say what it said before, and the new check beside it."""
    wanted = deepcopy(tomllib.loads(before))
    table = wanted["tool"]["gates"].setdefault(gate, {})
    table[file] = {"invariants": [name]}
    if suite is not None:
        table["suite"] = suite
    try:
        read = tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        read = {}
    if read != wanted:
        more = f"{gate}.suite = {write_value(suite)} and " if suite is not None else ""
        raise ConfigError(
            f"the check cannot be added to {PROJECT} or gates.toml by lines alone",
            f'add by hand to [tool.gates]: {more}{gate}."{file}".invariants = ["{name}"]',
        )
