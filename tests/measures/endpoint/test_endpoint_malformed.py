"""The malformed requests are what their names say: each different, none of them good, in numbers that nobody trims unseen."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from gates.measures.endpoint.malformed import MALFORMED, null_body
from gates.measures.endpoint.parity import is_same
from gates.measures.endpoint.rows import RequestRows, request_body


def test_there_are_as_many_as_there_were():
    assert len(MALFORMED) == len({malformed.name for malformed in MALFORMED}) == 43


def test_no_two_are_alike(golden):
    rows = RequestRows.of(golden)
    assert len({(malformed.body(rows), malformed.content_type) for malformed in MALFORMED}) == len(MALFORMED)


@pytest.mark.parametrize("malformed", MALFORMED, ids=str)
def test_each_differs_from_a_good_request(malformed, golden):
    rows = RequestRows.of(golden)
    good = {request_body(form[:1]) for form in rows.forms.values()}
    assert malformed.body(rows) not in good or malformed.content_type != "application/json"


@pytest.mark.parametrize("texts", [False, True])
def test_each_can_be_made_for_a_model_of_one_column(texts):
    from types import SimpleNamespace

    row = {"colour": "red"} if texts else {"size": 0.5}
    rows = RequestRows.of(SimpleNamespace(rows=[row], matrix=None if texts else [[0.5]]))
    assert all(isinstance(malformed.body(rows), bytes) for malformed in MALFORMED)
    wrong_kind = next(malformed for malformed in MALFORMED if malformed.name == "a text where a number belongs")
    assert json.loads(wrong_kind.body(rows))["data"] == ([[0.5]] if texts else [["abc"]])


def test_a_null_stands_where_a_number_stood(golden):
    assert json.loads(null_body(RequestRows.of(golden)))["data"] == [[None, -1.25, 3.0, 0.0]]


@pytest.mark.parametrize(
    ("found", "expected", "same"),
    [
        (1, 1, True), (1, 1.0, True), ("1", 1, False), (True, 1, False), (1, True, False), (True, True, True),
        (0.1 + 0.2, 0.3, True), (0.30001, 0.3, False), (1e9 + 1, 1e9, True), ("a", "A", False), ("nan", float("nan"), False),
    ],
)  # fmt: skip
def test_labels_are_the_same_only_with_their_kind(found, expected, same):
    assert is_same(found, expected) is same


def test_the_library_stays_light():
    """Every run of the endpoint gate pays for these imports."""
    code = (
        "import sys, gates.measures.endpoint.load, gates.measures.endpoint.malformed; "
        "print([name for name in ('numpy', 'pandas', 'sklearn', 'skops', 'gates.cli', 'gates.work', 'ml') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
