"""What batch scoring wrote, read back; the command that writes it; and the endpoint that it must agree with."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from gates.work.model.artifact import LoadedModel
from gates.work.records import Identity
from gates.work.serving.scorer import BadRequest, Scorer

HEADER = "plant,height,width,wild,soil"


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def command(*options: object) -> list[str]:
    return [sys.executable, "-m", "gates.work.batch", *map(str, options)]


def endpoint(model: LoadedModel, record: object) -> object:
    """What the endpoint answers to one record: its prediction, or its refusal."""
    try:
        return Scorer(model, Identity("plants", 1, model.digest), 1).answer([record])["result"][0]
    except BadRequest as refusal:
        return str(refusal)
