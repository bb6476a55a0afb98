"""Write the files of a new project: nothing is overwritten, and the policy comes last, so that without it there is nothing to run.

A command that was killed half-way leaves whole files or none; the next one finds them unchanged, and goes on.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from gates.errors import BackendError, ConfigError
from gates.policy.layers import OWN, PROJECT, find_root

IGNORED = (".gates", ".gates/", "/.gates", "/.gates/")


def require_no_policy(folder: Path) -> None:
    """Raise `ConfigError` where the folder has a policy already: ``gates.toml``, or [tool.gates] or [tool.ml] in pyproject.toml.

    Also where it lies below a project: paths of suites start at that project's folder.
    """
    if os.path.lexists(folder / OWN):
        raise ConfigError(f"{OWN} exists already: this project has a policy", "edit it; gates init overwrites nothing")
    tool = _tables(folder / PROJECT).get("tool")
    held = [name for name in ("gates", "ml") if isinstance(tool, dict) and name in tool]
    if held:
        tables = " and ".join(f"[tool.{name}]" for name in held)
        raise ConfigError(
            f"{PROJECT} holds {tables} already: this project has a policy", "edit it; gates init overwrites nothing"
        )
    if (root := find_root(folder / OWN)) != folder:
        raise ConfigError(
            f"this folder lies in the project of {root / PROJECT}; nothing was written",
            f"run gates init there, or give this folder a {PROJECT} of its own",
        )


def place_policy(folder: Path, policy: str) -> tuple[Path, str]:
    """Return the file that is to hold the policy, and its whole content: an existing pyproject.toml with it at the end, else a new
    gates.toml. A pyproject.toml that cannot take it stays as it is.
    """
    project = folder / PROJECT
    if project.is_file():
        before = project.read_text(encoding="utf-8")
        whole = f"{before.rstrip()}\n\n{policy}" if before.strip() else policy
        try:
            after = tomllib.loads(whole)
        except tomllib.TOMLDecodeError:
            return folder / OWN, policy  # [tool] is written in a form that no table can be added to
        held = after.get("tool", {})
        if {**after, "tool": {name: table for name, table in held.items() if name not in ("gates", "ml")}} == {
            **tomllib.loads(before),
            "tool": tomllib.loads(before).get("tool", {}),
        }:
            return project, whole
    return folder / OWN, policy


def free_name(folder: Path, names: tuple[str, ...], content: str) -> str:
    """Return the first of ``names`` that is free in the folder, or that holds this very content.

    Raises `ConfigError` where there is none.
    """
    for name in names:
        path = folder / name
        if not os.path.lexists(path) or (path.is_file() and path.read_bytes() == content.encode()):
            return name
    raise ConfigError(
        f"{', '.join(names)} exist{'s' if len(names) == 1 else ''} already",
        "move it away; gates init overwrites nothing",
    )


def write_project(folder: Path, files: Mapping[str, str], policy: Path, text: str) -> tuple[str, ...]:
    """Write the files (path relative to the folder: content), then .gitignore, then the policy; return what was written, in order.

    Raises like `write_all`, and `ConfigError` where another command wrote a policy meanwhile.
    """
    written = list(write_all(folder, files))
    with _in_a_sentence(folder, written):
        if _ignore(folder / ".gitignore"):
            written.append(".gitignore")
        if policy.name == PROJECT:
            _replace(policy, text)
        elif not _write_new(policy, text):
            raise ConfigError(f"{policy.name} exists already", "another gates init was faster; edit its policy")
    return (*written, policy.name)


def write_all(folder: Path, files: Mapping[str, str]) -> tuple[str, ...]:
    """Write the files (path relative to the folder: content); return what was written, in order. One with the same content stays.

    Raises `ConfigError` where another file stands in the place, before anything is written, and `BackendError` where the folder
    cannot be written; its message names what was written until then.
    """
    for name, content in files.items():
        free_name(folder, (name,), content)
    written: list[str] = []
    with _in_a_sentence(folder, written):
        for name, content in files.items():
            if _write_new(folder / name, content):
                written.append(name)
    return tuple(written)


def replace_policy(path: Path, text: str) -> None:
    """Replace a policy file, whole or not at all. Raises `BackendError` where it cannot be written."""
    with _in_a_sentence(path, []):
        _replace(path, text)


@contextlib.contextmanager
def _in_a_sentence(place: Path, written: Sequence[str]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        done = f"written until then: {', '.join(written)}" if written else "nothing was written"
        raise BackendError(
            f"{error.filename or place} cannot be written: {error.strerror}; {done}",
            "make the folder writable and run again",
        ) from None


def _tables(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path.name} cannot be read as TOML: {error}", "correct it, or work in another folder"
        ) from None


def _write_new(path: Path, content: str) -> bool:
    """Write a file whole or not at all; False where it is there already. A link is made last, which never replaces a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path, content)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _replace(path: Path, content: str) -> None:
    temporary = _temporary(path, content)
    temporary.chmod(path.stat().st_mode & 0o777)
    temporary.replace(path)


def _temporary(path: Path, content: str) -> Path:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(content)
        temporary.chmod(0o644)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    return temporary


def _ignore(path: Path) -> bool:
    """Add .gates/ to .gitignore; False where it stands there."""
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    if any(line.strip() in IGNORED for line in before.splitlines()):
        return False
    whole = f"{before.rstrip()}\n.gates/\n" if before.strip() else ".gates/\n"
    if path.is_file():
        _replace(path, whole)
        return True
    return _write_new(path, whole)
