"""Describe one night as it is kept: what was looked at, how it ended, and what followed.

The rule it protects: a night that could not be judged is kept as such. A missing answer is never read as calm.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import cast

from gates import documents
from gates.errors import SubjectError
from gates.reason import Reason

SCHEMA = 2  # schema 1 kept bare sentences as reasons; it is still read
KIND = "night"  # the kind of a note in the registry


class NightState(StrEnum):
    """Name how a night ended. SUSPECT is below alpha, where persistence requires more such nights for an alarm."""

    CALM = "calm"
    SUSPECT = "suspect"
    ALARM = "alarm"
    INCONCLUSIVE = "inconclusive"
    UNJUDGED = "unjudged"


COUNTED = (NightState.CALM, NightState.SUSPECT, NightState.ALARM)  # nights with an answer


@dataclass(frozen=True, slots=True)
class Worst:
    """Describe one of the columns that differ most, in words; ``drifted`` is true where its own test finds drift after
    correction.
    """

    column: str
    effect: str
    p_value: float
    drifted: bool

    @property
    def sentence(self) -> str:
        """Return the column with its effect and p-value, for people."""
        return f"{self.column!r} {self.effect} (p = {self.p_value:.2g})"


@dataclass(frozen=True, slots=True)
class Night:
    """Hold one night. ``p_value`` is compared with ``alpha`` (NaN where there is none).

    ``effects`` are each column's numbers: [shift in standard deviations, log of the ratio of standard deviations] or
    [distance]. ``alarm_since`` is the id of the first night of an alarm, ``retraining`` of the run that it caused, ``repeats``
    of the night that had judged the same data; each is empty where there is none.
    """

    id: str
    at: datetime
    state: NightState
    alpha: float
    epoch: int
    version: int
    policy: str
    window: str
    source: str = ""
    data: str = ""
    rows: int = 0
    reference_rows: int = 0
    p_value: float = math.nan
    reasons: tuple[Reason, ...] = ()
    worst: tuple[Worst, ...] = ()
    effects: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    alarm_since: str = ""
    retraining: str = ""
    repeats: str = ""

    @property
    def counted(self) -> bool:
        """Return whether it is a night of its own with an answer: what persistence and budget count."""
        return self.state in COUNTED and not self.repeats

    @property
    def day(self) -> str:
        """Return date and time to the minute, for people."""
        return f"{self.at:%Y-%m-%d %H:%M}"


_TEXTS = ("id", "at", "state", "policy", "window", "source", "data", "alarm_since", "retraining", "repeats")
_TYPES: Mapping[str, type] = {
    **dict.fromkeys(_TEXTS, str),
    **dict.fromkeys(("epoch", "version", "rows", "reference_rows"), int),
    **dict.fromkeys(("reasons", "worst"), list),
    "effects": dict,
}
_TYPES_OF_WORST: Mapping[str, type] = {"column": str, "effect": str, "drifted": bool}


def to_document(night: Night) -> bytes:
    """Return a night as the bytes of a JSON document; a p-value that is not finite becomes null."""
    p_value = night.p_value if math.isfinite(night.p_value) else None
    content = asdict(night) | {"at": night.at.isoformat(), "state": str(night.state), "p_value": p_value}
    content["reasons"] = [reason.as_json() for reason in night.reasons]
    return documents.dump({"schema": SCHEMA, **content})


def from_document(document: bytes) -> Night:
    """Read a night from its document, of schema 1 or 2. Raises `SubjectError` for anything that is not exactly a night."""
    content = documents.load(document, "the night")
    try:
        if content.pop("schema") not in (1, SCHEMA):
            raise ValueError("it has another schema")
        if set(content) != {known.name for known in fields(Night)}:
            raise ValueError(f"its fields are {sorted(content)}")
        _require_types(content, _TYPES)
        for one in content["worst"]:
            _require_types(one, _TYPES_OF_WORST)
        at = datetime.fromisoformat(content["at"])
        if at.tzinfo is None:
            raise ValueError("its time has no zone")
        p_value = math.nan if content["p_value"] is None else _number(content["p_value"])
        worst = tuple(Worst(**{**one, "p_value": _number(one["p_value"])}) for one in content["worst"])
        effects = {str(name): tuple(map(_number, numbers)) for name, numbers in content["effects"].items()}
        read = {"at": at, "state": NightState(content["state"]), "alpha": _number(content["alpha"])}
        read |= {"p_value": p_value, "worst": worst, "effects": effects}
        return Night(**{**content, **read, "reasons": tuple(map(Reason.from_json, content["reasons"]))})
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise SubjectError(
            f"a kept night cannot be read: {error}", "gates verify says what else is damaged; restore a backup"
        ) from None


def _require_types(content: Mapping[str, object], types: Mapping[str, type]) -> None:
    """Raise `TypeError` for a field that a person or a computation would stumble over later."""
    for name, kind in types.items():
        if type(content[name]) is not kind:
            raise TypeError(f"{name} is {content[name]!r:.40}")


def _number(value: object) -> float:
    """Return a number of JSON. Raises `TypeError` for anything else, `OverflowError` for one that no float can hold."""
    if type(value) not in (int, float):
        raise TypeError(f"{value!r:.40} is no number")
    return float(cast(float, value))
