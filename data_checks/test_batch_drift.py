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
    drift = compare_rows(reference, arrivals, roles=roles, settings=settings, alpha=bound("drift of the batch"))
    changed = f"{changed_rows} known rows have changed"
    evidence("columns compared in the batch", drift.compared, n=drift.n, detail=drift.compared_sentence)
    evidence("infinite values in the batch", drift.infinite, n=drift.n, detail=drift.infinite_sentence)
    evidence("drift of the batch", drift.p_value, n=drift.n, detail=f"{drift.sentence}; {changed}")
    evidence("share of the rows that drift of the batch needs", drift.rows_share, n=drift.n, needed_n=drift.needed_n,
             detail=drift.sentence)  # fmt: skip
