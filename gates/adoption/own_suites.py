"""Copy the suites that Gates ships into a project, to be edited there, with the standard policy of their checks beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gates.policy.layers import STANDARD
from gates.policy.suites import shipped_path

POLICIES = {"classification": "gates.checks.toml", "regression": "gates.regression.toml"}
_FOLDERS = {"data": "data_checks", "model": "model_checks", "endpoint": "endpoint_checks"}
_KINDS = ("*.py", "*.toml")
_RENAMED = {
    'suite = "gates:data"': 'suite = "data_checks"',
    'suite = "gates:model"': 'suite = "model_checks"',
    'suite = "gates:drift"': 'suite = "model_checks"',
    'suite = "gates:endpoint"': 'suite = "endpoint_checks"',
    'settings.behaviours = "gates:model/behaviours.toml"': 'settings.behaviours = "model_checks/behaviours.toml"',
}


def copy_suites(task: str) -> Mapping[str, str]:
    """Return the files of the suites of the four gates, and the policy of their checks, by their path in the project.

    The project's policy extends the file of `POLICIES` for the task.
    """
    checks = STANDARD["gates:standard"].read_text(encoding="utf-8")
    for shipped, own in _RENAMED.items():
        assert shipped in checks, shipped
        checks = checks.replace(shipped, own)
    policies = {POLICIES["classification"]: checks}
    if task == "regression":
        text = STANDARD["gates:standard-regression"].read_text(encoding="utf-8")
        assert 'extends = "gates:standard"' in text
        policies[POLICIES[task]] = text.replace(
            'extends = "gates:standard"', f'extends = "{POLICIES["classification"]}"'
        )
    return dict(_copies()) | policies


def _copies() -> Iterator[tuple[str, str]]:
    for name, folder in _FOLDERS.items():
        shipped = shipped_path(f"gates:{name}")
        assert shipped is not None
        for kind in _KINDS:
            for file in sorted(shipped.glob(kind)):
                yield f"{folder}/{file.name}", file.read_text(encoding="utf-8")
