"""What the model checks need beside the root's fixtures: the conditions under which a check asks nothing."""

from __future__ import annotations

import pytest


@pytest.fixture
def classes_only(roles, inapplicable) -> None:
    """For checks that ask about classes."""
    if roles.task == "regression":
        inapplicable("regression", "a regression has no classes")


@pytest.fixture
def probabilities_only(challenger, classes_only, inapplicable) -> None:
    """For checks that ask about probabilities."""
    if challenger.classes is None or not challenger.signature.probabilities:
        inapplicable("no_probabilities", "the model gives labels alone")


@pytest.fixture
def slices_only(roles, inapplicable) -> None:
    """For checks that ask about declared slices."""
    if not roles.slices:
        inapplicable("no_slices", "[tool.ml] slices names no column")
