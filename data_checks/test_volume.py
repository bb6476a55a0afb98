"""The batch is large enough to mean something, and about as large as the last one."""

import pytest

pytestmark = pytest.mark.gate("data")


def test_there_are_enough_rows(expect, evidence):
    evidence.of(expect.row_count)


def test_the_batch_is_about_as_large_as_the_last_one(batch, previous, evidence):
    ratio, detail = len(batch) / len(previous), f"{len(batch):,} rows here, {len(previous):,} in the last batch"
    evidence("rows_ratio", ratio, n=len(batch), detail=detail)
    evidence("growth", ratio, n=len(batch), detail=detail)
