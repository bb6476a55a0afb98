"""The current file is what the reference taught to expect: its columns, its values, its rows, its labels."""

import pytest

pytestmark = pytest.mark.gate("data_files")


def test_the_reference_teaches_something(contract, evidence):
    evidence("rules learnt from the reference", contract.rules, n=contract.n_reference, detail=contract.learnt)


def test_there_are_enough_rows(contract, evidence):
    evidence("share of the rows that stand for anything", contract.rows_share, n=contract.n, needed_n=contract.needed_n,
             detail=contract.sizes)  # fmt: skip


def test_the_columns_are_those_of_the_reference(contract, evidence):
    columns = contract.group("columns")
    evidence("columns unlike the reference", columns.count, n=contract.n, detail=columns.detail)


def test_the_values_are_such_as_in_the_reference(contract, evidence):
    values = contract.group("values")
    evidence("values unlike the reference", values.count, n=contract.n, detail=values.detail)


def test_the_rows_are_their_own(contract, evidence):
    rows = contract.group("rows")
    evidence("rows that repeat", rows.count, n=contract.n, detail=rows.detail)


def test_the_labels_still_fit(contract, evidence):
    labels = contract.group("labels")
    evidence("labels unlike the reference", labels.count, n=contract.n, detail=labels.detail)
