"""The batch is large enough to mean something, and about as large as the last one."""

import pytest

pytestmark = pytest.mark.gate("data")


def test_there_are_enough_rows(batch, finding, evidence):
    rows = finding("expect_table_row_count_to_be_between")
    evidence("rows", len(batch), n=rows.n, detail=rows.detail)
    evidence("row count refused", rows.value, n=rows.n, detail=rows.detail)


def test_the_batch_is_about_as_large_as_the_last_one(batch, previous, evidence):
    growth, detail = len(batch) / len(previous), f"{len(batch):,} rows here, {len(previous):,} in the last batch"
    evidence("rows against the last batch", growth, n=len(batch), detail=detail)
    evidence("growth of the batch", growth, n=len(batch), detail=detail)
