"""A night that was kept is read field by field: what would break whoever uses it later is refused when it is read."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from gates.errors import SubjectError
from gates.nightly.night import Night, NightState, from_document, to_document


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", 3), ("alpha", "0.1"), ("alpha", True), ("p_value", "nan"), ("p_value", 10**400), ("rows", 1.5), ("epoch", None),
        ("worst", [{"column": "a", "effect": "moved", "p_value": "small", "drifted": True}]),
        ("worst", [{"column": None, "effect": "moved", "p_value": 0.1, "drifted": True}]),
        ("worst", ["a"]), ("effects", {"a": ["nan"]}), ("effects", []), ("reasons", "none"), ("at", "2026-11-24T03:00:00"),
    ],
)  # fmt: skip
def test_a_kept_night_with_a_field_of_another_type_is_refused(name, value):
    night = Night(
        "n1", datetime(2026, 11, 24, 3, tzinfo=UTC), NightState.CALM, 0.001, 2, 1, "p", "1000", effects={"a": (0.5,)}
    )
    document = json.loads(to_document(night))
    assert from_document(to_document(night)).effects == {"a": (0.5,)}
    with pytest.raises(SubjectError, match="a kept night cannot be read"):
        from_document(json.dumps({**document, name: value}).encode())
