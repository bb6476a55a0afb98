"""Edit the source of a suite file: find a check's function, and replace, decorate, remove or rename it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

from gates.judgement.judge import Judgement
from gates.policy.records import GatePolicy
from gates.policy.suites import parse_python
from gates.run import Outcome


@dataclass(frozen=True, slots=True)
class Target:
    """Name a check that can be damaged: a plain function that takes ``evidence``. ``bound`` is the id of one that has a bound."""

    file: str
    function: str
    bound: str

    @property
    def name(self) -> str:
        """Return the id of the check: ``FILE::FUNCTION``."""
        return f"{self.file}::{self.function}"


def find_target(root: Path, policy: GatePolicy, judgement: Judgement) -> Target | None:
    """Return the first check of a gate that passed with a bounded evidence and has no parameters, or None.

    A check that did not apply is not used: it ends before its body, whatever that is. ``root`` is the project's folder.
    """
    for result in judgement.checks:
        file, _, function = result.id.partition("::")
        bounds = policy.bounds(result.id)
        bound = next((evidence.id for evidence in result.evidence if evidence.id in bounds), "")
        node = _function(root / file, function)
        if result.outcome is Outcome.PASSED and bound and node and not node.decorator_list and _takes_evidence(node):
            return Target(file, function, bound)
    return None


def with_body(function: str, body: str) -> Callable[[str], str]:
    """Return an edit that gives the function another body. The edit raises `ValueError` for a source without it."""

    def change(source: str) -> str:
        node, lines = _require(source, function), source.splitlines()
        first, last = node.body[0].lineno - 1, node.body[-1].end_lineno
        head = lines[node.lineno - 1 : first] or [lines[node.lineno - 1]]
        if first == node.lineno - 1:  # the body is on the line of the def
            head = [lines[first][: node.body[0].col_offset]]
        return _join([*lines[: node.lineno - 1], *head, indent(body, "    "), *lines[last:]])

    return change


def with_decorator(function: str, decorator: str) -> Callable[[str], str]:
    """Return an edit that puts ``@decorator`` first above the function. The edit raises `ValueError` for a source without it."""

    def change(source: str) -> str:
        at = _start(_require(source, function))
        lines = source.splitlines()
        return _join([*lines[:at], f"@{decorator}", *lines[at:]])

    return change


def without(function: str) -> Callable[[str], str]:
    """Return an edit that removes the function with its decorators. The edit raises `ValueError` for a source without it."""

    def change(source: str) -> str:
        node, lines = _require(source, function), source.splitlines()
        return _join([*lines[: _start(node)], *lines[node.end_lineno :]])

    return change


def renamed(function: str, to: str) -> Callable[[str], str]:
    """Return an edit that gives the function another name. The edit raises `ValueError` for a source without it."""

    def change(source: str) -> str:
        _require(source, function)
        return source.replace(f"def {function}(", f"def {to}(")

    return change


def appended(text: str) -> Callable[[str], str]:
    """Return an edit that adds a text at the end of a source, after two empty lines."""
    return lambda source: f"{source.rstrip()}\n\n\n{text}\n"


def _join(lines: list[str]) -> str:
    return "\n".join([*lines, ""])


def _start(function: ast.FunctionDef) -> int:
    return min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)]) - 1


def _takes_evidence(function: ast.FunctionDef) -> bool:
    return any(argument.arg == "evidence" for argument in function.args.args)


def _require(source: str, function: str) -> ast.FunctionDef:
    for node in parse_python(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return node
    raise ValueError(f"there is no function {function}")


def _function(path: Path, function: str) -> ast.FunctionDef | None:
    try:
        return _require(path.read_text(encoding="utf-8"), function)
    except (OSError, ValueError, SyntaxError):
        return None
