"""What Azure's batch deployments and parallel jobs call: ``init()`` loads the model, ``run()`` scores the files of one mini batch.

The rows are judged as `gates.work.batch.scoring` judges them. A refused row is an exception: with
an error threshold of 0 the job fails.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path

from gates.work.batch.models import open_model
from gates.work.batch.output import defused
from gates.work.batch.reading import chunks_of
from gates.work.batch.scoring import answer
from gates.work.errors import ArtifactError, DataError
from gates.work.model.artifact import LoadedModel

_model: LoadedModel | None = None


def init() -> None:
    """Load the one model under AZUREML_MODEL_DIR; GATES_MODEL_DIGEST says which it must be, where it is set.

    Raises `ArtifactError`.
    """
    global _model
    folder = Path(os.environ.get("AZUREML_MODEL_DIR", "."))
    files = sorted(folder.rglob("model.skops"))
    if len(files) != 1:
        raise ArtifactError(
            f"{len(files)} files named model.skops are under {folder}, wanted 1", "deploy the model again"
        )
    _model = open_model(str(files[0]), folder, digest=os.environ.get("GATES_MODEL_DIGEST", ""))
    print(f"scores with {_model.signature.model} {_model.digest}", flush=True)


def run(mini_batch: Sequence[str]) -> list[str]:
    """Score the files of one mini batch; return a CSV line for each row: file, row number, id, prediction.

    Raises `DataError` for a refused row.
    """
    if _model is None:
        raise ArtifactError("init() has not run", "let the service call init() first")
    lines: list[str] = []
    for name in mini_batch:
        path = Path(name)
        for chunk in chunks_of(path, _model.signature):
            answers = answer(_model, chunk, probabilities=False)
            if answers.refused:
                first = answers.refused[min(answers.refused)]
                raise DataError(
                    f"{path.name}: {len(answers.refused)} rows are refused, like this: {first}", "correct them"
                )
            rows = answers.rows
            for number, id, prediction in zip(rows.numbers, rows.ids, answers.predictions, strict=True):
                lines.append(_line(path.name, number, id, prediction))
    return lines


def _line(*values: object) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([defused(value) for value in values])
    return text.getvalue()
