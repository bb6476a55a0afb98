"""Find the files of a gate's suite, and give each of its checks one name wherever the suite lies.

A suite is one that Gates ships (``gates:data``), a folder or file of the project's own (``data_checks``), or several of both.
The rule it protects: everything that pytest would load for a suite is listed by its digest, the conftest.py files too.
"""

from __future__ import annotations

import ast
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gates.digest import Digest, list_tree

PREFIX = "gates:"
SHIPPED: Mapping[str, str] = {
    "data": "data_checks",
    "model": "model_checks",
    "drift": "model_checks",
    "endpoint": "endpoint_checks",
    "nightly": "model_checks/nightly",
    "two_files": "data_checks/two_files",
}
_PARSING = threading.Lock()
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class SuiteMember:
    """Hold one part of a suite: ``label`` as a policy writes it, and the absolute ``path`` of its folder or file."""

    label: str
    path: Path

    @property
    def shipped(self) -> bool:
        """Return whether it came with Gates."""
        return self.label.startswith(PREFIX)

    def holds(self, label: str) -> bool:
        """Return whether a full label names this file, or a file of this folder."""
        own = not label.startswith(PREFIX)
        return label == self.label or label.startswith(f"{self.label}/") or (self.label == "." and own)

    def label_of(self, inside: str) -> str:
        """Return the full label of a file of this folder, from its path relative to the folder."""
        return inside if self.label == "." else f"{self.label}/{inside}"

    def path_of(self, label: str) -> Path:
        """Return the absolute path of a file that the member `holds`."""
        return self.path if label == self.label else self.path / label.removeprefix(f"{self.label}/")


def shipped_path(label: str) -> Path | None:
    """Return the absolute path of ``gates:NAME`` or ``gates:NAME/FILE``, or None for a name that Gates does not ship.

    The suites lie inside the installed package; in a checkout of Gates they lie beside it.
    """
    name, _, inside = label.removeprefix(PREFIX).partition("/")
    if not label.startswith(PREFIX) or name not in SHIPPED or ".." in PurePosixPath(inside).parts:
        return None
    installed = _PACKAGE / "suites" / SHIPPED[name]
    folder = installed if installed.is_dir() else _PACKAGE.parent / SHIPPED[name]
    return folder / inside if inside else folder


def find_file(text: str, root: Path) -> Path:
    """Return the path of a file that a setting names: ``gates:NAME/FILE`` of a shipped suite, else relative to ``root``."""
    return shipped_path(text) or root / text


def name_file(file: Path, members: Iterable[SuiteMember], root: Path) -> str:
    """Return the label of a file: ``gates:data/test_values.py`` in a shipped suite, else its path relative to ``root``.

    The member that lies closest to the file gives the label where two contain it.
    """
    path = os.fspath(file)
    around = [(member, inside) for member in members if (inside := _path_inside(path, member.path)) is not None]
    member, inside = max(around, key=lambda one: len(one[0].path.parts), default=(None, None))
    if member is not None and inside is not None and member.shipped:
        return f"{member.label}/{inside}" if inside else member.label
    return _path_inside(path, root) or file.name


def _path_inside(path: str, folder: Path) -> str | None:
    """The path relative to a folder, "" for the folder itself, None for what is not inside; compared as texts, as `Path` does."""
    start = os.fspath(folder).rstrip("/")
    return "" if path == start else path[len(start) + 1 :] if path.startswith(f"{start}/") else None


def list_suite(members: Sequence[SuiteMember], root: Path, beside: Iterable[Path] = ()) -> Mapping[str, Digest]:
    """Return the digest of every file of a suite, by its label, sorted.

    Listed are the members' files, every conftest.py that pytest loads for them, and the files ``beside`` that the settings
    name. Raises `SubjectError` for a symbolic link and for a member that does not exist.
    """
    listed: dict[Path, Digest] = {}
    for member in members:
        base = root if not member.shipped else member.path if member.path.is_dir() else member.path.parent
        listed |= {base / inside: digest for inside, digest in list_tree(base, [member.path]).items()}
    labels = {name_file(file, members, root): digest for file, digest in listed.items()}
    for label, file in _conftests(members, root):
        if file not in listed:
            labels |= dict.fromkeys([label], _digest(file))
    for file in beside:
        if file not in listed and file.is_file():
            labels[name_file(file, members, root)] = _digest(file)
    return dict(sorted(labels.items()))


def _digest(file: Path) -> Digest:
    (digest,) = list_tree(file.parent, [file]).values()
    return digest


def _conftests(members: Iterable[SuiteMember], root: Path) -> Iterator[tuple[str, Path]]:
    """Yield the conftest.py files above the members that pytest loads: those of the project, and those above a shipped suite."""
    above = {file: "conftest.py" for file in [root / "conftest.py"] if file.exists()}
    for member in members:
        for steps, folder in enumerate(member.path.parents, 1):
            file = folder / "conftest.py"
            if folder in root.parents or file in above or not os.path.lexists(file):
                continue
            own = file.is_relative_to(root)
            above[file] = file.relative_to(root).as_posix() if own else f"{member.label}/{'../' * steps}conftest.py"
    yield from ((label, file) for file, label in above.items())


def parse_python(text: str) -> ast.Module:
    """Return the syntax tree of a Python file, one at a time. Raises what `ast.parse` raises.

    Python 3.11 counts the depth of a tree for all threads together: two at once can end in `SystemError`.
    """
    with _PARSING:
        return ast.parse(text)


def list_tests(file: Path) -> frozenset[str] | None:
    """Return the tests that a Python file defines, as ``test_name`` or ``TestClass::test_name``, read without running it.

    None where the file cannot be read or defines more than can be seen without running it.
    """
    try:
        tree = parse_python(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, SyntaxError, ValueError, RecursionError):
        return None
    names = list(_names(tree.body))
    return None if "*" in names else frozenset(name for name in names if _is_test(name))


def _names(body: Iterable[ast.stmt], inside: str = "") -> Iterator[str]:
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield f"{inside}{name}"
            case ast.ClassDef(name=name):
                yield from _names(node.body, f"{inside}{name}::")
                if node.bases and name.startswith("Test"):
                    yield "*"  # what it inherits may hold tests as well
            case ast.ImportFrom(names=imported):
                yield from (f"{inside}{one.asname or one.name}" if one.name != "*" else "*" for one in imported)
            case ast.Assign(targets=targets):
                yield from (f"{inside}{target.id}" for target in targets if isinstance(target, ast.Name))
            case ast.If() | ast.For() | ast.While():
                yield from _names([*node.body, *node.orelse], inside)
            case ast.With():
                yield from _names(node.body, inside)
            case ast.Try():
                handled = [statement for handler in node.handlers for statement in handler.body]
                yield from _names([*node.body, *handled, *node.orelse, *node.finalbody], inside)
            case _:
                pass


def _is_test(name: str) -> bool:
    *classes, function = name.split("::")
    return function.startswith("test") and all(one.startswith("Test") for one in classes)
