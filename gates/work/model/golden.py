"""Keep some predictions from the trainer's own memory: what a deployed model must repeat, whatever happened on the way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from gates.documents import read_json, write_json
from gates.work.data.features import normalise
from gates.work.errors import ArtifactError
from gates.work.model.artifact import predict, predict_proba
from gates.work.records import GoldenPredictions, ModelSignature, Value

if TYPE_CHECKING:
    from pandas import DataFrame
    from sklearn.base import BaseEstimator

SCHEMA = 1
MOST = 20
_SEARCHED = 1_000  # rows of the holdout in which each predicted label is looked for


def write_golden(
    estimator: BaseEstimator, signature: ModelSignature, holdout: DataFrame, path: Path
) -> GoldenPredictions:
    """Predict up to `MOST` rows of the holdout with the estimator in memory, and write rows and predictions as strict JSON.

    Rows of each label that is predicted are among them: an endpoint that always answers the same must not repeat them all.
    """
    first = normalise(holdout.head(_SEARCHED), signature.features)
    frame = first.iloc[choose_rows(predict(estimator, signature, first).tolist(), MOST)]
    rows = tuple(
        dict(zip(signature.names, map(_plain, row), strict=True)) for row in frame.astype(object).to_numpy().tolist()
    )
    whole = all(isinstance(value, float) for row in rows for value in row.values())
    probabilities = predict_proba(estimator, signature, frame)
    golden = GoldenPredictions(
        rows=rows,
        matrix=tuple(tuple(cast(float, value) for value in row.values()) for row in rows) if whole else None,
        predictions=tuple(predict(estimator, signature, frame).tolist()),
        probabilities=None if probabilities is None else tuple(map(tuple, probabilities.tolist())),
    )
    content = {
        "rows": golden.rows,
        "matrix": golden.matrix,
        "predictions": golden.predictions,
        "probabilities": golden.probabilities,
    }
    write_json(path, {"schema": SCHEMA, **content})
    return golden


def choose_rows(predictions: Sequence[object], most: int) -> list[int]:
    """Return the positions of up to ``most`` rows, in their order: the first row of each prediction, then the first rows."""
    firsts = {prediction: at for at, prediction in reversed(list(enumerate(predictions)))}
    chosen = set(sorted(firsts.values())[:most])
    others = [at for at in range(len(predictions)) if at not in chosen]
    return sorted([*chosen, *others[: most - len(chosen)]])


def read_golden(path: Path) -> GoldenPredictions:
    """Read golden predictions. Raises `ArtifactError` when the file is absent, damaged, of another schema, or empty."""
    try:
        content = cast(dict[str, Any], read_json(path.read_bytes()))
        if content["schema"] != SCHEMA:
            raise ValueError(f"it has schema {content['schema']!r}, this version reads {SCHEMA}")
        matrix, probabilities = content["matrix"], content["probabilities"]
        golden = GoldenPredictions(
            rows=tuple(content["rows"]),
            matrix=None if matrix is None else tuple(map(tuple, matrix)),
            predictions=tuple(content["predictions"]),
            probabilities=None if probabilities is None else tuple(map(tuple, probabilities)),
        )
        counts = {
            len(golden.rows),
            len(golden.predictions),
            *(len(part) for part in (golden.matrix, golden.probabilities) if part is not None),
        }
        if len(counts) != 1 or counts == {0}:
            raise ValueError("rows and predictions are not equally many, or there are none")
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ArtifactError(
            f"the golden predictions {path.name} cannot be read: {error}", "train the model again with gates run"
        ) from None
    return golden


def _plain(value: object) -> Value:
    """A cell as JSON can hold it; missing is null, and a date is its ISO 8601 text."""
    import pandas

    if value is None or value is pandas.NaT:
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, pandas.Timestamp):
        return str(value.isoformat())
    return value if isinstance(value, bool) else str(value)
