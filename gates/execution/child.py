"""Be the child process of a gate: end with the parent, find the modules beside the configuration, hand the rest to pytest.

``python child.py FOLDER ROOT PRIVATE ARGUMENTS...``: modules are looked for where Python has them, then in FOLDER, which holds the
policy file, then in ROOT, the project's folder, so that no file of a project stands in for a module of Python or of a package. The
project's own modules are compiled from their source in every run: a compiled file beside them has no digest. PRIVATE is an empty
folder for what pytest compiles. Gates itself is the one of the parent, whatever lies in those folders.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

_GATES = Path(__file__).resolve().parents[1]


def follow_parent() -> None:
    """End with the parent, so that ``kill -9`` of a run leaves nothing behind, by the Gates that this file belongs to."""
    sys.path.insert(0, str(_GATES.parent))
    importlib.import_module("gates.processes.parent").end_with(os.getppid())
    del sys.path[0]


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
    sources = importlib.import_module("gates.processes.sources")
    sources.compile_from_source(own)
    rewrite = importlib.import_module("_pytest.assertion.rewrite")
    rewrite.get_cache_dir.__call__  # noqa: B018  (it has to be there, to be replaced)
    rewrite_test = rewrite._rewrite_test
    rewrite._rewrite_test = lambda file, config: rewrite_test(sources.ReadPath(file), config)  # type: ignore[attr-defined]
    rewrite.get_cache_dir = lambda file: Path(private, *file.resolve().parts[1:-1])  # type: ignore[attr-defined]


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
