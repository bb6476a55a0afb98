"""Write a single value of a table for people, and say in what two names differ that look alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def show(value: object) -> str:
    """Return `repr` of the value as Python's own: numpy from version 2 on writes its numbers as ``np.int64(1)``."""
    own = getattr(value, "item", None)
    try:
        return repr(value if own is None else own())
    except (TypeError, ValueError):  # something else that is called item
        return repr(value)


def differs_little(name: str, others: Iterable[str]) -> str:
    """Return in what the first of ``others`` that looks like ``name`` differs from it, to end a sentence; empty where none does.

    Looked at are the Unicode form (``é`` in one character or in two), blanks, and capitals.
    """
    for other in others:
        if other == name or _plain(other).casefold() != _plain(name).casefold():
            continue
        kinds = []
        if unicodedata.normalize("NFC", other) != other or unicodedata.normalize("NFC", name) != name:
            kinds.append("its Unicode form")
        if _blanks(other) != _blanks(name):
            kinds.append("blanks")
        if _plain(other) != _plain(name):
            kinds.append("capitals")
        what = " and ".join(kinds) or "characters that look alike"
        return f" ({other!a} differs from {name!a} in {what} only: write both names alike)"
    return ""


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split())


def _blanks(name: str) -> list[str]:
    return [character for character in name if character.isspace()]
