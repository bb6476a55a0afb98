"""Read what an MLflow model's folder says of itself, the file ``MLmodel``, without MLflow: its flavors, and scikit-learn's file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from gates.work.errors import ArtifactError


@dataclass(frozen=True, slots=True)
class MLmodel:
    """Hold the flavors of an MLflow model; ``file`` and ``serialization`` are those of the flavor sklearn, else empty."""

    flavors: frozenset[str]
    file: str = ""
    serialization: str = ""


def read_mlmodel(path: Path) -> MLmodel | None:
    """Return what an ``MLmodel`` file says; None where there is none. Raises `ArtifactError` where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{path} cannot be read: {error}", "name the file of the model itself") from None
    block = re.search(r"^flavors:\n((?:[ \t].*\n?)+)", text, re.M)
    if block is None:
        return MLmodel(frozenset())
    flavors = frozenset(re.findall(r"^  (\w+):", block[1], re.M))
    own = re.search(r"^  sklearn:\n((?:    .*\n?)+)", block[1], re.M)
    keys = dict(re.findall(r"^    (\w+): *['\"]?(.*?)['\"]? *$", own[1], re.M)) if own else {}
    return MLmodel(flavors, keys.get("pickled_model", "model.pkl"), keys.get("serialization_format", ""))
