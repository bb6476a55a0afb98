"""List the project's own code that a suite or a training imports, without running it.

The rule it protects: whatever Python executes for a gate has a digest that the lock and the verdict name. Imports are followed from
file to file, inside the project only; what they cannot show (a name that is put together at run time) is reported by the child and
refused, because no digest covers it.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES
from pathlib import Path

from gates.policy.suites import parse_python

_SUFFIXES = (*SOURCE_SUFFIXES, *EXTENSION_SUFFIXES)
_NOT_OF_THE_PROJECT = frozenset(
    {"gates", *sys.stdlib_module_names}
)  # a child imports these before it knows the project
_IMPORTERS = ("import_module", "__import__", "importorskip")  # functions whose first argument names a module


def list_imported(files: Iterable[Path], modules: Iterable[str], bases: Sequence[Path]) -> frozenset[Path]:
    """Return the files of the project that are imported from ``files`` and ``modules``, directly or through others.

    ``modules`` are dotted names, ``bases`` the folders in which the project's modules are looked for; files that are already in
    ``files`` are not among those returned. A file that cannot be parsed is listed, and nothing beyond it.
    """
    given = {str(file.absolute()) for file in files}
    folders = [str(base) for base in bases]
    listed: dict[str, frozenset[str]] = {}
    waiting = [*given, *(file for module in modules for file in _find(module, folders, listed))]
    seen: set[str] = set()
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        waiting += [other for module in _imports_of(Path(file), bases) for other in _find(module, folders, listed)]
    return frozenset(map(Path, seen - given))


def _find(module: str, bases: Sequence[str], listed: dict[str, frozenset[str]]) -> Iterator[str]:
    """The files behind a dotted name: the module itself and the packages on the way to it. ``listed`` remembers folders."""
    parts = module.split(".")
    if parts[0] in _NOT_OF_THE_PROJECT or not all(part.isidentifier() for part in parts):
        return
    for folder in bases:
        for part in parts:
            names = _list(folder, listed)
            yield from _files_of(part, folder, names)
            if part not in names:
                break
            folder = os.path.join(folder, part)  # noqa: PTH118 - a `Path` for each takes most of the time
            yield from _files_of("__init__", folder, _list(folder, listed))


def _files_of(stem: str, folder: str, names: frozenset[str]) -> Iterator[str]:
    for suffix in _SUFFIXES:
        if f"{stem}{suffix}" in names and os.path.isfile(file := f"{folder}/{stem}{suffix}"):  # noqa: PTH113
            yield file


def _list(folder: str, listed: dict[str, frozenset[str]]) -> frozenset[str]:
    """The names in a folder, none where it is no folder that can be read."""
    if folder not in listed:
        try:
            listed[folder] = frozenset(os.listdir(folder))  # noqa: PTH208
        except OSError:
            listed[folder] = frozenset()
    return listed[folder]


def _imports_of(file: Path, bases: Sequence[Path]) -> frozenset[str]:
    """The dotted names that a file of Python imports; relative ones are made absolute."""
    if file.suffix not in SOURCE_SUFFIXES:
        return frozenset()
    try:
        content = file.read_bytes()
    except OSError:
        return frozenset()
    package = next((_package(file, base) for base in bases if file.is_relative_to(base)), ())
    return _parse_imports(content, package)


def _package(file: Path, base: Path) -> tuple[str, ...]:
    return file.relative_to(base).parts[:-1]


@lru_cache(maxsize=4096)
def _parse_imports(content: bytes, package: tuple[str, ...]) -> frozenset[str]:
    try:
        tree = parse_python(content.decode("utf-8"))
    except (UnicodeDecodeError, SyntaxError, ValueError, RecursionError):
        return frozenset()
    return frozenset(_names(tree, package))


def _names(tree: ast.Module, package: tuple[str, ...]) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                above = package[: len(package) - (level - 1)] if level else ()
                start = ".".join([*above, *([module] if module else [])])
                yield from ([start] if start else [])
                yield from (f"{start}.{name.name}" if start else name.name for name in names if name.name != "*")
            case ast.Call(
                func=ast.Name(id=function) | ast.Attribute(attr=function), args=[ast.Constant(value=str(name)), *_]
            ):
                if function in _IMPORTERS:
                    yield name
            case ast.Assign(targets=[ast.Name(id="pytest_plugins")], value=value):
                yield from (
                    one.value for one in ast.walk(value) if isinstance(one, ast.Constant) and isinstance(one.value, str)
                )
