"""Tables and headings in Markdown: read as they are in a terminal, rendered where they are committed."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).parent
LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn", "great-expectations", "alibi-detect")


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """The first column to the left, all others to the right."""
    yield f"| {' | '.join(head)} |"
    yield f"| --- |{' ---: |' * (len(head) - 1)}"
    for row in rows:
        yield f"| {' | '.join(str(cell) for cell in row)} |"


def say_where(command: str) -> Iterator[str]:
    """The command, the machine, the day, the commit and the versions: what a number needs to be believed."""
    yield f"`{command}`"
    yield ""
    yield (
        f"{datetime.now(UTC):%Y-%m-%d}, {_commit()}{platform.system()} {platform.machine()}, {_processor()}, "
        f"{os.cpu_count()} processors, Python {platform.python_version()}, "
        + ", ".join(f"{library} {_version_of(library)}" for library in LIBRARIES)
    )


def _commit() -> str:
    """The commit that was measured, and whether anything but kept results differed from it; empty outside of a git checkout."""
    try:
        commit, changes = (
            subprocess.run(["git", *words], cwd=HERE, capture_output=True, text=True, check=True).stdout.strip()
            for words in (
                ("rev-parse", "--short", "HEAD"),
                ("status", "--porcelain", "--untracked-files=no", "--", ":/", f":!{HERE / 'results'}"),
            )
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"commit {commit}{' with changes' if changes else ''}, "


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123  (a device file of the kernel)
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or "unknown processor"


def _version_of(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "absent"
