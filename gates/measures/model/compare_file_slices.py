"""Compare two models by files of their predictions on each part of the rows: no part may be proved worse.

A part is a value of a column of the truth. With k parts each is tested at a k-th of the error (Bonferroni), so that parts without
any difference together are refused as rarely as one; a part is refused only where the loss is proved to be larger than the margin.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from gates.measures.model.compare_files import FileComparison, compare_files
from gates.measures.model.prediction_files import align, read_sheet
from gates.measures.model.predictions import NotComparable
from gates.missing import MISSING

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 20  # rows of a part that is compared
MOST = 50  # parts of a column


@dataclass(frozen=True, slots=True)
class FileSlice:
    """Hold the comparison on one part: its ``value``, its ``rows``, and the answer, None where it is too small or undefined."""

    value: str
    rows: int
    answer: FileComparison | None
    why: str = ""

    @property
    def collapsed(self) -> bool:
        """Return whether the challenger is proved worse there by more than the margin."""
        return self.answer is not None and self.answer.decision == "worse"


def compare_file_slices(
    truth: Path,
    champion: Path,
    challenger: Path,
    *,
    column: str,
    metric: str,
    margin: float,
    level: float,
    target: str,
    id: str | None = None,
    missing: Sequence[str] = MISSING,
    own: Mapping[str, str | float] | None = None,
) -> tuple[FileSlice, ...]:
    """Return the comparison on each value of ``column`` of the file of truth, the largest part first.

    Other arguments as in `gates.measures.model.compare_files.compare_files`. Raises `NotComparable` for a column that is absent,
    has gaps, or has more than `MOST` values, and where no part has `FEWEST` rows.
    """
    files = {"truth": truth, "champion": champion, "challenger": challenger}
    sheets, by = align([read_sheet(path, name, missing) for name, path in files.items()], id)
    values = sheets[0].texts(column)
    counts = {value: int((values == value).sum()) for value in dict.fromkeys(values.tolist())}
    if len(counts) > MOST:
        raise NotComparable(f"{sheets[0].name} has {len(counts):,} values of {column!r}, at most {MOST} make slices")
    large = [value for value, rows in counts.items() if rows >= FEWEST]
    if not large:
        raise NotComparable(f"no value of {column!r} has {FEWEST} rows; wanted at least one that can be compared")
    shared = 1.0 - (1.0 - level) / len(large)
    frames = [
        sheet.frame.drop(columns=[column] if place == 0 and column != target else [])
        for place, sheet in enumerate(sheets)
    ]

    def compared() -> Iterator[FileSlice]:
        for value in sorted(counts, key=lambda value: -counts[value]):
            if counts[value] < FEWEST:
                yield FileSlice(str(value), counts[value], None, f"fewer than {FEWEST} rows")
                continue
            try:
                answer = _compare_part(
                    frames, values == value, metric=metric, margin=margin, level=shared, target=target, id=by, own=own
                )
            except NotComparable as error:
                yield FileSlice(str(value), counts[value], None, str(error))
            else:
                yield FileSlice(str(value), counts[value], answer)

    return tuple(compared())


def _compare_part(frames: list[pd.DataFrame], part: object, **question: Any) -> FileComparison:
    """Write the rows of the part beside each other, so that they are read by the one reader of prediction files."""
    with TemporaryDirectory(prefix="gates-slice-") as name:
        paths = [Path(name) / f"{place}.parquet" for place in range(len(frames))]
        for frame, path in zip(frames, paths, strict=True):
            frame[part].to_parquet(path, index=False)
        return compare_files(*paths, **question)
