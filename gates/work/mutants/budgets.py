"""Files that are small and describe more than a machine holds: a table and a model archive beyond the budgets of their readers."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gates.work.data.budget import MOST_CELLS
from gates.work.mutants.models import Lesson, ModelMutant
from gates.work.mutants.mutation import NamedFault
from gates.work.mutants.tables import Subject
from gates.work.records import CONTENT

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator

_COLUMNS = 600
_CLAIMED = 0xFFFFFFF0  # bytes, the most that a zip archive of the plain form can say of one member
_SIZE = slice(24, 28)  # of an entry of the directory of a zip archive: APPNOTE.TXT 4.3.12, uncompressed size


def write_endless(subject: Subject, path: Path) -> None:
    """Write a Parquet file of about a megabyte with more values than `gates.work.data.budget` allows, all of them missing."""
    import pyarrow
    from pyarrow import parquet

    roles = subject.roles
    texts = [
        pyarrow.field(name, pyarrow.string()) for name in (*(roles.key or (roles.id,)), roles.target) if name != CONTENT
    ]
    schema = pyarrow.schema([*texts, *(pyarrow.field(f"selftest_{at}", pyarrow.null()) for at in range(_COLUMNS))])
    rows = MOST_CELLS // _COLUMNS + 1
    table = pyarrow.table([pyarrow.nulls(rows, field.type) for field in schema], schema=schema)
    parquet.write_table(table, path, row_group_size=rows)


def fit_as_usual(lesson: Lesson) -> BaseEstimator:
    """Fit the project's own model, with no fault in it."""
    return lesson.fit(lesson.X, lesson.y)


def claim_more(content: bytes) -> bytes:
    """Return a zip archive whose first member says that it unpacks to four gigabytes; nothing else differs."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = archive.start_dir
    entry = bytearray(content[start : start + _SIZE.stop])
    entry[_SIZE] = _CLAIMED.to_bytes(4, "little")
    return content[:start] + bytes(entry) + content[start + _SIZE.stop :]


@dataclass(frozen=True, slots=True)
class FileMutant:
    """Hold a mutation of a batch that is no table in memory, and the function that writes its file."""

    mutation: NamedFault
    write: Callable[[Subject, Path], None]


TABLES = (
    FileMutant(
        NamedFault(
            "table-endless",
            "data",
            "a small file describes more values than a machine holds",
            "require gates:data/test_schema.py::test_every_column_is_there_and_none_is_unexpected as an invariant",
        ),
        write_endless,
    ),
)
ARCHIVES = (
    ModelMutant(
        NamedFault(
            "model-endless",
            "model",
            "a small archive says that it unpacks to four gigabytes",
            "require gates:model/test_artifact.py, which reads the model by the reader that bounds it",
        ),
        fit_as_usual,
        claim_more,
    ),
)
