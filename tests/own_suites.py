"""The policy of this repository for a project that holds copies of the suites as its own, to be bent in one place at a time."""

from __future__ import annotations

from pathlib import Path

from gates.policy.layers import read_effective
from gates.policy.rendering import render_effective
from gates.policy.suites import SHIPPED

ROOT = Path(__file__).parents[1]


def own_policy() -> str:
    """Return ``[tool.gates]`` and ``[tool.ml]`` in full, each suite as a folder of the project instead of one of Gates."""
    text = render_effective(read_effective(ROOT / "pyproject.toml"))
    for name, folder in SHIPPED.items():
        text = text.replace(f'"gates:{name}"', f'"{folder}"').replace(f'"gates:{name}/', f'"{folder}/')
    return text


def write_own_policy(project: Path) -> None:
    """Put it into the pyproject.toml of a copy of this repository."""
    path = project / "pyproject.toml"
    head = path.read_text(encoding="utf-8").partition("[tool.ml]")[0]
    path.write_text(head + own_policy(), encoding="utf-8")
