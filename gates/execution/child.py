"""Be the child process of a gate: end with the parent, find the modules beside the configuration, hand the rest to pytest.

``python child.py FOLDER ROOT PRIVATE ARGUMENTS...``: modules are looked for where Python has them, then in FOLDER, which holds the
policy file, then in ROOT, the project's folder, so that no file of a project stands in for a module of Python or of a package. The
project's own modules are compiled from their source in every run: a compiled file beside them has no digest. PRIVATE is an empty
folder for what pytest compiles. Gates itself is the one of the parent, whatever lies in those folders.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ExtensionFileLoader, FileFinder, SourceFileLoader
from pathlib import Path
from types import CodeType

_GATES = Path(__file__).resolve().parents[1]


def follow_parent() -> None:
    """Ask the kernel to end this process when its parent ends, so that ``kill -9`` of a run leaves nothing behind.

    Linux only; elsewhere the broken record pipe ends the child at its next report.
    """
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)  # 1 = PR_SET_PDEATHSIG
        if os.getppid() != parent:  # it ended before we could ask
            os._exit(3)


class FromSource(SourceFileLoader):
    """Load a module from its source, and never from a compiled file: that one may say something else."""

    def get_code(self, fullname: str) -> CodeType:
        """Return the code that the source compiles to. Raises `SyntaxError`, and `OSError` where it cannot be read."""
        path = self.get_filename(fullname)
        sources = importlib.import_module("gates.processes.sources")
        code: CodeType = self.source_to_code(sources.remember(path, self.get_data(path)), path)
        return code


def arrange_path(folder: str, root: str) -> None:
    """Import the Gates that this file belongs to, then put ``folder`` and ``root`` last on the path of modules."""
    sys.path.insert(0, str(_GATES.parent))
    importlib.import_module("gates")
    own = [*dict.fromkeys([folder, root])]
    sys.path[:] = [entry for entry in sys.path[1:] if entry not in own] + own


def compile_own_code(own: list[str], private: str) -> None:
    """Let modules in the folders ``own`` be compiled from their source, and what pytest compiles lie in ``private``.

    Raises `AttributeError` where this pytest has no such place: then no run is better than one that reads compiled files.
    """
    sys.path_hooks.insert(0, _finder_of(own))
    sys.path_importer_cache.clear()
    rewrite = importlib.import_module("_pytest.assertion.rewrite")
    read_path = importlib.import_module("gates.processes.sources").ReadPath
    rewrite.get_cache_dir.__call__  # noqa: B018  (it has to be there, to be replaced)
    rewrite_test = rewrite._rewrite_test
    rewrite._rewrite_test = lambda file, config: rewrite_test(read_path(file), config)  # type: ignore[attr-defined]
    rewrite.get_cache_dir = lambda file: Path(private, *file.resolve().parts[1:-1])  # type: ignore[attr-defined]


def _finder_of(own: list[str]) -> Callable[[str], FileFinder]:
    apart = [_GATES, Path(sys.prefix).resolve()]

    def find(entry: str) -> FileFinder:
        place = Path(entry).resolve()
        if not any(place.is_relative_to(folder) for folder in own) or any(map(place.is_relative_to, apart)):
            raise ImportError(entry)
        return FileFinder(entry, (ExtensionFileLoader, EXTENSION_SUFFIXES), (FromSource, SOURCE_SUFFIXES))

    return find


def main(arguments: Sequence[str]) -> int:
    """Run pytest in this process, which belongs to the gate alone, and return its exit code. ``arguments`` as above."""
    import pytest

    folder, root, private, *rest = arguments
    arrange_path(folder, root)
    importlib.import_module("gates.processes.memory").limit_memory()
    compile_own_code([folder, root], private)
    return int(pytest.main(rest))


if __name__ == "__main__":
    follow_parent()
    sys.exit(main(sys.argv[1:]))
