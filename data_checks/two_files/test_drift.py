"""The rows of the current file look like those of the reference."""

import pytest

pytestmark = pytest.mark.gate("drift_files")


def test_the_rows_look_like_those_of_the_reference(drift, evidence):
    found = drift("drift between the files")
    evidence("columns compared in both files", found.compared, n=found.n, detail=found.compared_sentence)
    evidence("infinite values in both files", found.infinite, n=found.n, detail=found.infinite_sentence)
    evidence("drift between the files", found.p_value, n=found.n, detail=found.sentence)
    evidence("share of the rows that the files need", found.rows_share, n=found.n, needed_n=found.needed_n,
             detail=found.sentence)  # fmt: skip
