"""Describe the evidence of the shipped suites: name for people, unit, better direction, formula and source.

The descriptions lie in ``catalogue.toml``. They are for people; no decision depends on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from gates.toml_reader import read_toml

_FILE = Path(__file__).with_name("catalogue.toml")
# The checks that give one evidence for each metric of their settings.
_OF_METRICS = (
    ("test_floors.py", "challenger_clears_the_floor"),
    ("test_baseline.py", "challenger_beats_a_dummy"),
    ("test_champion.py", "challenger_is_no_worse"),
    ("test_anchor.py", "challenger_is_no_worse_than_the_anchor"),
    ("test_calibration.py", "probabilities_beat_the_class_shares"),
)


@dataclass(frozen=True, slots=True)
class Description:
    """Describe one evidence of one check. ``check`` is ``label/test_file.py::name`` without the prefix ``test_``."""

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

    A copy of a shipped suite in a project's own folder keeps the descriptions, as long as file and check keep their names. A
    metric that is described for no check by itself is described as what it is.
    """
    check = check.partition("[")[0]
    own = _by_name().get((*_short(check), id))
    if own is None and _short(check) in _OF_METRICS and id in (metrics := read_metrics()):
        return replace(metrics[id], check=check)
    return own


def describe_own(check: str, id: str, *, unit: str, better: str) -> Description | None:
    """Return the description of a metric that a project declared, as evidence of a check; None where the check gives no metrics.

    Of a comparison the evidence is the lower limit of a difference, of which more is always better.
    """
    place = _short(check.partition("[")[0])
    if place not in _OF_METRICS:
        return None
    against = _AGAINST.get(place[0], "")
    formula = "[tool.gates.metrics]"
    return Description(
        check, id, "measurement", f"{id}{against}", unit, "higher" if against else better, formula, formula
    )


_AGAINST = {
    "test_baseline.py": " above a dummy",
    "test_champion.py": " against the champion",
    "test_anchor.py": " against the anchor",
    "test_calibration.py": " above the class shares",
}


@cache
def read_catalogue() -> tuple[Description, ...]:
    """Return every description, in the order of the file. Raises `ConfigError` when the file is damaged."""
    every = []
    for file, checks in read_toml(_FILE).items():
        assert isinstance(checks, Mapping)
        if file == "metrics":
            continue
        for check, evidence in checks.items():
            every += [Description(f"{file}::{check}", id, **words) for id, words in evidence.items()]
    return tuple(every)


@cache
def read_metrics() -> Mapping[str, Description]:
    """Return the description of every metric, by its name. Raises `ConfigError` when the file is damaged."""
    metrics = read_toml(_FILE)["metrics"]
    assert isinstance(metrics, Mapping)
    return {id: Description("", id, "measurement", **words) for id, words in metrics.items()}


@cache
def _by_name() -> Mapping[tuple[str, str, str], Description]:
    return {(*_short(one.check), one.id): one for one in read_catalogue()}


def _short(check: str) -> tuple[str, str]:
    file, _, test = check.partition("::")
    return file.rpartition("/")[2], test.removeprefix("test_")
