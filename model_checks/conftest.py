"""What the model checks need beside the root's fixtures: the conditions under which a check asks nothing."""

from __future__ import annotations

import pytest

from model_checks.behaviour_file import read_behaviours


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


@pytest.fixture
def answers_with_a_direction(challenger, roles, inapplicable) -> None:
    """For checks that ask whether an answer moves: numbers do, and probabilities, but not labels alone."""
    if roles.task == "classification" and (challenger.classes is None or not challenger.signature.probabilities):
        inapplicable("no_probabilities", "the model gives labels alone, which do not rise or fall")


@pytest.fixture
def behaviours(settings, request):
    """The rows of the behaviour file that the settings name."""
    return read_behaviours(request.config.rootpath / str(settings["behaviours"]))
