"""Damage bytes as disks, people and attackers do: flip, cut, repeat, insert."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

SPLICES = (
    b"",
    b"\0",
    b"\xff\xfe",
    b"null",
    b"NaN",
    b"-1",
    b"1e999",
    b'"',
    b"{",
    b"[" * 200,
    b"9" * 5000,
    "\u202e☃".encode(),
    b"\r\n",
    b"PK\x05\x06",
    b"PAR1",
)


@st.composite
def damaged(draw: st.DrawFn, sound: bytes) -> bytes:
    """Draw ``sound`` with one to four faults, or other bytes altogether."""
    if draw(st.integers(0, 19)) == 0:
        return draw(st.binary(max_size=400))
    content = bytearray(sound)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(content) - 1)))
        kind = draw(st.sampled_from(("flip", "cut", "splice", "repeat", "drop")))
        length = draw(st.integers(1, 40))
        if kind == "flip" and content:
            content[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "cut":
            del content[at:]
        elif kind == "splice":
            content[at : at + draw(st.integers(0, 8))] = draw(st.sampled_from(SPLICES))
        elif kind == "repeat":
            content[at:at] = content[at : at + length]
        else:
            del content[at : at + length]
    return bytes(content)


TEXTS = (
    *(
        "",
        "x",
        "null",
        "sha256:" + "a" * 64,
        "a" * 64,
        "A" * 64,
        "\u202e##vso[task.setvariable variable=x]",
        "\ud800",
        "PASSED",
    ),
    *(
        "2026-11-24T12:00:00",
        "2026-11-24T12:00:00+00:00",
        "9999-12-31T23:59:59+00:00",
        "0001-01-01T00:00:00+14:00",
        "FAILED",
    ),
)
NUMBERS = (None, True, False, 0, 1, -1, 2**63, 10**400, 0.5, -0.0, 1e308)
PARTS = ("[]", "{}", "[[]]", "[null]", '{"": null}', '{"sha256": "a"}', '{"schema": 2}')
VALUES = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from(NUMBERS),
    st.sampled_from(PARTS).map(json.loads),
    st.text(max_size=8),
    st.integers(),
)


@st.composite
def reshaped(draw: st.DrawFn, sound: bytes) -> bytes:
    """Draw a JSON document like ``sound`` with one to three of its fields exchanged, gone, added, renamed or moved.

    It is written as canonical bytes: the first look of a reader, at the form, has nothing to find.
    """
    document = json.loads(sound)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_containers(document))
        place = places[draw(st.integers(0, len(places) - 1))]
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        kind = draw(st.sampled_from(("value", "value", "borrow", "drop", "add", "rename")))
        if kind == "add" or not keys:
            _add(place, draw(st.text(max_size=5)), draw(VALUES))
            continue
        key = draw(st.sampled_from(keys))
        if kind == "value":
            place[key] = draw(VALUES)
        elif kind == "borrow":  # another part of the same document, of another type, or of the same
            other = places[draw(st.integers(0, len(places) - 1))]
            place[key] = copy.deepcopy(
                draw(st.sampled_from([*(other.values() if isinstance(other, dict) else other), other]))
            )
        elif kind == "rename" and isinstance(place, dict):
            place[draw(st.text(max_size=5))] = place.pop(key)
        else:
            del place[key]
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace")


def _add(place: Any, key: str, value: object) -> None:
    if isinstance(place, dict):
        place[key] = value
    else:
        place.append(value)


def _containers(value: object) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _containers(inner)
