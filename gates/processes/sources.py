"""Remember what a child really read: the digest of each source that it compiled and of each file of its suite that it opened.

A file that is exchanged while it is loaded, and put back, looks the same before and after; what was read does not.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader
from pathlib import Path, PosixPath, WindowsPath
from types import CodeType

_GATES = Path(__file__).resolve().parents[1]

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


class FromSource(SourceFileLoader):
    """Load a module from its source, and never from a compiled file: that one may say something else."""

    def get_code(self, fullname: str) -> CodeType:
        """Return the code that the source compiles to. Raises `SyntaxError`, and `OSError` where it cannot be read."""
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(remember(path, self.get_data(path)), path)
        return code


def compile_from_source(own: Sequence[str]) -> None:
    """Let modules in the folders ``own`` be compiled from their source from now on, and remember what was read."""
    sys.path_hooks.insert(0, _finder_of(own))
    sys.path_importer_cache.clear()


def _finder_of(own: Sequence[str]) -> Callable[[str], FileFinder]:
    apart = [_GATES, Path(sys.prefix).resolve()]

    def find(entry: str) -> FileFinder:
        place = Path(entry).resolve()
        if not any(place.is_relative_to(folder) for folder in own) or any(map(place.is_relative_to, apart)):
            raise ImportError(entry)
        return FileFinder(entry, (ExtensionFileLoader, EXTENSION_SUFFIXES), (FromSource, SOURCE_SUFFIXES))

    return find
