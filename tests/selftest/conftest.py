"""A bench on the small subject, made once: what is tried on it leaves it as it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selftest.small_subject import make_subject
from small_project import Project

from gates.reports.progress import Progress
from gates.selftest.bench import Bench, prepare


@pytest.fixture(scope="session")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_subject(tmp_path_factory.mktemp("subject"))


@pytest.fixture(scope="session")
def bench(subject: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("bench")
    with prepare(subject.policy, None, folder, lambda mutation: True, Progress(quiet=True)) as made:
        yield made


@pytest.fixture
def weak(tmp_path: Path) -> Project:
    """The same subject, to be weakened."""
    return make_subject(tmp_path / "weak")
