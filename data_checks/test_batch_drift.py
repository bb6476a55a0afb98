"""The new rows must look like the rows that the champion learned from.

A contract can hold and the data still be wrong: two columns swapped, a sign flipped. Where the change is meant, say so with
``gates run --accept-drift "why"``.
"""

import pytest

from gates.measures.drift.configured import compare_rows

pytestmark = pytest.mark.gate("data")


def test_new_rows_look_like_those_the_champion_learned_from(
    reference, arrivals, changed_rows, roles, settings, bound, evidence
):
    drift = compare_rows(reference, arrivals, roles=roles, settings=settings, alpha=bound("drift"))
    evidence.of(drift.measured(note=f"{changed_rows} known rows have changed"))
