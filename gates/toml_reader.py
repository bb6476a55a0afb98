"""Read TOML tables strictly: every fault at once, each with its key path, the legal values and the nearest spelling."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from pathlib import Path

from gates.errors import ConfigError

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)\Z")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST = 100 * 365 * 86400  # a century; what is longer is a slip of the keyboard, and would overflow a clock


def read_toml(path: Path) -> Mapping[str, object]:
    """Parse a TOML file. Raises `ConfigError` when it is absent, unreadable or not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"{path} does not exist", "run in the project's folder, or name a file with --policy"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path} cannot be read as TOML: {error}") from None


def read_seconds(text: str) -> float | None:
    """A length of time above zero written like ``90s``, ``10m``, ``24h`` or ``7d``, in seconds; None for anything else."""
    match = _DURATION.match(text)
    seconds = float(match[1]) * _UNITS[match[2]] if match else 0.0
    return seconds if 0 < seconds <= _LONGEST else None


def nearest(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'checks'?`` or nothing."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


class Table:
    """One table of a configuration file. Reading a key marks it known; `close` reports every key that nobody read."""

    def __init__(self, path: str, content: object, faults: list[str]) -> None:
        self.path = path
        self.faults = faults
        self._known: set[str] = set()
        self._content: Mapping[str, object] = content if isinstance(content, dict) else {}
        if content is not None and not isinstance(content, dict):
            self.fault("", f"is {_kind(content)}, wanted a table")

    def keys(self) -> tuple[str, ...]:
        return tuple(self._content)

    def fault(self, key: str, sentence: str) -> None:
        self.faults.append(f"[{self.path}]{' ' + key if key else ''} {sentence}")

    def table(self, key: str) -> Table:
        self._known.add(key)
        return Table(f"{self.path}.{key}", self._content.get(key), self.faults)

    def raw(self, key: str) -> object:
        self._known.add(key)
        return self._content.get(key)

    def text(self, key: str, default: str | None = None, *, choices: Collection[str] = ()) -> str:
        value = self.raw(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not value:
            self.fault(key, f"is {_kind(value)}, wanted a text{_legal(choices)}")
            return default or ""
        if choices and value not in choices:
            self.fault(key, f"is {value!r}, wanted{_legal(choices)}{nearest(value, choices)}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.raw(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.fault(key, f"is {_kind(value)}, wanted true or false")
            return default
        return value

    def whole(self, key: str, default: int) -> int:
        """A whole number of zero or more."""
        value = self.raw(key)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self.fault(key, f"is {_kind(value)}, wanted a whole number of zero or more")
            return default
        return value

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = self.raw(key)
        if value is None:
            return default
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) and item for item in items):
            self.fault(key, f"is {_kind(value)}, wanted a list of texts")
            return default
        return tuple(items)

    def duration(self, key: str, default: str) -> timedelta:
        """A length of time written like ``90s``, ``10m``, ``24h`` or ``7d``."""
        value = self.raw(key)
        seconds = read_seconds(value if isinstance(value, str) else default if value is None else "")
        if seconds is None:
            self.fault(key, f"is {value!r:.60}, wanted a length of time above zero like '90s', '10m', '24h' or '7d'")
            return timedelta(0)
        return timedelta(seconds=seconds)

    def close(self) -> None:
        """Report unknown keys: a misspelt bound must never be a bound that is not there."""
        for key in self._content:
            if key not in self._known:
                legal = ", ".join(sorted(self._known))
                self.fault(key, f"is not a key that exists (legal: {legal}){nearest(key, self._known)}")


def _legal(choices: Collection[str]) -> str:
    return f" {' or '.join(repr(choice) for choice in choices)}" if choices else ""


def _kind(value: object) -> str:
    return "missing" if value is None else f"{value!r:.60}"
