"""Other tools, each in an environment of its own, asked through a child process: ``make peers`` installs them.

Nothing here is imported by Gates; their licences (deepchecks: AGPL) do not reach it. A peer whose environment is not there is
printed as absent.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

HERE = Path(__file__).parent
PEERS = ("evidently", "deepchecks", "pandera", "alibi")
PATIENCE = 4 * 3600.0  # seconds for all pairs together


@dataclass(frozen=True, slots=True)
class Peer:
    """An installed peer: its name, the interpreter of its environment and its version."""

    name: str
    python: Path
    version: str

    def ask(self, task: str, pairs: Iterable[tuple[pd.DataFrame, pd.DataFrame]]) -> list[Mapping[str, object]]:
        """One answer a pair, in their order. ``task`` is ``drift`` or ``data``; see the script of the peer for its answers."""
        with tempfile.TemporaryDirectory() as folder:
            count = 0
            for count, (reference, current) in enumerate(pairs, start=1):
                for side, frame in (("reference", reference), ("current", current)):
                    frame.reset_index(drop=True).to_parquet(Path(folder) / f"{count:06}-{side}.parquet")
            command = [str(self.python), "-W", "ignore", str(HERE / f"ask_{self.name}.py"), task, folder]
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, cwd=folder, check=False)
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if done.returncode or len(lines) != count:
            raise RuntimeError(
                f"{self.name} answered {len(lines)} of {count} pairs and ended with {done.returncode}: {done.stderr[-500:]}"
            )
        return [json.loads(line) for line in lines]


def find_peer(name: str) -> Peer | None:
    """The peer of that name, or None where its environment is not installed or does not import it."""
    python = HERE / f".venv-{name}" / "bin" / "python"
    if not python.is_file():
        return None
    package = {"alibi": "alibi-detect"}.get(name, name)
    code = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False)
    return Peer(name, python, done.stdout.strip()) if done.returncode == 0 else None
