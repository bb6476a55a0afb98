"""`gates selftest` on the project's own suites: a real mutant is killed by the one check that is meant to, and lives without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import ROOT

from gates.policy.reader import read_policy
from gates.reports.progress import Progress
from gates.selftest.bench import Bench, prepare
from gates.selftest.functions import without
from gates.selftest.project import Project
from gates.selftest.trials import choose, every_mutant, try_all

CAUGHT = {
    "rows-nearly-duplicated": ("data", "gates:data/test_keys.py::test_no_row_nearly_repeats_another"),
    "window-noisy": (
        "drift",
        "gates:drift/test_challenger_drift.py::test_training_rows_still_look_like_the_current_window",
    ),
    "endpoint-imprecise": (
        "endpoint",
        "gates:endpoint/test_parity.py::test_every_golden_row_keeps_its_probabilities",
    ),
}


@pytest.fixture(scope="module")
def bench(papers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    policy = read_policy(ROOT / "pyproject.toml")
    folder = tmp_path_factory.mktemp("bench")
    with prepare(policy, str(papers), folder, lambda mutation: mutation.name in CAUGHT, Progress(quiet=True)) as made:
        yield made


@pytest.fixture(scope="module")
def weak(bench: Bench) -> Bench:
    """The same bench where each of those checks was taken out of suite and policy."""
    project = Project.copy(bench.policy, bench.place() / "weak")
    for gate, check in CAUGHT.values():
        own = check.replace(
            "gates:", "gates_suites/"
        )  # the bench works on a copy that holds the shipped suites as its own
        file, _, function = own.partition("::")
        project.edit(file, without(function))
        project.drop(gate, own)
    project.write()
    return replace(bench, policy=read_policy(project.config))


def attempt(bench: Bench, name: str):
    (trial,) = try_all(bench, choose(every_mutant(bench.policy), [name]))
    return trial


@pytest.mark.parametrize("name", CAUGHT)
def test_a_mutant_is_killed_by_the_check_that_is_meant_to_and_survives_without_it(name, bench, weak):
    trial = attempt(bench, name)
    assert [(catch.by, catch.check) for catch in trial.catches] == [CAUGHT[name]]
    assert "required" in trial.catches[0].sentence
    assert attempt(weak, name).survived
