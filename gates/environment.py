"""Name the environment that judged: every installed distribution, the code that Python runs before any other, and Python itself."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import site
import sys
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path

from gates.digest import Digest, digest_list

_PACKAGE = Path(__file__).parent
_FOLDER = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)\.dist-info\Z")
_OF_THE_INSTALLER = re.compile(rb"\.dist-info/(?:INSTALLER|REQUESTED|direct_url\.json|uv_\w+\.json),")
_DIGITS = 32  # of a digest in a line: 128 bits
_State = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Environment:
    """Hold what was installed at one moment: its digest, and ``state``, a number that changes with each file that was looked at.

    A package that was installed again, or a source that was edited, leaves another state also where its content is the old one.
    ``state`` has a meaning within one process.
    """

    digest: Digest
    state: int


def look_at_environment() -> Environment:
    """Return what is installed at this moment."""
    seen: list[object] = []
    lines = installed(seen)
    return Environment(digest_packages(lines), hash(tuple(seen)))


def environment_digest() -> Digest:
    """Return the digest of what `installed` lists."""
    return digest_packages(installed())


def installed(seen: list[object] | None = None) -> tuple[str, ...]:
    """Return ``python==VERSION``, then a sorted line for each installed distribution, as of now.

    A line is ``name==version+record.DIGEST``: the digest is that of the distribution's RECORD, which names the digest of each of
    its files. It stays the same on another machine that installed the same wheel. An editable installation has a version alone,
    Gates itself with the digest of its files behind it. Code that belongs to no distribution and runs at every start of Python
    counts as well: lines of ``.pth`` files, ``sitecustomize``. Into ``seen`` go the states of the files that were looked at.
    """
    seen = [] if seen is None else seen
    entries = [(entry, _changed_at(entry)) for entry in sys.path]
    packages = set()
    for one in _distributions(entries):
        state = _state_of(one.record)
        seen.append((one.line, state))
        packages.add(_describe(one, state))
    tree = _own_tree(seen) if _is_editable() else ""
    named = (f"{line}{tree}" if line.startswith("gates==") else line for line in packages)
    return (f"python=={platform.python_version()}", *sorted((*named, *_startup_code())))


@dataclass(frozen=True, slots=True)
class _Distribution:
    """Hold an installed distribution: ``line`` is ``name==version``, ``record`` the path of its RECORD, None where it has none."""

    line: str
    record: Path | None


def _changed_at(entry: str) -> int:
    """When a folder of sys.path got or lost an entry, in ns; an installer adds, removes or renames one for each distribution."""
    try:
        return Path(entry).stat().st_mtime_ns
    except OSError:
        return 0


def _is_settled(changed_at: int) -> bool:
    """Whether a time in ns is so long ago that a later change has another time: file systems count in steps of milliseconds."""
    return time.time_ns() - changed_at > 1_000_000_000


def _distributions(folders: Iterable[tuple[str, int]]) -> frozenset[_Distribution]:
    return frozenset(
        one
        for entry, changed_at in folders
        for one in (_list_distributions if _is_settled(changed_at) else _list_distributions.__wrapped__)(
            entry, changed_at
        )
    )


@lru_cache(maxsize=64)
def _list_distributions(entry: str, changed_at: int) -> tuple[_Distribution, ...]:
    return tuple(_distributions_in(entry))


def _distributions_in(entry: str) -> Iterator[_Distribution]:
    """The distributions in one entry of sys.path, by the names of their folders: reading all their metadata takes long."""
    try:
        names = [one.name for one in os.scandir(entry or ".")]
    except OSError:
        names = []  # not there, or an archive
    for match in filter(None, map(_FOLDER.match, names)):
        yield _Distribution(f"{_normal(match['name'])}=={match['version']}", Path(entry, match[0], "RECORD"))
    if len(names) == 0 or any(name.endswith((".egg-info", ".egg", ".egg-link")) for name in names):
        for old in metadata.distributions(path=[entry]):
            if not _FOLDER.match(Path(str(getattr(old, "_path", ""))).name):  # that one is above
                yield _Distribution(f"{_normal(old.name or '')}=={old.version}", None)


def _state_of(path: Path | None) -> _State:
    """The state of a file, empty where there is none."""
    try:
        return _state(path.stat()) if path else ()
    except OSError:
        return ()


def _state(status: os.stat_result) -> _State:
    """What changes with the content of a file: by an edit, and by another file in its place."""
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


@lru_cache(maxsize=4096)
def _describe(distribution: _Distribution, state: _State) -> str:
    """The line of a distribution whose RECORD is in this state."""
    if not state or distribution.record is None:
        return distribution.line
    try:
        content = distribution.record.read_bytes()
    except OSError:
        return f"{distribution.line}+record.unreadable"
    if b"direct_url.json," in content and _is_editable_in(distribution.record.parent):
        return distribution.line  # its files lie elsewhere, and RECORD holds the path to them
    digest = Digest.of_bytes(b"\n".join(_lines_of_files(content, distribution.record.parent.name)))
    return f"{distribution.line}+record.{digest.hex[:_DIGITS]}"


def _lines_of_files(record: bytes, folder: str) -> list[bytes]:
    """The lines of a RECORD, sorted, without what differs with machine and installer and stands for nothing that is imported.

    Those are files without a digest (compiled ones), scripts, which name this Python and lie outside of the folder, and what an
    installer notes of itself in ``folder``, the distribution's own. Format: packaging.python.org, "Recording installed projects".
    """
    lines = record.splitlines()
    lines.sort()
    if record.count(b",,") > 1:  # more than its own line, which is among the notes below
        lines = [line for line in lines if line[-2:] != b",,"]
    outside = slice(bisect_left(lines, b".."), bisect_left(lines, b"..\xff"))  # these begin with two dots
    del lines[outside]
    about = b"%s/" % folder.encode()  # what the distribution says of itself
    notes = slice(bisect_left(lines, about), bisect_left(lines, about + b"\xff"))
    lines[notes] = [line for line in lines[notes] if line[-2:] != b",," and not _OF_THE_INSTALLER.search(line)]
    return lines


def _is_editable_in(folder: Path) -> bool:
    """Whether the distribution of this ``.dist-info`` folder is imported from a folder in which it is developed."""
    try:
        origin = json.loads((folder / "direct_url.json").read_bytes())
        return bool(origin.get("dir_info", {}).get("editable"))
    except (OSError, ValueError, AttributeError):
        return False


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _startup_code() -> Iterator[str]:
    """Yield ``file==code.DIGEST`` for each file whose code `site` runs at every start; a line that only names a folder is none."""
    folders = tuple((folder, _changed_at(folder)) for folder in _site_folders())
    for path in _startup_files(folders):
        try:
            content = path.read_bytes()
        except OSError:
            continue  # gone since
        if path.suffix == ".pth":
            content = b"\n".join(line for line in content.splitlines() if line.startswith((b"import ", b"import\t")))
        if content:
            yield f"{path.name}==code.{Digest.of_bytes(content).short}"


def _site_folders() -> list[str]:
    """The folders in which `site` looks for such files."""
    own = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    return [*dict.fromkeys([*site.getsitepackages(), *own])]


@lru_cache(maxsize=4)
def _startup_files(folders: tuple[tuple[str, int], ...]) -> tuple[Path, ...]:
    names = ("*.pth", "sitecustomize.py", "usercustomize.py")
    return tuple(
        path for folder, _ in folders for name in names for path in sorted(Path(folder).glob(name)) if path.is_file()
    )


@cache
def _is_editable() -> bool:
    """Whether this Gates is imported from a folder in which it is developed."""
    for one in metadata.distributions(name="gates"):  # a folder of sys.path may hold another, left by a build
        with contextlib.suppress(ValueError, AttributeError):
            if json.loads(one.read_text("direct_url.json") or "{}").get("dir_info", {}).get("editable"):
                return True
    return False


def _own_tree(seen: list[object]) -> str:
    files = tuple(_own_files(str(_PACKAGE)))
    seen.append(files)
    return _tree_of(_PACKAGE, files)


def _own_files(folder: str) -> Iterator[tuple[str, _State]]:
    """The sources below a folder, by their paths, each with its state. Names are listed anew where a folder got or lost one."""
    folders, files = _sources_in(folder)
    for file in files:
        yield file, _state(os.stat(file))  # noqa: PTH116 - a `Path` for each takes as long as looking at it
    for inner in folders:
        yield from _own_files(inner)


def _sources_in(folder: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    changed_at = os.stat(folder).st_mtime_ns  # noqa: PTH116
    listed = _list_sources if _is_settled(changed_at) else _list_sources.__wrapped__
    return listed(folder, changed_at)


@lru_cache(maxsize=1024)
def _list_sources(folder: str, changed_at: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The folders and the files of Python in a folder, as it was at this moment."""
    with os.scandir(folder) as entries:
        listed = sorted((entry.path, entry.is_dir(follow_symlinks=False)) for entry in entries)
    return tuple(path for path, is_folder in listed if is_folder), tuple(
        path for path, is_folder in listed if not is_folder and path.endswith(".py")
    )


@lru_cache(maxsize=2)
def _tree_of(folder: Path, files: tuple[tuple[str, _State], ...]) -> str:
    start = len(str(folder)) + 1
    return f"+tree.{digest_list({path[start:]: Digest.of(path) for path, _ in files}).short}"


def digest_packages(packages: Iterable[str]) -> Digest:
    """Return the digest of a list of packages, each as ``name==version``."""
    return Digest.of_bytes("\n".join(packages).encode())
