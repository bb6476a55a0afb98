"""Compare names of people as people read them: one who looks like another is that other.

The rule it protects: a person counts once. Sources: Unicode Standard Annex 15 (NFKC) and Technical Standard 39, which calls a word
in letters of several scripts the sign of a confusable name.
"""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")
_MIXED_FREELY = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO")  # scripts that names of East Asia write together


def fold_name(name: str) -> str:
    """Return the form under which two spellings of a name are one: NFKC, without case, marks of format and extra blanks."""
    normal = unicodedata.normalize("NFKC", name)
    visible = "".join(character for character in normal if unicodedata.category(character) != "Cf")
    return unicodedata.normalize("NFKC", " ".join(visible.split()).casefold())


def find_name_fault(name: str) -> str:
    """Return why a name cannot be distinguished from others by eye; an empty text where it can."""
    if any(unicodedata.category(character) in _INVISIBLE for character in name):
        return "holds a character that nobody sees"
    for word in re.findall(r"[^\W\d_]+", unicodedata.normalize("NFKC", name)):
        scripts = {_script(character) for character in word if character.isalpha()}
        if len(scripts) > 1 and not scripts <= {*_MIXED_FREELY, "LATIN"}:
            listed = " and ".join(sorted(script.capitalize() for script in scripts))
            return f"writes one word in {listed} letters, which looks like another name"
    return ""


def _script(character: str) -> str:
    return unicodedata.name(character, "UNKNOWN").partition(" ")[0]
