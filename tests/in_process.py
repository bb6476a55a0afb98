"""Run a gate's suite in this process: plugin, record, reader and judge as in a child, without the cost of a new Python.

What only a process of its own can show (an exit, a signal, a hang, options of Python, a closed record) needs a real child.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest

from gates.execution import child, runner
from gates.execution.run_record import Facts
from gates.plugin import options

# These plugins of pytest change this whole process, or look for leaks of its other tests.
_LEFT_OUT = ("faulthandler", "unraisableexception", "threadexception")


@contextlib.contextmanager
def in_this_process(*more: str) -> Iterator[None]:
    """Let `runner.run_gate` run pytest in this process, with ``more`` options behind those that were approved."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "_in_child", partial(_run_here, more))
        yield


def _run_here(
    more: tuple[str, ...], command: list[str], root: Path, log: Path, limit: float, facts: Facts, key: str, gate: str
) -> tuple[int, bool]:
    """Stand in for `runner._in_child`: the same arguments to pytest, and a pipe of its own for the facts. It has no time limit."""
    approved = command[command.index(child.__file__) + 4 :]
    plugins = [word for name in _LEFT_OUT for word in ("-p", f"no:{name}")]
    reading, writing = os.pipe()
    ended = threading.Event()
    reader = threading.Thread(target=facts.read, args=(reading, ended), daemon=True)
    reader.start()
    try:
        with (
            _as_in_a_child(root, key),
            log.open("w", encoding="utf-8") as output,
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
        ):
            code = pytest.main([*approved, *plugins, *more, f"--gates-record={writing}"])
    finally:
        os.close(writing)
        ended.set()
        reader.join()
        os.close(reading)
    return int(code), False


@contextlib.contextmanager
def _as_in_a_child(root: Path, key: str) -> Iterator[None]:
    """Hold the folder, the environment, the import path and the modules of the project, and put back what was before."""
    options._read_context.cache_clear()
    options._read_policy.cache_clear()
    names = _names_of(root)
    before = _take_modules(names)
    environment, path = dict(os.environ), list(sys.path)
    try:
        with contextlib.chdir(root):
            _set_environment(runner._environment(key))
            sys.path.insert(0, str(root))
            yield
    finally:
        _set_environment(environment)
        sys.path[:] = path
        _take_modules(names | _names_of(root))
        sys.modules.update(before)


def _set_environment(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)


def _names_of(root: Path) -> set[str]:
    """Return the names under which the project's own folders and files would be imported."""
    return {"conftest", *(path.stem for path in root.iterdir() if path.is_dir() or path.suffix == ".py")}


def _take_modules(names: set[str]) -> dict[str, ModuleType]:
    """Forget the modules under these names, and return them."""
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in names}
