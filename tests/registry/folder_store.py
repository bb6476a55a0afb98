"""A shared store on a folder, for tests: the same promises as a blob container, and a way to fail at any call."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gates.digest import Digest
from gates.errors import BackendError


class FolderStore:
    """Tags count writes. ``fail`` is told each call before it is made (``after`` it with a ``+``), and may raise."""

    def __init__(self, root: Path, fail: Callable[[str], None] = lambda _: None) -> None:
        self.root = root
        self.fail = fail
        self.place = "the shared folder"
        self.calls: list[str] = []
        root.mkdir(parents=True, exist_ok=True)

    def tag(self, name: str) -> str:
        with self._call("tag"):
            return self._tag(name)

    def read(self, name: str) -> tuple[bytes, str] | None:
        with self._call("read"):
            tag = self._tag(name)
            return ((self.root / name).read_bytes(), tag) if tag else None

    def write(self, name: str, content: bytes, *, tag: str) -> str:
        with self._call("write"):
            if self._tag(name) != tag:
                return ""
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            count = int(tag.partition("-")[0] or 0) + 1
            self._tag_file(name).write_text(f"{count}-{Digest.of_bytes(content).hex[:8]}")
            return self._tag(name)

    def put(self, name: str, source: Path) -> None:
        with self._call("put"):
            if not self._tag(name):
                path = self.root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, path)

    def fetch(self, name: str, into: Path) -> bool:
        with self._call("fetch"):
            if not (self.root / name).is_file():
                return False
            shutil.copyfile(self.root / name, into)
            return True

    def names(self, prefix: str) -> list[str]:
        with self._call("names"):
            found = (str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file())
            return sorted(name for name in found if name.startswith(prefix) and not name.startswith("."))

    def _tag(self, name: str) -> str:
        if not (self.root / name).is_file():
            return ""
        tags = self._tag_file(name)
        return tags.read_text() if tags.exists() else "0"

    def _tag_file(self, name: str) -> Path:
        return self.root / f".{name.replace('/', '+')}.tag"

    @contextmanager
    def _call(self, what: str) -> Iterator[None]:
        self.calls.append(what)
        self.fail(what)
        with (self.root / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        self.fail(f"{what}+")


def open_store(config: Path) -> FolderStore:
    """For the command line: the folder that a test names."""
    return FolderStore(Path(os.environ["SHARED_FOLDER"]))


def unreachable(*_: object) -> None:
    raise BackendError("the shared folder cannot be reached", "try again")
