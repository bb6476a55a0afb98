"""Keep the environment's secrets out of everything that is kept or shown: reports, logs, verdicts.

A check or a training script may print its environment, or fail with an address that holds a password. What is hidden are the values
of variables whose name says that they are secret, and passwords inside addresses and connection strings. It does not stop a
check that encodes a secret on purpose.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from gates.errors import BackendError

HIDDEN = b"***"
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSW|PWD|CREDENTIAL|CONNECTION|_SAS|_PAT\b|AUTHORIZATION", re.IGNORECASE)
_INSIDE = re.compile(
    r"://[^/\s:@]*:([^/\s@]+)@|(?:AccountKey|SharedAccessKey|Password|pwd|sig)=([^;&\s]+)", re.IGNORECASE
)
_SHORTEST = 8  # a shorter value would hide ordinary words and numbers


class Secrets:
    """Hold the secrets of one environment. Its text form shows none of them.

    Values shorter than 8 characters and whole numbers are not treated as secrets.
    """

    def __init__(self, environment: Mapping[str, str], more: Iterable[str] = ()) -> None:
        """Find the secrets in ``environment``; ``more`` are secrets that are in no variable, like the key of a new endpoint."""
        self._environment = dict(environment)
        forms = {form for value in (*_values(environment), *more) for form in _forms(value)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile(b"|".join(map(re.escape, longest_first))) if longest_first else None

    def and_also(self, *more: str) -> Secrets:
        """Return the secrets of the same environment and ``more``, which replaces any given before; empty texts are none."""
        return Secrets(self._environment, more)

    def hide(self, content: bytes) -> bytes:
        """Return ``content`` with every secret replaced by ``***``."""
        return self._pattern.sub(HIDDEN, content) if self._pattern else content

    def hide_text(self, text: str) -> str:
        """Return a text with every secret replaced by ``***``."""
        return self.hide(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def hide_in(self, file: Path) -> None:
        """Hide the secrets in a file that was written by a child. Raises `BackendError` when it cannot be rewritten."""
        try:
            content = file.read_bytes()
            if (hidden := self.hide(content)) != content:
                file.write_bytes(hidden)
        except OSError as error:
            raise BackendError(f"{file} cannot be cleared of secrets: {error.strerror}", "remove it by hand") from None


def _values(environment: Mapping[str, str]) -> Iterator[str]:
    for name, value in environment.items():
        if _SECRET_NAME.search(name):
            yield from (line for line in value.splitlines() if not line.startswith("-----"))
        for match in _INSIDE.finditer(value):
            yield match[1] or match[2]


def _forms(value: str) -> Iterator[bytes]:
    """As it is, and as JSON spells it."""
    value = value.strip()
    if len(value) >= _SHORTEST and not value.isdecimal():
        for form in (value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]):
            yield form.encode("utf-8", "surrogateescape")
