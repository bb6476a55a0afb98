"""What holds for every test: those that need the shared folder run where it is, and say so where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from beside import LAB, require


def pytest_runtest_setup(item: pytest.Item) -> None:
    require(item)


@pytest.fixture(scope="session")
def lab_file() -> Path:
    """Return the lab's file, for tests that carry ``needs_shared(LAB_NAME)``; fail where it is not there."""
    if not LAB.is_file():
        pytest.fail(f"{LAB.name} is not there: mark the test with needs_shared")
    return LAB


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of the stand-in for Azure: with the shared folder they hold every request to Microsoft's description."""
    for item in items:
        if "cloud" in getattr(item, "fixturenames", ()):
            item.add_marker("uses_shared")
