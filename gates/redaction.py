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
from urllib.parse import unquote, unquote_plus

from gates.errors import BackendError

HIDDEN = b"***"
_NO_SECRETS = ("PWD", "OLDPWD")  # of every shell: the folder in which a command is started
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:(?P<user>[^/?#\s]*)@)?[^?#\s]*(?:\?(?P<query>[^#\n\"']*))?")
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSW|PWD|CREDENTIAL|CONNECTION|_SAS|_PAT\b|AUTHORIZATION", re.IGNORECASE)
_INSIDE = re.compile(
    r"://[^/\s:@]*:([^/\s@]+)@|(?:AccountKey|SharedAccessKey|Password|pwd|sig)=([^;&\s]+)", re.IGNORECASE
)
_ORDINARY = re.compile(r"[a-z_-]*")  # no value of a query that could be the name of a check or a column
_SHORTEST = 8  # a shorter value would hide ordinary words and numbers


class Secrets:
    """Hold the secrets of one environment. Its text form shows none of them.

    Values shorter than 8 characters and whole numbers are not treated as secrets.
    """

    def __init__(self, environment: Mapping[str, str], more: Iterable[str] = ()) -> None:
        """Find the secrets in ``environment``; ``more`` are secrets that are in no variable, like the key of a new endpoint."""
        self._environment, self._more = dict(environment), tuple(more)
        forms = {form for value in (*_values(environment), *self._more) for form in _forms(value)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile(b"|".join(map(re.escape, longest_first))) if longest_first else None

    def and_also(self, *more: str) -> Secrets:
        """Return these secrets together with others; empty texts are none."""
        return Secrets(self._environment, (*self._more, *more))

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


def find_url_secrets(*texts: str) -> tuple[str, ...]:
    """Return what no output may repeat of the URLs in these texts: user, password, and the values of the query."""
    return tuple(
        form
        for text in texts
        for url in _URL.finditer(text)
        for value in (*_user_of(url["user"] or ""), *_query_of(url["query"] or ""))
        for form in dict.fromkeys((value, unquote(value), unquote_plus(value)))
    )


def _user_of(text: str) -> Iterator[str]:
    yield from (part for part in text.split(":", 1) if part)


def _query_of(text: str) -> Iterator[str]:
    """The values of a query, and the whole of one that has no names; a value may be cut where a blank stands in it."""
    for part in text.split("&"):
        name, equals, value = part.partition("=")
        words = [value if equals else name, *value.split()]
        yield from (word for word in words if not _ORDINARY.fullmatch(word))


def _values(environment: Mapping[str, str]) -> Iterator[str]:
    for name, value in environment.items():
        if _SECRET_NAME.search(name) and name not in _NO_SECRETS and not Path(value).is_dir():
            yield from (line for line in value.splitlines() if not line.startswith("-----"))
        for match in _INSIDE.finditer(value):
            yield match[1] or match[2]


def _forms(value: str) -> Iterator[bytes]:
    """As it is, and as JSON spells it."""
    value = value.strip()
    if len(value) >= _SHORTEST and not value.isdecimal():
        for form in (value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]):
            yield form.encode("utf-8", "surrogateescape")
