"""A prediction must be affordable, and so must the file that makes it."""

import pytest

from gates.measures.model.cost import time_per_row, time_single_row

pytestmark = pytest.mark.gate("model")


def test_a_batch_is_fast(challenger, holdout, settings, evidence):
    timing = time_per_row(challenger, holdout, repetitions=settings["timings"])
    evidence("ms_per_row", timing.median, n=timing.n, detail=timing.describe(), needed_n=timing.needed_n)


def test_a_single_row_is_fast(challenger, holdout, settings, evidence):
    timing = time_single_row(challenger, holdout, repetitions=settings["timings"])
    evidence("ms_single_row", timing.median, n=timing.n, detail=timing.describe(), needed_n=timing.needed_n)


def test_the_artifact_is_small(challenger, evidence):
    evidence("artifact_mib", challenger.size / 2**20, n=1)
