"""Damage bytes as disks, people and attackers do: flip, cut, repeat, insert."""

from __future__ import annotations

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
