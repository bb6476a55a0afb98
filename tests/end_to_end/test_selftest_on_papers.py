"""`gates selftest` on the project's own suites: a real mutant is killed by the one check that is meant to, and lives without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
from command_line import ROOT

from gates.policy.reader import read_policy
from gates.reports.progress import Progress
from gates.selftest.bench import Bench, prepare
from gates.selftest.project import Project
from gates.selftest.source_edits import without
from gates.selftest.trials import choose, every_mutant, try_all

# A mutant with the check that is meant to notice it, and others that may notice it as well.
CAUGHT = {
    "rows-nearly-duplicated": (
        "gates:data/test_keys.py::test_no_row_nearly_repeats_another",
        "gates:data/test_batch_drift.py::test_new_rows_look_like_those_the_champion_learned_from",
    ),
    "window-noisy": ("gates:drift/test_challenger_drift.py::test_training_rows_still_look_like_the_current_window",),
    "endpoint-imprecise": ("gates:endpoint/test_parity.py::test_every_golden_row_keeps_its_probabilities",),
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
    for check in chain.from_iterable(CAUGHT.values()):
        own = check.replace(
            "gates:", "gates_suites/"
        )  # the bench works on a copy that holds the shipped suites as its own
        file, _, function = own.partition("::")
        project.edit(file, without(function))
        project.drop(gate_of(check), own)
    project.write()
    return replace(bench, policy=read_policy(project.config))


def gate_of(check: str) -> str:
    return check.partition("/")[0].removeprefix("gates:")


def attempt(bench: Bench, name: str):
    (trial,) = try_all(bench, choose(every_mutant(bench.policy), [name]))
    return trial


@pytest.mark.parametrize("name", CAUGHT)
def test_a_mutant_is_killed_by_the_check_that_is_meant_to_and_survives_without_it(name, bench, weak):
    trial = attempt(bench, name)
    assert {detection.by for detection in trial.detections} == {gate_of(CAUGHT[name][0])}
    caught = [detection.reason.check for detection in trial.detections]
    assert CAUGHT[name][0] in caught
    assert set(caught) <= set(CAUGHT[name])
    assert all("required" in detection.reason.text for detection in trial.detections)
    assert attempt(weak, name).survived
