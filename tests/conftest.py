"""What holds for every test: those that need the shared folder run where it is, and say so where it is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from beside import LAB, require
from hypothesis import HealthCheck, settings
from shards import divide, parse_shard, read_seconds

# A busy machine is no fault of what is tested.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

# Two workers end together when the longest files come first. Files that wait for the same costly thing do not stand side by side.
LONGEST = (
    "end_to_end/test_main_job.py",
    "work/backends/azure/test_azure_walk.py",
    "work/backends/azure/test_azure_new_data.py",
    "end_to_end/test_nightly.py",
    "end_to_end/test_wheel.py",
    "end_to_end/test_selftest_on_papers.py",
    "benchmarks/test_verdicts_guard.py",
    "end_to_end/",
    "benchmarks/",
    "work/backends/",
    "selftest/",
    "nightly/",
    "promotion/",
    "measures/",
)
HERE = Path(__file__).parent


def pytest_runtest_setup(item: pytest.Item) -> None:
    require(item)


@pytest.fixture(scope="session")
def lab_file() -> Path:
    """Return the lab's file, for tests that carry ``needs_shared(LAB_NAME)``; fail where it is not there."""
    if not LAB.is_file():
        pytest.fail(f"{LAB.name} is not there: mark the test with needs_shared")
    return LAB


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest files first, leave out those of other shards, and mark the tests of the stand-in for Azure.

    With the shared folder these hold every request to Microsoft's description of it.
    """
    for item in items:
        if "cloud" in getattr(item, "fixturenames", ()):
            item.add_marker("uses_shared")
    items.sort(key=rank)
    if shard := os.environ.get("SHARD"):
        part, parts = parse_shard(shard)
        chosen = divide(map(name_file, items), read_seconds(), parts)[part - 1]
        config.hook.pytest_deselected(items=[item for item in items if name_file(item) not in chosen])
        items[:] = [item for item in items if name_file(item) in chosen]


def rank(item: pytest.Item) -> int:
    """Return the place of the item's file among the longest; tests of one file keep their order."""
    name = name_file(item)
    return next((place for place, prefix in enumerate(LONGEST) if name.startswith(prefix)), len(LONGEST))


def name_file(item: pytest.Item) -> str:
    """Return the path of the item's file below this folder, "" for one that lies elsewhere."""
    return item.path.relative_to(HERE).as_posix() if item.path.is_relative_to(HERE) else ""
