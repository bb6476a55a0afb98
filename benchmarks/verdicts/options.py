"""What a table may be asked for: the same few words for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LAB = "lab"
SOURCES = {
    "data": (LAB, "digits", "breast cancer", "wine", "diabetes"),
    "peers_data": (LAB, "wine"),
    "drift": (LAB, "digits", "breast cancer", "wine", "mixed kinds"),
    "peers_drift": (LAB, "digits", "breast cancer", "wine"),
}


@dataclass(frozen=True, slots=True)
class Options:
    """``quick`` asks for counts that take minutes instead of hours; ``data`` is the lab's file, None where it is not at hand;
    ``source`` asks for one of the tables that are measured, by its name, instead of all of them."""

    quick: bool = False
    data: Path | None = None
    source: str | None = None

    def choose(self, quick: int, full: int) -> int:
        return quick if self.quick else full

    def wants(self, source: str) -> bool:
        return self.source in (None, source)

    def fault(self, tables: Sequence[str]) -> str | None:
        """Why none of these ``tables`` has the source that was asked for; None where one has."""
        if self.source is None:
            return None
        legal = sorted({source for name in tables for source in SOURCES.get(name, ())})
        if self.source not in legal:
            return (
                f"--source {self.source!r}: wanted {' or '.join(map(repr, legal))}"
                if legal
                else "--source: these tables have none"
            )
        if self.source == LAB and self.data is None:
            return "--source 'lab' needs the lab's file: name it with --data"
        return None
