"""Make foreign text safe to print: a column name must not be able to drive a terminal."""

from __future__ import annotations

import re
import unicodedata

_CREDENTIALS = re.compile(r"(?P<scheme>https?://)(?:[^\s/?#]*@)?(?P<rest>[^\s?#]*)(?:\?[^\s#]*)?", re.IGNORECASE)


def printable(text: str) -> str:
    """``text`` on one line, with control and invisible formatting characters written as escapes."""
    return "".join(_visible(character) for character in text)


def unsigned(text: str) -> str:
    """``text`` with the query and the user of every URL cut out: they may be a signature, or a password."""
    return _CREDENTIALS.sub(r"\g<scheme>\g<rest>", text)


def _visible(character: str) -> str:
    if character == "\n":
        return " "
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return character.encode("unicode_escape").decode("ascii")
    return character
