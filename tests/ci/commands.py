"""Whether a command that a file runs exists, with each of its options: the real parsers are asked."""

from __future__ import annotations

import contextlib
import importlib
import importlib.machinery
import importlib.util
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache

from ci.files import ROOT

from gates.cli import build_parser

OTHERS = ("pytest", "venv", "pip", "build", "twine")  # programs of other people, which are not judged here


def fault_of(words: list[str]) -> str:
    """What is wrong with a command, or nothing. Commands of other programs are not judged."""
    program = words[0].rpartition("/")[2]
    if program == "gates":
        return _parsed(build_parser(), words[1:], "gates")
    if program.startswith("python") and words[1:2] == ["-m"]:
        return _module(words[2], words[3:])
    if program == "make":
        targets = re.findall(r"^([\w./$()-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
        wanted = [word for word in words[1:] if "=" not in word]
        return "".join(f"make has no target {word}" for word in wanted if word not in [*targets, ".venv/.ready"])
    return ""


def _module(name: str, arguments: list[str]) -> str:
    if name in OTHERS:
        return ""
    if name.partition(".")[0] not in ("ml", "gates", "benchmarks"):
        return f"python -m {name} is not ours"
    found = next(filter(None, map(_spec, (f"{name}.__main__", name))), None)
    if found is None:
        return f"there is no module {name}"
    module = importlib.import_module(found.name)
    if hasattr(module, "build_parser"):
        return _parsed(module.build_parser(), arguments, name)
    known = _help(name)
    return "".join(f"{name} has no {word}" for word in _options(arguments) if word not in known)


def _spec(name: str) -> importlib.machinery.ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except ModuleNotFoundError:  # no package is above it
        return None


def _options(arguments: list[str]) -> Iterator[str]:
    return (word.partition("=")[0] for word in arguments if word.startswith("--"))


@cache
def _help(name: str) -> str:
    done = subprocess.run([sys.executable, "-m", name, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _parsed(parser, arguments: list[str], name: str) -> str:
    """The parser's own complaint."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            parser.parse_args(arguments)
    except SystemExit as ended:
        return "" if ended.code == 0 else f"{name}: {said.getvalue().splitlines()[-1]}"
    return ""
