"""Make foreign text safe to print: a column name must not be able to control a terminal."""

from __future__ import annotations

import re
import unicodedata

_CREDENTIALS = re.compile(r"(?P<scheme>https?://)(?:[^\s/?#]*@)?(?P<rest>[^\s?#]*)(?:\?[^\s#]*)?", re.IGNORECASE)


def printable(text: str) -> str:
    """Return a text on one line, with control and invisible formatting characters written as escapes."""
    return "".join(_visible(character) for character in text)


def unsigned(text: str) -> str:
    """Return a text without the query and the user of every URL in it: they may hold a signature, or a password."""
    return _CREDENTIALS.sub(r"\g<scheme>\g<rest>", text)


def _visible(character: str) -> str:
    if character == "\n":
        return " "
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return character.encode("unicode_escape").decode("ascii")
    return character
