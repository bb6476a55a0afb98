"""What a table may be asked for: the same few words for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


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
