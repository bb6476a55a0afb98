"""What the ledger gives back: frozen facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gates.digest import Digest


@dataclass(frozen=True, slots=True)
class Version:
    """Hold one registered model version; never changes. ``size`` is in bytes, ``created`` in UTC."""

    name: str
    version: int
    digest: Digest
    size: int
    created: datetime
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Champion:
    """Hold the version that serves, since ``since`` (UTC).

    ``epoch`` counts the moves of the champion, so it differs when the same version becomes the champion again.
    """

    version: Version
    epoch: int
    since: datetime


@dataclass(frozen=True, slots=True)
class KeptVerdict:
    """Hold a verdict of ``gate`` about the model file ``subject``; its document is the blob ``digest``. ``at`` is in UTC."""

    digest: Digest
    name: str
    gate: str
    subject: Digest
    passed: bool
    at: datetime


class Move(StrEnum):
    """Name why the champion moved. A rollback rests on the verdicts of an earlier promotion; a break-glass move on none."""

    PROMOTION = "promotion"
    ROLLBACK = "rollback"
    BREAK_GLASS = "break-glass"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """Hold one move of a champion in the hash-chained log, to the model ``digest``; ``decision`` is the blob of its document.

    ``old_version`` is None for the first champion; ``previous`` and ``hash`` are those of `gates.registry.chain`.
    """

    name: str
    old_version: int | None
    new_version: int
    digest: Digest
    epoch: int
    at: datetime
    decision: Digest
    verdicts: tuple[Digest, ...]
    kind: Move
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Note:
    """Hold a document about a model name that is kept for good, like an approval or a nightly drift report.

    ``digest`` names its blob, ``at`` is in UTC.
    """

    digest: Digest
    name: str
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class KeptRun:
    """Hold the history of one command, which started at ``at`` (UTC).

    ``state`` is started, passed, awaiting, refused, failed, promoted or interrupted; ``document`` is its record as JSON.
    """

    id: str
    state: str
    at: datetime
    document: bytes


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold something in the registry that is not what was recorded: where, what, and what to do."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.remedy}"
