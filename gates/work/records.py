"""The plain facts that pass between the steps of the work: light, frozen, and safe to import anywhere.

Nothing here imports numpy, pandas or scikit-learn: the process that drives the work stays small.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from gates.missing import MISSING

Task = Literal["classification", "regression"]
Kind = Literal["number", "boolean", "category", "text", "date"]
Value = str | int | float | bool | None
Label = str | int | float | bool
SplitBy = Literal["id", "time"]
ColumnType = Literal["number", "text", "date"]
CONTENT = "(row content)"  # the id of rows that no column identifies, see `gates.work.data.content_ids`


@dataclass(frozen=True, slots=True)
class Spelling:
    """Say how values are written in a text file, beside what is read as missing.

    ``types`` are pairs of a column and what it holds, whatever its values look like. ``decimal`` stands before the decimals of a
    number, ``thousands`` between its thousands (empty: nothing does). ``date_format`` is that of strptime, empty for ISO 8601.
    """

    types: tuple[tuple[str, ColumnType], ...] = ()
    decimal: str = "."
    thousands: str = ""
    date_format: str = ""

    @property
    def separated(self) -> bool:
        """Return whether numbers are written otherwise than with a point and nothing between thousands."""
        return self.decimal != "." or bool(self.thousands)


@dataclass(frozen=True, slots=True)
class ColumnRoles:
    """Say what each column of the data is for. Without ``features`` every column without another role is one.

    Rows with the same ``group`` are never parted by the split; ``split`` says what chooses the holdout: a hash of the id (or
    group), or the newest rows by ``time``. ``weight`` names how much each row counts, ``missing`` how missing values are spelt,
    ``spelling`` how other values are. ``key`` are the columns that identify a row together; ``id`` is then called like all of them.
    ``id`` is `CONTENT` where no column identifies a row. ``raw``: features are handed to the training function as they were read,
    dates and free text too. ``block`` (a length of time, or a number of rows) and ``season`` say which rows depend on each other
    when windows are compared; ``order`` "none" that the order of the rows means nothing.
    """

    id: str
    target: str
    task: Task
    features: tuple[str, ...] = ()
    time: str | None = None
    slices: tuple[str, ...] = ()
    group: str | None = None
    weight: str | None = None
    split: SplitBy = "id"
    missing: tuple[str, ...] = MISSING
    raw: bool = False
    block: str | None = None
    season: str | None = None
    order: str = "file"
    spelling: Spelling = Spelling()
    key: tuple[str, ...] = ()

    @property
    def keyless(self) -> bool:
        """Return whether rows are identified by their content, because no column identifies them."""
        return self.id == CONTENT

    @property
    def apart(self) -> frozenset[str]:
        """Return the columns that are no features unless they are declared as such: id, target, time, group and weight."""
        return frozenset(filter(None, (self.id, *self.key, self.target, self.time, self.group, self.weight)))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Name an immutable snapshot of the data by its content: ``digest`` is ``sha256:<hex>``, ``size`` is in bytes."""

    source: str
    path: Path
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """Name what a training left: the model file, its golden predictions, and facts about it as text."""

    model: Path
    golden: Path
    facts: Mapping[str, str]


class NamedModel(Protocol):
    """Name a model, whoever keeps it."""

    @property
    def name(self) -> str:
        """Return the model's name."""
        ...

    @property
    def version(self) -> int | None:
        """Return the version in the registry, None for a model that is in none."""
        ...

    @property
    def digest(self) -> object:
        """Return the digest of the model file; its text is ``sha256:<hex>``."""
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """Say which model a deployment serves; ``digest`` is ``sha256:<hex>``."""

    name: str
    version: int | None
    digest: str

    @classmethod
    def of(cls, named: NamedModel) -> Identity:
        """Return the identity of a model that somebody else keeps."""
        return cls(named.name, named.version, str(named.digest))


@dataclass(frozen=True, slots=True)
class Feature:
    """Hold one input column: how it is encoded, the dtype it was read with, whether it may be missing, the categories seen.

    ``raw``: the model takes it as it was read, see `gates.work.data.raw_columns`; ``longest`` counts the characters of its longest
    text, where it holds free text.
    """

    name: str
    kind: Kind
    dtype: str
    nullable: bool = False
    categories: tuple[str, ...] = ()
    raw: bool = False
    longest: int = 0


@dataclass(frozen=True, slots=True)
class ModelSignature:
    """Hold what a model takes and gives, and where it comes from. Stored inside the model file, schema 1.

    ``train`` is empty for a model that was trained elsewhere; ``format`` names how the model is kept in its file.
    ``group``, ``split``, ``weight``, ``missing`` and ``spelling`` are as in `ColumnRoles`; ``newest`` is the time of the newest
    training row, in UTC as ISO 8601, where time chose the holdout. ``identified_by`` are the
    columns whose content identified a row, where no
    column of ids did.
    """

    model: str
    task: Task
    id: str
    target: str
    features: tuple[Feature, ...]
    classes: tuple[Label, ...] | None
    probabilities: bool
    train: str
    params: Mapping[str, Value]
    seed: int
    holdout_share: float
    training_rows: int
    data: str
    versions: Mapping[str, str]
    notes: tuple[str, ...] = ()
    format: str = "skops"
    group: str | None = None
    split: SplitBy = "id"
    weight: str | None = None
    newest: str | None = None
    missing: tuple[str, ...] = MISSING
    spelling: Spelling = Spelling()
    key: tuple[str, ...] = ()
    identified_by: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the feature names, in the order in which the model learned them."""
        return tuple(feature.name for feature in self.features)


@dataclass(frozen=True, slots=True)
class GoldenPredictions:
    """Hold predictions that the training made with the model still in its memory, for some rows of the holdout."""

    rows: tuple[Mapping[str, Value], ...]
    matrix: tuple[tuple[float, ...], ...] | None
    predictions: tuple[Label, ...]
    probabilities: tuple[tuple[float, ...], ...] | None
