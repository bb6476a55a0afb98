"""What a gate's run is about, handed from the parent process to the child as one strict JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gates.errors import SubjectError

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class ModelFile:
    """Hold a model: name, version (None: not registered), digest, and the paths of its bytes, data and golden predictions."""

    name: str
    version: int | None
    digest: str
    path: str
    data: str = ""
    golden: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """Hold what one gate's run is about. Paths are absolute text; an empty text means absent.

    ``previous`` is the batch that the champion came from, ``reference`` the other file of two; ``options`` are what the caller
    wants beyond the policy.

    ``anchor`` is the best champion so far where that is not the champion; ``holdout_uses`` counts the challengers that were
    judged on this batch's holdout, this one included.

    The endpoint's key is not here, because this is written to a file: the child finds it in ``GATES_ENDPOINT_KEY``.
    """

    gate: str
    config: str
    batch: str = ""
    batch_digest: str = ""
    previous: str = ""
    challenger: ModelFile | None = None
    champion: ModelFile | None = None
    anchor: ModelFile | None = None
    holdout_uses: int = 0
    endpoint_url: str = ""
    endpoint_deployment: str = ""
    reference: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    conditions: Mapping[str, bool] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write the context as JSON for the child. Raises OSError where the file cannot be written."""
        path.write_text(json.dumps({"schema": SCHEMA, **asdict(self)}, allow_nan=False, indent=1), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Context:
        """Return the context in a file. Raises `SubjectError` when it is absent, damaged or of another schema."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content.pop("schema") != SCHEMA:
                raise ValueError("another schema")
            for role in ("challenger", "champion", "anchor"):
                content[role] = ModelFile(**content[role]) if content[role] else None
            return cls(**content)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise SubjectError(
                f"the gate's context {path.name} cannot be read: {error}", "run the gate with gates check"
            ) from None
