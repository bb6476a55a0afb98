"""Make foreign text safe to print: a column name must not be able to drive a terminal."""

from __future__ import annotations

import unicodedata


def printable(text: str) -> str:
    """``text`` on one line, with control and invisible formatting characters written as escapes."""
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character == "\n":
        return " "
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return character.encode("unicode_escape").decode("ascii")
    return character
