"""A child has at most the memory of the machine, and says so instead of filling it."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest
from small_project import FILES, FLOOR, make_project

from gates.processes import memory

FILL = """
import resource
from gates.processes import memory
memory.memory_of_machine = lambda: 1 << 30
memory.limit_memory()
print(resource.getrlimit(resource.RLIMIT_AS)[0] == 1 << 30, flush=True)
try:
    bytearray(2 << 30)
except MemoryError:
    print("no memory", flush=True)
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, resource.getrlimit(resource.RLIMIT_AS)[1]))
print(len(bytearray(2 << 30)))
"""
LOOK = """
    import resource

    import pytest

    from gates.processes.memory import memory_of_machine

    pytestmark = pytest.mark.gate("model")


    def test_clears_the_floor(evidence):
        evidence("accuracy", 0.9, n=200)


    def test_answers():
        assert 0 < resource.getrlimit(resource.RLIMIT_AS)[0] <= memory_of_machine()
    """


def test_more_than_the_limit_is_an_error_and_the_limit_can_be_raised():
    done = subprocess.run([sys.executable, "-c", FILL], capture_output=True, text=True, check=False)
    assert done.stdout.split("\n") == ["True", "no memory", str(2 << 30), ""], done.stderr


def test_the_memory_of_this_machine_is_known():
    assert memory.memory_of_machine() > 1 << 28


def test_a_control_group_counts(tmp_path, monkeypatch):
    (tmp_path / "memory.max").write_text("1048576\n")
    monkeypatch.setattr(memory, "_GROUP", tmp_path / "memory.max")
    assert memory.memory_of_machine() == 1 << 20
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.memory_of_machine() > 1 << 28


@pytest.mark.parametrize("forked", [True, False])
def test_a_gates_child_has_the_limit(forked, tmp_path, monkeypatch):
    if not forked:
        monkeypatch.setenv("GATES_NO_FORK", "1")
    before = resource.getrlimit(resource.RLIMIT_AS)
    judgement = make_project(tmp_path, **{**FILES, FLOOR: LOOK}).judge()
    assert judgement.passed, judgement.reasons
    assert resource.getrlimit(resource.RLIMIT_AS) == before
