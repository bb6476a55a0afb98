"""Name the environment that judged: every installed distribution, the code that Python runs before any other, and Python itself."""

from __future__ import annotations

import json
import os
import platform
import re
import site
import sys
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path

from gates.digest import Digest, digest_list

_PACKAGE = Path(__file__).parent
_DISTRIBUTION = re.compile(r"(?P<name>.+?)-(?P<version>[^-]+)\.dist-info\Z")


def environment_digest() -> Digest:
    """Return the digest of what `installed` lists."""
    return digest_packages(installed())


def installed() -> tuple[str, ...]:
    """Return ``python==VERSION``, then the sorted ``name==version`` of all installed distributions, as of now.

    An editable installation of Gates has no version that says what it does, so its version has the digest of its files behind it.
    So has code that belongs to no distribution and runs at every start of Python: lines of ``.pth`` files, ``sitecustomize``.
    """
    packages = _distributions(tuple((entry, _changed_at(entry)) for entry in sys.path))
    tree = _own_tree() if _is_editable() else ""
    named = (f"{name}{tree}" if name.startswith("gates==") else name for name in packages)
    return (f"python=={platform.python_version()}", *sorted((*named, *_startup_code())))


def _changed_at(entry: str) -> int:
    """When a folder of sys.path got or lost an entry, in ns; an installer adds, removes or renames one for each distribution."""
    try:
        return Path(entry).stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=4)
def _distributions(folders: tuple[tuple[str, int], ...]) -> frozenset[str]:
    return frozenset(package for entry, _ in folders for package in _packages_in(entry))


def _packages_in(entry: str) -> Iterator[str]:
    """The distributions in one entry of sys.path, by the names of their folders: reading all their metadata takes long."""
    try:
        names = [one.name for one in os.scandir(entry or ".")]
    except OSError:
        names = []  # not there, or an archive
    matches = [_DISTRIBUTION.match(name) for name in names]
    yield from (f"{_normal(found['name'])}=={found['version']}" for found in matches if found)
    if len(names) == 0 or any(name.endswith((".egg-info", ".egg", ".egg-link")) for name in names):
        for old in metadata.distributions(path=[entry]):
            yield f"{_normal(old.name or '')}=={old.version}"


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
    try:
        origin = json.loads(metadata.distribution("gates").read_text("direct_url.json") or "{}")
    except (metadata.PackageNotFoundError, ValueError):
        return False
    return bool(origin.get("dir_info", {}).get("editable"))


def _own_tree() -> str:
    files = sorted(path for path in _PACKAGE.rglob("*.py"))
    return _tree_of(tuple((path, (state := path.stat()).st_mtime_ns, state.st_size, state.st_ino) for path in files))


@lru_cache(maxsize=2)
def _tree_of(files: tuple[tuple[Path, int, int, int], ...]) -> str:
    listed = {path.relative_to(_PACKAGE).as_posix(): Digest.of(path) for path, *_ in files}
    return f"+tree.{digest_list(listed).short}"


def digest_packages(packages: Iterable[str]) -> Digest:
    """Return the digest of a list of packages, each as ``name==version``."""
    return Digest.of_bytes("\n".join(packages).encode())
