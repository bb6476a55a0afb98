"""Describe the evidence of the shipped suites: name for people, unit, better direction, formula and source.

The descriptions lie in ``catalogue.toml``. They are for people; no decision depends on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gates.toml_reader import read_toml

_FILE = Path(__file__).with_name("catalogue.toml")


@dataclass(frozen=True, slots=True)
class Description:
    """What one evidence of one check means. ``check`` is ``label/test_file.py::name`` without the prefix ``test_``."""

    check: str
    id: str
    kind: str
    name: str
    unit: str
    better: str
    formula: str
    source: str


def describe(check: str, id: str) -> Description | None:
    """Return the description of an evidence of a check (its canonical id), or None where the catalogue has none.

    A copy of a shipped suite in a project's own folder keeps the descriptions, as long as file and check keep their names.
    """
    return _by_name().get((*_short(check.partition("[")[0]), id))


@cache
def read_catalogue() -> tuple[Description, ...]:
    """Return every description, in the order of the file. Raises `ConfigError` when the file is damaged."""
    every = []
    for file, checks in read_toml(_FILE).items():
        assert isinstance(checks, Mapping)
        for check, evidence in checks.items():
            every += [Description(f"{file}::{check}", id, **words) for id, words in evidence.items()]
    return tuple(every)


@cache
def _by_name() -> Mapping[tuple[str, str, str], Description]:
    return {(*_short(one.check), one.id): one for one in read_catalogue()}


def _short(check: str) -> tuple[str, str]:
    file, _, test = check.partition("::")
    return file.rpartition("/")[2], test.removeprefix("test_")
