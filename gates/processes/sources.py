"""Remember what a child really read: the digest of each source that it compiled and of each file of its suite that it opened.

A file that is exchanged while it is loaded, and put back, looks the same before and after; what was read does not.
"""

from __future__ import annotations

import hashlib
from pathlib import Path, PosixPath, WindowsPath

# By the absolute path of a file; the first reading counts, and a second one with another content is remembered as unequal to all.
READ: dict[Path, str] = {}
CHANGING = "changed between two readings"
_Plain = WindowsPath if isinstance(Path(), WindowsPath) else PosixPath


def remember(path: str | Path, content: bytes) -> bytes:
    """Remember the digest of ``content``, which was read from ``path``, and return the content."""
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if READ.setdefault(Path(path).resolve(), digest) != digest:
        READ[Path(path).resolve()] = CHANGING
    return content


class ReadPath(_Plain):  # type: ignore[misc, valid-type]
    """Name a file whose content is remembered when it is read as a whole."""

    def read_bytes(self) -> bytes:
        """Return the content. Raises `OSError`."""
        return remember(self, super().read_bytes())

    def read_text(self, encoding: str | None = None, errors: str | None = None) -> str:
        """Return the content as text, with the ends of lines as they are in the file. Raises `OSError` and ValueError."""
        return self.read_bytes().decode(encoding or "utf-8", errors or "strict")
