"""Score a file from beginning to end: every row is answered, or every refused row is named and nothing is written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gates.documents import write_json
from gates.work.batch.output import replacing
from gates.work.batch.reading import Chunk, chunks_of
from gates.work.batch.rows import SoundRows, read_rows
from gates.work.errors import DataError
from gates.work.model.artifact import LoadedModel
from gates.work.records import CONTENT, ModelSignature

_TOLD = 10  # refused rows that are examples one by one


@dataclass(frozen=True, slots=True)
class Scored:
    """Count what was done. ``refused`` rows are in the file of rejects, ``defused`` texts got an apostrophe."""

    rows: int
    refused: int
    defused: int
    output: str


@dataclass(frozen=True, slots=True)
class ChunkAnswers:
    """Hold the answers to the sound rows of a chunk, and a sentence for each of the others."""

    rows: SoundRows
    predictions: list[Any]
    shares: list[list[float]]
    refused: dict[int, str]


def names_of(signature: ModelSignature, *, probabilities: bool) -> list[str]:
    """Return the columns of the output: row number, id, prediction and, with probabilities, one share for each class."""
    shares = [f"probability_{label}" for label in signature.classes or ()] if probabilities else []
    return ["row", *_id_of(signature), "prediction", *shares]


def _id_of(signature: ModelSignature) -> list[str]:
    """The column of ids; none where rows have no key."""
    return [] if signature.id == CONTENT else [signature.id]


def answer(model: LoadedModel, chunk: Chunk, *, probabilities: bool) -> ChunkAnswers:
    """Return what the endpoint would answer to these rows."""
    import numpy

    rows = read_rows(chunk, model.signature)
    if not rows.numbers:
        return ChunkAnswers(rows, [], [], rows.refused)
    with numpy.errstate(over="ignore", invalid="ignore"):
        predictions = model.predict(rows.frame)
        shares = model.predict_proba(rows.frame) if probabilities else None
    finite = numpy.isfinite(predictions) if predictions.dtype.kind == "f" else numpy.ones(len(predictions), dtype=bool)
    if shares is not None:
        finite &= numpy.isfinite(shares).all(axis=1)
    places = [int(place) for place in numpy.flatnonzero(finite)]
    lost = [rows.numbers[int(place)] for place in numpy.flatnonzero(~finite)]
    refused = {
        row: f"row {row} gets no finite answer from the model; are its values in the right unit?" for row in lost
    }
    kept = SoundRows(rows.frame, [rows.numbers[p] for p in places], [rows.ids[p] for p in places], rows.refused)
    examples = shares[finite].tolist() if shares is not None else []
    return ChunkAnswers(kept, predictions[finite].tolist(), examples, rows.refused | refused)


def score(
    model: LoadedModel,
    data: Path,
    output: Path,
    *,
    probabilities: bool = False,
    replace: bool = False,
    rejects: Path | None = None,
    tell: Callable[[int], None] = lambda _: None,
) -> Scored:
    """Answer every row of ``data`` in ``output``. Raises `DataError`, and nothing is written then.

    With ``rejects``, refused rows are written there, each with its sentence, and the others are answered.
    """
    if probabilities and not model.signature.probabilities:
        raise DataError("this model has no probabilities", "score without --probabilities")
    places = [path.resolve() for path in (data, output, rejects) if path is not None]
    if len(set(places)) != len(places):
        raise DataError("data, output and rejects are not three different files", "name three different files")
    names = names_of(model.signature, probabilities=probabilities)
    before, digest = _state(data), _digest(data)
    count, refused, examples = 0, 0, list[str]()
    with ExitStack() as stack:
        sink = stack.enter_context(replacing(output, names, replace=replace))
        rejected = stack.enter_context(replacing(rejects, ["row", "refusal"], replace=replace)) if rejects else None
        for chunk in chunks_of(data, model.signature):
            answers = answer(model, chunk, probabilities=probabilities)
            if numbers := answers.rows.numbers:
                ids = [answers.rows.ids] if _id_of(model.signature) else []
                sink.write([numbers, *ids, answers.predictions, *map(list, zip(*answers.shares, strict=True))])
            count += chunk.rows.num_rows
            refused += len(answers.refused)
            sentences = [answers.refused[row] for row in sorted(answers.refused)]
            examples += sentences[: max(0, _TOLD - len(examples))]
            if rejected is not None and sentences:
                rejected.write([sorted(answers.refused), sentences])
            tell(count)
        if refused and (rejects is None or refused == count):
            raise _refusal(data.name, refused, count, examples)
        if _state(data) != before:
            raise DataError(f"{data.name} changed while it was scored", "score a file that nobody writes to")
    scored = Scored(count - refused, refused, sink.defused, _digest(output))
    _leave_account(output, model, digest, scored)
    return scored


def _refusal(name: str, refused: int, count: int, examples: list[str]) -> DataError:
    more = f"; and {refused - len(examples)} more" if refused > len(examples) else ""
    remedy = "correct the rows, or let --rejects FILE take them and score the others"
    return DataError(f"{refused} of {count} rows of {name} are refused: {'; '.join(examples)}{more}", remedy)


def _leave_account(output: Path, model: LoadedModel, data: str, scored: Scored) -> None:
    """Beside the output, what it was made of; it names the output's digest, so that it cannot be taken for another's."""
    content = {
        "schema": 1,
        "model": model.signature.model,
        "digest": model.digest,
        "data": data,
        "output": scored.output,
    }
    write_json(
        output.with_name(f"{output.name}.json"),
        {**content, "rows": scored.rows, "refused": scored.refused, "defused": scored.defused},
    )


def _state(path: Path) -> tuple[int, int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}", "check the path and its permissions") from None
    return status.st_size, status.st_mtime_ns, status.st_ino


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
