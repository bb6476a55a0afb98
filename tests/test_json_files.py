"""JSON is strict both ways."""

from __future__ import annotations

import pytest

from gates.documents import read_json, write_json


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", "holds a list"),
        ('{"a": NaN}', "NaN"),
        ('{"a": -Infinity}', "Infinity"),
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        ("[" * 100_000, "deeply"),
        ("{", "Expecting"),
    ],
)
def test_what_is_not_strict_json_is_refused(text, expected):
    with pytest.raises(ValueError, match=expected):
        read_json(text)


def test_nan_is_not_written_and_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="Out of range"):
        write_json(tmp_path / "x.json", {"a": float("nan")})
    assert not list(tmp_path.iterdir())


def test_what_is_written_is_read_again(tmp_path):
    write_json(tmp_path / "x.json", {"größe": [1, 2.5, None, "é"]})
    assert read_json((tmp_path / "x.json").read_bytes()) == {"größe": [1, 2.5, None, "é"]}
