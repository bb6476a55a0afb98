"""Is the loaded model the trained one, and does it fit the rows it is judged on?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gates.measures.model.invariance import Changed, compare_answers
from gates.measures.model.subjects import Array, Model, Rows
from gates.measures.shapes import Golden, Roles


def replay(model: Model, golden: Golden) -> Changed:
    """Find the golden rows that the loaded model answers differently from the trainer's own model."""
    rows = pd.DataFrame(list(golden.rows))
    return compare_answers(
        np.asarray(list(golden.predictions)), model.predict(rows), pd.Series([f"row {at}" for at in range(len(rows))])
    )


def probability_gap(answered: Array | None, expected: Array | None) -> float:
    """Return the largest difference of two sets of probabilities; infinite where shapes differ, 0 where neither has any."""
    if answered is None and expected is None:
        return 0.0
    if answered is None or expected is None or answered.shape != expected.shape:
        return float("inf")
    return float(np.max(np.abs(answered.astype(np.float64) - expected.astype(np.float64)), initial=0.0))


def replay_probabilities(model: Model, golden: Golden) -> float:
    """Return the largest difference between the loaded model's probabilities and the trainer's own, over the golden rows."""
    expected = None if golden.probabilities is None else np.asarray(golden.probabilities, dtype=np.float64)
    return probability_gap(model.predict_proba(pd.DataFrame(list(golden.rows))), expected)


def count_unknown_labels(model: Model, rows: Rows) -> tuple[int, str]:
    """Count the rows whose true label the model can never answer, and name these labels."""
    known = {str(label) for label in model.classes or ()}
    labels = rows.y.astype(str)
    unknown = labels[~labels.isin(known)]
    shown = ", ".join(f"{label} ({count})" for label, count in unknown.value_counts().items())
    return len(unknown), f"labels that it has never seen: {shown}" if shown else "it knows every label of the holdout"


def list_mismatches(model: Model, roles: Roles, training: Rows) -> tuple[str, ...]:
    """List what the model's signature says otherwise than the configuration and the rows: one sentence each."""
    signature, faults = model.signature, []
    if absent := [name for name in model.features if name not in training.X.columns]:
        faults.append(f"{len(absent)} features are no columns of the data: {', '.join(absent[:5])}")
    if unused := [name for name in roles.features if name not in model.features]:
        faults.append(f"{len(unused)} declared features are not used: {', '.join(unused[:5])}")
    if not model.features:
        faults.append("it names no feature")
    for name in ("id", "target", "task", "group", "split", "weight"):
        if getattr(signature, name) != getattr(roles, name):
            faults.append(f"{name} is {getattr(signature, name)!r}, the configuration says {getattr(roles, name)!r}")
    if signature.training_rows != len(training):
        faults.append(f"it learned from {signature.training_rows:,} rows, the training side has {len(training):,}")
    return tuple(faults)
