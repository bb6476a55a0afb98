"""A digest that is remembered is given only as long as everything that it was made from is the same."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from small_project import Project, make_project

from gates.errors import ConfigError
from gates.policy import reader
from gates.policy.layers import Disk, read_effective
from gates.policy.memory import Looking, memory_of
from gates.policy.reader import read_digest, read_policy

EXTENDS = """
[tool.gates]
extends = "gates:standard"
[tool.gates.data]
suite = ["data_checks", "more_checks"]
[tool.gates.data."test_rows.py"]
thresholds.there_are_enough_rows = { rows = ">= 100" }
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path / "project")


@pytest.fixture
def extending(project: Project) -> Project:
    """The project with the standard policy and two folders of checks of its own, of which one holds the file that is named."""
    (project.root / "more_checks").mkdir()
    (project.root / "pyproject.toml").write_text(EXTENDS)
    return project


def config(project: Project) -> Path:
    return project.root / "pyproject.toml"


def count(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    merged: list[int] = []

    def read(*arguments: object):
        merged.append(1)
        return read_effective(*arguments)

    monkeypatch.setattr(reader, "read_effective", read)
    return merged


@pytest.mark.parametrize("kind", ["project", "extending"])
def test_a_digest_is_that_of_the_policy_and_is_made_once(kind, request, monkeypatch):
    made = request.getfixturevalue(kind)
    merged = count(monkeypatch)
    digest = read_digest(config(made))
    assert [read_digest(config(made)) for _ in range(3)] == [digest] * 3
    assert len(merged) == 1
    assert digest == read_policy(config(made), strict=False).digest


def edit(project: Project) -> None:
    """Change one character and nothing else: neither the size nor the time."""
    before = config(project).stat()
    config(project).write_text(config(project).read_text().replace(">= 100", ">= 101"))
    os.utime(config(project), ns=(before.st_atime_ns, before.st_mtime_ns))
    assert config(project).stat().st_size == before.st_size


def move_check(project: Project) -> None:
    """Move the file that a bare name means to the other folder."""
    (project.root / "data_checks" / "test_rows.py").rename(project.root / "more_checks" / "test_rows.py")


@pytest.mark.parametrize("change", [edit, move_check])
def test_a_change_is_seen(change: Callable[[Project], None], extending: Project):
    before = read_digest(config(extending))
    change(extending)
    after = read_digest(config(extending))
    assert after != before
    memory_of.cache_clear()
    assert read_digest(config(extending)) == after, "a process that remembers nothing says the same"


def test_a_policy_that_is_put_back_has_its_digest_again(project):
    text, digest = config(project).read_text(), read_digest(config(project))
    edit(project)
    assert read_digest(config(project)) != digest
    config(project).write_text(text)
    assert read_digest(config(project)) == digest


def test_a_policy_that_cannot_be_read_any_more_is_an_error_and_no_memory(project):
    read_digest(config(project))
    config(project).unlink()
    with pytest.raises(ConfigError, match="does not exist"):
        read_digest(config(project))
    config(project).write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="cannot be read as TOML"):
        read_digest(config(project))


def test_another_root_is_seen(tmp_path, monkeypatch):
    """The policy beside the project's own file: suites lie elsewhere once a pyproject.toml appears below."""
    made = make_project(tmp_path / "project")
    policy = made.root / "policies" / "strict.toml"
    policy.parent.mkdir()
    policy.write_text(config(made).read_text())
    merged = count(monkeypatch)
    read_digest(policy)
    read_digest(policy)
    assert len(merged) == 1
    (policy.parent / "pyproject.toml").write_text("")
    read_digest(policy)
    assert len(merged) == 2


def test_a_policy_that_extends_a_file_of_its_own_is_merged_each_time(project, monkeypatch):
    """The way to that file may lead over a link, which can be turned."""
    (project.root / "base.toml").write_text(config(project).read_text())
    config(project).write_text('[tool.gates]\nextends = "base.toml"\n')
    merged = count(monkeypatch)
    before = read_digest(config(project))
    (project.root / "base.toml").write_text((project.root / "base.toml").read_text().replace(">= 100", ">= 101"))
    assert read_digest(config(project)) != before
    assert len(merged) == 2


def test_a_policy_with_faults_is_merged_each_time(project, monkeypatch):
    config(project).write_text(config(project).read_text().replace('suite = "data_checks"', 'suite = "gates:dat"'))
    merged = count(monkeypatch)
    read_digest(config(project))
    read_digest(config(project))
    assert len(merged) == 2


def test_a_file_that_changes_between_two_looks_is_not_remembered(project, monkeypatch):
    looking, path = Looking(), config(project)
    contents = [path.read_bytes(), path.read_bytes() + b"\n# later\n"]
    monkeypatch.setattr(Disk, "content", lambda self, path: contents.pop(0))
    looking.toml(path)
    assert list(looking.parsed) == [path]
    looking.toml(path)
    assert not looking.parsed
