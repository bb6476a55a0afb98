"""What Evaluate found, as it is handed to Register and brought home: one strict JSON document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from gates.documents import read_json, write_json
from gates.work.errors import ArtifactError

FILE = "evaluation.json"
GATES = ("data", "model", "drift")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Hold the model that was judged, the exit code and verdict of each gate, the reasons of refusals, and what was measured."""

    digest: str
    version: int
    exits: Mapping[str, int]
    reasons: Sequence[str]
    verdicts: Mapping[str, str]
    metrics: Mapping[str, str]

    @property
    def passed(self) -> bool:
        """Return whether every gate passed and left a verdict: a gate that is absent has not passed."""
        return all(self.exits.get(gate) == 0 and self.verdicts.get(gate) for gate in GATES)

    @property
    def exit_code(self) -> int:
        """Return 0 where every gate passed, 1 where one refused, 3 where one could not judge."""
        if self.passed:
            return 0
        return 1 if set(self.exits.values()) <= {0, 1} and 1 in self.exits.values() else 3

    def write(self, folder: Path) -> None:
        """Write the evaluation into a folder, as `FILE`."""
        write_json(folder / FILE, {"schema": 1, "passed": self.passed, **asdict(self)})

    @classmethod
    def read(cls, folder: Path) -> Evaluation:
        """Read the evaluation in a folder.

        Raises `ArtifactError` for a document that is absent, damaged, of another schema, or contradicts itself.
        """
        try:
            content = cast(dict[str, Any], read_json((folder / FILE).read_bytes()))
            if content.pop("schema") != 1:
                raise ValueError("another schema")
            passed = content.pop("passed")
            evaluation = cls(**content)
            if passed is not evaluation.passed:
                raise ValueError(f"it says passed = {passed}, its gates say otherwise")
            return evaluation
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ArtifactError(f"{FILE} cannot be read: {error}", "evaluate again; nothing is registered") from None
