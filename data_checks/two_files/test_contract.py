"""The current file is what the profile of the reference expects: its columns, its values, its rows, its labels."""

import pytest

pytestmark = pytest.mark.gate("data_files")


def test_the_reference_teaches_something(contract, evidence):
    evidence("rules", contract.rules, n=contract.n_reference, detail=contract.learnt)


def test_there_are_enough_rows(contract, evidence):
    evidence("rows_share", contract.rows_share, n=contract.n, needed_n=contract.needed_n, detail=contract.sizes)


def test_the_columns_are_those_of_the_reference(contract, evidence):
    columns = contract.group("columns")
    evidence.violations(columns.count, n=contract.n, detail=columns.detail)


def test_the_values_match_the_reference(contract, evidence):
    values = contract.group("values")
    evidence.violations(values.count, n=contract.n, detail=values.detail)


def test_the_rows_are_their_own(contract, evidence):
    rows = contract.group("rows")
    evidence.violations(rows.count, n=contract.n, detail=rows.detail)


def test_the_labels_still_fit(contract, evidence):
    labels = contract.group("labels")
    evidence.violations(labels.count, n=contract.n, detail=labels.detail)
