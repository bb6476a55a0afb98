"""How far a name has come, signed and kept outside the registry: so that a lost or older registry cannot pass for a new one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gates import documents
from gates.attest.result import read_time
from gates.attest.statement import refused, require_fields
from gates.digest import Digest

LANDMARK_TYPE = "application/vnd.gates.landmark+json"
SCHEMA = 1
_FIELDS = {"schema": int, "name": str, "first": str, "since": str, "epoch": int, "entry": str}


@dataclass(frozen=True, slots=True)
class Landmark:
    """Hold how far a ledger had come: ``first`` is the model of epoch 1 and ``since`` its time; ``entry`` the hash of the log's
    entry of ``epoch``.
    """

    name: str
    first: Digest
    since: datetime
    epoch: int
    entry: str


def write_landmark(landmark: Landmark) -> bytes:
    """Return the document, ready to be signed by the gatekeeper."""
    return documents.dump(
        {
            "schema": SCHEMA,
            "name": landmark.name,
            "first": str(landmark.first),
            "since": landmark.since.isoformat(),
            "epoch": landmark.epoch,
            "entry": landmark.entry,
        }
    )


def read_landmark(payload: bytes, what: str = "the landmark") -> Landmark:
    """Return the landmark in a verified payload. Raises `SubjectError` for another schema or other fields."""
    content = require_fields(documents.load(payload, what), _FIELDS, what)
    if content["schema"] != SCHEMA:
        raise refused(what, f"it has schema {content['schema']!r}, wanted {SCHEMA}")
    epoch = content["epoch"]
    assert isinstance(epoch, int)
    return Landmark(
        str(content["name"]),
        Digest.parse(str(content["first"])),
        read_time(content["since"], what),
        epoch,
        str(content["entry"]),
    )
