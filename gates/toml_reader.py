"""Read TOML tables strictly: every fault at once, each with its key path, the legal values and the nearest spelling.

A table is read against a list of `Key` declarations: name, kind, default, legal values and one sentence about each. The
same declarations describe the table to people and to editors, so that the description cannot differ from what is read.
An unknown key is a fault, because a misspelt key that is ignored is a setting that silently does not hold.
"""

from __future__ import annotations

import difflib
import pickle
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import cast

from gates.errors import ConfigError

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)\Z")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST = 100 * 365 * 86400  # a century; what is longer is a typing error, and would overflow a clock

Scalar = str | int | float | bool


def read_toml(path: Path) -> Mapping[str, object]:
    """Return the parsed content of a TOML file. Raises `ConfigError` when it is absent, unreadable or not TOML."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(
            f"{path} does not exist", "run in the project's folder, or name a file with --policy"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}") from None
    return parse_toml(content, path)


def parse_toml(content: bytes, path: Path) -> Mapping[str, object]:
    """Return the parsed content of a TOML file; ``path`` names it in messages. Raises `ConfigError` where it is not TOML."""
    try:
        text = content.decode("utf-8").replace("\r\n", "\n")  # as a file that is opened as text is read
        return cast(dict[str, object], pickle.loads(_parse(text)))
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits is a ValueError
        raise ConfigError(f"{path} cannot be read as TOML: {error}") from None


@lru_cache(maxsize=16)
def _parse(text: str) -> bytes:
    """Return the content, packed: the parser is slow, and a command reads the same files again and again to see changes.

    Each caller unpacks a copy of its own, which is faster than `copy.deepcopy`.
    """
    return pickle.dumps(tomllib.loads(text))


def read_seconds(text: str) -> float | None:
    """Return the seconds of a length of time written like ``90s``, ``10m``, ``24h`` or ``7d``.

    None for other text, for zero, and for more than 100 years.
    """
    match = _DURATION.match(text)
    seconds = float(match[1]) * _UNITS[match[2]] if match else 0.0
    return seconds if 0 < seconds <= _LONGEST else None


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean 'checks'?`` for the known word that is most like ``word``, or an empty text."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def listed(names: Iterable[str], limit: int = 8) -> str:
    """Return the names joined by commas, like ``a, b, c and 4 more`` where there are more than ``limit``."""
    every = list(names)
    rest = len(every) - limit
    return ", ".join(every[:limit]) + (f" and {rest} more" if rest > 0 else "")


class KeyKind(StrEnum):
    """List the kinds of value that a key may have."""

    TEXT = "a text"
    TEXTS = "a list of texts"  # each entry once
    TEXT_OR_TEXTS = "a text or a list of texts"
    FLAG = "true or false"
    WHOLE = "a whole number"
    WHOLES = "a list of whole numbers"
    NUMBER = "a number"
    DURATION = "a length of time"
    DATE = "a date"
    SCALARS = "a table of texts, numbers, true and false"
    TABLE = "a table"
    TABLES = "a list of tables"


@dataclass(frozen=True, slots=True)
class Key:
    """Declare one key of a table: what it is called, what it may hold, and what holds where it is absent.

    ``about`` is one sentence for people. ``default`` is the value of an absent key (None: there is none, and the key is
    optional unless ``required``). ``choices`` and ``pattern`` (a regular expression for the whole text) limit a text;
    ``least``, ``most``, ``above`` and ``below`` limit a number, the first two with the limit itself, the others without
    it. ``wanted`` completes "wanted ..." in messages; empty, it is made from kind and limits. ``keys`` declares the inner
    keys of a TABLE, or of each entry of TABLES; without them the inner keys are free. ``blank`` lets an entry of a list of texts
    be empty. ``word`` is the one text that may stand in the place of a list of texts.
    """

    name: str
    kind: KeyKind
    about: str = ""
    default: object = None
    required: bool = False
    choices: tuple[str, ...] = ()
    pattern: str = ""
    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None
    wanted: str = ""
    word: str = ""
    keys: tuple[Key, ...] = ()
    blank: bool = False

    def describe_wanted(self) -> str:
        """Return what the key may hold, to complete the words "wanted ..."."""
        if self.wanted:
            return self.wanted
        limits = [
            f"{words} {limit:g}"
            for words, limit in (
                ("of at least", self.least or None),
                ("of at most", self.most),
                ("above", self.above),
                ("below", self.below),
            )
            if limit is not None
        ]
        if self.least == 0:
            limits.insert(0, "of zero or more")
        return " ".join(filter(None, (self.kind.value, " and ".join(limits), _legal(self.choices))))

    def accepts_text(self, text: str) -> bool:
        """Return whether ``text`` is not blank, one of the choices where there are some, and matches the pattern."""
        if not text.strip() or (self.choices and text not in self.choices):
            return False
        return not self.pattern or re.fullmatch(self.pattern, text) is not None

    def accepts_number(self, number: float) -> bool:
        """Return whether ``number`` is within the limits; NaN is within none."""
        return (
            number == number
            and (self.least is None or number >= self.least)
            and (self.most is None or number <= self.most)
            and (self.above is None or number > self.above)
            and (self.below is None or number < self.below)
        )


class Table:
    """Read one table of a configuration file.

    ``path`` names the table in messages (``tool.ml``), ``content`` is what the file holds there (None: absent), ``faults``
    collects a sentence for each fault. With ``keys`` the readers take default and limits from the declaration; a table
    without declarations takes them from the arguments of each call. Reading a key marks it known; `close` reports every
    key that is neither declared nor read.
    """

    def __init__(self, path: str, content: object, faults: list[str], keys: Sequence[Key] = ()) -> None:
        self.path = path
        self.faults = faults
        self._declared = {key.name: key for key in keys}
        self._known: set[str] = set(self._declared)
        self._content: Mapping[str, object] = content if isinstance(content, dict) else {}
        if content is not None and not isinstance(content, dict):
            self.fault("", f"is {_shown(content)}, wanted a table")

    def keys(self) -> tuple[str, ...]:
        """Return the keys that the file gives, in the order of the file."""
        return tuple(self._content)

    def fault(self, key: str, sentence: str) -> None:
        """Add a fault: ``sentence`` goes on after the name of the table and of the key (empty: the table itself)."""
        self.faults.append(f"[{self.path}]{' ' + key if key else ''} {sentence}")

    def table(self, key: str) -> Table:
        """Return the table under ``key``, empty where it is absent, with the keys that its declaration gives."""
        declared = self._declared.get(key)
        return Table(f"{self.path}.{key}", self.raw(key), self.faults, declared.keys if declared else ())

    def tables(self, key: str) -> tuple[Table, ...]:
        """Return the entries of a list of tables, each named by its number from 1."""
        declared = self._declare(Key(key, KeyKind.TABLES))
        entries = self.raw(key)
        if entries is None:
            return ()
        if not isinstance(entries, list):
            self._refuse(declared, entries)
            return ()
        return tuple(
            Table(f"{self.path}.{key} {number}", entry, self.faults, declared.keys)
            for number, entry in enumerate(entries, 1)
        )

    def raw(self, key: str) -> object:
        """Return the value of ``key`` as the file holds it, None where it is absent."""
        self._known.add(key)
        return self._content.get(key)

    def text(self, key: str, default: str | None = None, *, choices: Collection[str] = ()) -> str:
        """Return a text that is not blank. Without a default an absent text is a fault, and the result is empty."""
        declared = self._declare(
            Key(key, KeyKind.TEXT, default=default, required=default is None, choices=tuple(choices))
        )
        absent = declared.default if isinstance(declared.default, str) else ""
        value = self.raw(key)
        if value is None and not declared.required:
            return absent
        if not isinstance(value, str) or not value.strip():
            self._refuse(declared, value)
            return absent
        if not declared.accepts_text(value):
            wanted = _legal(declared.choices) if declared.choices else declared.describe_wanted()
            self.fault(key, f"is {_shown(value)}, wanted {wanted}{nearest(value, declared.choices)}")
        return value

    def optional(self, key: str) -> str | None:
        """Return a text that is not blank, or None where the key is absent."""
        return None if self.raw(key) is None else self.text(key)

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return a list of texts; one text stands for a list of it, unless the declaration wants a list."""
        declared = self._declare(Key(key, KeyKind.TEXT_OR_TEXTS, default=default))
        absent = declared.default if isinstance(declared.default, tuple) else ()
        value = self.raw(key)
        if value is None or (declared.word and value == declared.word):
            return absent
        items = [value] if isinstance(value, str) and declared.kind is KeyKind.TEXT_OR_TEXTS else value
        if not isinstance(items, list) or not all(isinstance(item, str) and (item or declared.blank) for item in items):
            self.fault(key, f"is {_shown(value)}, wanted {declared.wanted or KeyKind.TEXTS.value}")
            return absent
        repeated = sorted({item for item in items if items.count(item) > 1})
        if repeated and declared.kind is KeyKind.TEXTS:
            self.fault(key, f"lists {listed(map(repr, repeated))} more than once, wanted each entry once")
        return tuple(items)

    def flag(self, key: str, default: bool = False) -> bool:
        """Return the value of a flag, or the default where the key is absent or its value is a fault."""
        declared = self._declare(Key(key, KeyKind.FLAG, default=default))
        value = self.raw(key)
        if isinstance(value, bool):
            return value
        if value is not None:
            self._refuse(declared, value)
        return bool(declared.default)

    def whole(self, key: str, default: int = 0) -> int:
        """Return a whole number of zero or more, unless the declaration sets other limits; the default where absent or a fault."""
        declared = self._declare(Key(key, KeyKind.WHOLE, default=default, least=0))
        value = self.raw(key)
        if isinstance(value, int) and not isinstance(value, bool) and declared.accepts_number(value):
            return value
        if value is not None or declared.required:
            self._refuse(declared, value)
        return declared.default if isinstance(declared.default, int) else 0

    def wholes(self, key: str) -> tuple[int, ...]:
        """Return a list of whole numbers, each within the limits of the declaration."""
        declared = self._declare(Key(key, KeyKind.WHOLES))
        absent = declared.default if isinstance(declared.default, tuple) else ()
        value = self.raw(key)
        if value is None:
            return absent
        whole = isinstance(value, list) and all(
            isinstance(item, int) and not isinstance(item, bool) and declared.accepts_number(item) for item in value
        )
        if not whole:
            self._refuse(declared, value)
            return absent
        return tuple(value) if isinstance(value, list) else absent

    def number(self, key: str, default: float = 0.0) -> float:
        """Return a number within the limits of the declaration; the default where it is absent or a fault."""
        declared = self._declare(Key(key, KeyKind.NUMBER, default=default))
        value = self.raw(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and declared.accepts_number(value):
            return float(value)
        if value is not None or declared.required:
            self._refuse(declared, value)
        return float(declared.default) if isinstance(declared.default, int | float) else 0.0

    def duration(self, key: str, default: str = "") -> timedelta:
        """Return a length of time written like ``90s``, ``10m``, ``24h`` or ``7d``; zero where it is a fault."""
        declared = self._declare(Key(key, KeyKind.DURATION, default=default))
        value = self.raw(key)
        text = declared.default if value is None else value
        seconds = read_seconds(text) if isinstance(text, str) else None
        if seconds is None:
            self.fault(key, f"is {value!r:.60}, wanted a length of time above zero like '90s', '10m', '24h' or '7d'")
            return timedelta(0)
        return timedelta(seconds=seconds)

    def scalars(self, key: str) -> Mapping[str, Scalar]:
        """Return a table whose values are texts, numbers, true or false."""
        declared = self._declare(Key(key, KeyKind.SCALARS))
        value = self.raw(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self._refuse(declared, value)
            return {}
        for name, entry in value.items():
            if not isinstance(entry, str | int | float | bool):
                self.fault(f"{key}.{name}", f"is {_shown(entry)}, wanted a text, a number, true or false")
        return dict(value)

    def close(self) -> None:
        """Report unknown keys: a misspelt bound must never be a bound that is not there."""
        for key in self._content:
            if key not in self._known:
                legal = ", ".join(sorted(self._known))
                self.fault(key, f"is not a key that exists (legal: {legal}){nearest(key, self._known)}")

    def _declare(self, key: Key) -> Key:
        """Return the declaration of the table for this key, or ``key`` itself in a table without declarations."""
        if not self._declared:
            return key
        return self._declared[key.name]

    def _refuse(self, key: Key, value: object) -> None:
        self.fault(key.name, f"is {_shown(value)}, wanted {key.describe_wanted()}")


def _legal(choices: Collection[str]) -> str:
    return " or ".join(repr(choice) for choice in choices)


def _shown(value: object) -> str:
    return "missing" if value is None else f"{value!r:.60}"
