"""Fixtures of the tests that run a suite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from in_process import in_this_process


@pytest.fixture
def here() -> Iterator[None]:
    """Run the suites in this process, where a child would show nothing more."""
    with in_this_process():
        yield
