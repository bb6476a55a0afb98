"""The rows of the current file look like those of the reference."""

import pytest

pytestmark = pytest.mark.gate("drift_files")


def test_the_rows_look_like_those_of_the_reference(drift, evidence):
    evidence.of(drift("drift").measured())
