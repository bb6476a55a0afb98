"""Does the model answer differently now? Its predictions on held-out reference rows against those on current rows.

The rule it protects: the reference predictions come from rows the model did not learn from; in-sample predictions are
overconfident and raise the false alarms from 2 % to 14 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from gates.measures.drift.faults import DetectorFault, DriftFault
from gates.measures.drift.power import needed_rows
from gates.measures.drift.report import ColumnDrift, join
from gates.measures.drift.table import CategoryColumn, Infinite, NumberColumn, TwoSamples
from gates.measures.drift.univariate import compare_columns
from gates.measures.measurement import P_VALUE, Measurement


class Predictor(Protocol):
    """Name what is needed of a model here: ``predict`` (n,), and ``predict_proba`` (n, k) or None where it has none."""

    @property
    def classes(self) -> Sequence[object] | None: ...
    def predict(self, X: object) -> npt.NDArray[np.generic]: ...
    def predict_proba(self, X: object) -> npt.NDArray[np.float64] | None: ...


@dataclass(frozen=True, slots=True)
class PredictionDrift:
    """Hold the answer of `detect_predictions`; the words mean what they mean in `DriftReport`, columns are classes or outputs."""

    drifted: bool
    p_value: float
    alpha: float
    columns: tuple[ColumnDrift, ...]
    reasons: tuple[str, ...]
    n_reference: int
    n_current: int
    needed_n: int
    inconclusive: bool
    compared: int
    backend: str

    @property
    def n(self) -> int:
        """Return the rows of the smaller side."""
        return min(self.n_reference, self.n_current)

    @property
    def rows_share(self) -> float:
        """Return the predictions of the smaller side as a share of those needed."""
        return self.n / self.needed_n

    def measured(self) -> tuple[Measurement, ...]:
        """Return the answer as evidence: the p-value, and whether the rows were enough."""
        return (
            Measurement("drift", self.p_value, self.n, self.sentence, kind=P_VALUE),
            Measurement("rows_share", self.rows_share, self.n, self.sentence, self.needed_n),
        )

    @property
    def sentence(self) -> str:
        """Return the reasons in one line, or what was compared and how closely it agrees."""
        sizes = f"reference {self.n_reference:,} predictions, current {self.n_current:,}, {self.compared:,} outputs"
        if self.reasons:
            return f"{join(self.reasons)}; {sizes}"
        return f"{sizes}; largest difference {self.columns[0].sentence}" if self.columns else sizes


def predict_outputs(model: Predictor, X: object) -> npt.NDArray[np.generic]:
    """Return the model's probabilities (n, k) where it has them, else its predictions (n,)."""
    probabilities = model.predict_proba(X)
    return np.asarray(model.predict(X) if probabilities is None else probabilities)


def detect_predictions(
    reference: npt.ArrayLike,
    current: npt.ArrayLike,
    *,
    classes: Sequence[object] | None = None,
    alpha: float = 0.01,
    backend: str = "alibi-detect",
    smallest_shift: float = 0.5,
) -> PredictionDrift:
    """Compare predictions by Kolmogorov-Smirnov per class, Bonferroni over classes (black-box shift detection, Rabanser et al.
    2019).

    ``reference`` and ``current`` are (n, k) and (m, k) probabilities of the same model, or (n,) and (m,) predictions:
    numbers, or labels (then chi-square). Raises `DriftFault` for other shapes, `DetectorFault` for values that are not finite.
    """
    if not 0.0 < alpha < 1.0:
        raise DriftFault(f"alpha is {alpha!r}, wanted a number between 0 and 1: 0.01 is the default")
    before, now = _as_matrix(reference, "the reference"), _as_matrix(current, "current")
    if before.shape[1] != now.shape[1] or (classes is not None and before.shape[1] not in (1, len(classes))):
        wanted = f" for {len(classes)} classes" if classes is not None else ""
        raise DriftFault(
            f"predictions have {now.shape[1]} outputs now and {before.shape[1]} on the reference{wanted}: use one model for both"
        )
    table = _tabulate(before, now, classes)
    needed_n = needed_rows(len(before), len(now), table.compared, alpha=alpha, shift=smallest_shift)
    columns = compare_columns(table, backend=backend, alpha=alpha) if len(before) and len(now) else ()
    p_value = min(1.0, columns[0].p_value * len(columns)) if columns else 1.0
    drifted, few = p_value < alpha, min(len(before), len(now))
    inconclusive = not drifted and few < needed_n
    reasons: tuple[str, ...] = ()
    if drifted:
        reasons = tuple(column.sentence for column in columns if column.drifted)
    elif inconclusive:
        reasons = (f"{few:,} predictions on the smaller side are too few to see drift: {needed_n:,} are needed",)
    return PredictionDrift(
        drifted,
        p_value,
        alpha,
        columns,
        reasons,
        len(before),
        len(now),
        needed_n,
        inconclusive,
        table.compared,
        backend,
    )


def _as_matrix(predictions: npt.ArrayLike, side: str) -> npt.NDArray[np.generic]:
    values = np.asarray(predictions)
    if values.ndim not in (1, 2) or (values.ndim == 2 and values.shape[1] == 0):
        raise DriftFault(f"predictions on {side} have the shape {values.shape}, wanted (rows,) or (rows, classes)")
    values = values.reshape(len(values), values.shape[1] if values.ndim == 2 else 1)
    if np.issubdtype(values.dtype, np.number) and not np.isfinite(values.astype(np.float64)).all():
        broken = int((~np.isfinite(values.astype(np.float64))).sum())
        raise DetectorFault(
            f"{broken:,} predictions on {side} are not finite, wanted numbers: the model itself is broken on these rows"
        )
    return values


def _tabulate(
    before: npt.NDArray[np.generic], now: npt.NDArray[np.generic], classes: Sequence[object] | None
) -> TwoSamples:
    numbers: tuple[NumberColumn, ...] = ()
    categories: tuple[CategoryColumn, ...] = ()
    infinite: tuple[Infinite, ...] = ()
    labelled = not (np.issubdtype(before.dtype, np.number) and np.issubdtype(now.dtype, np.number))
    if labelled or (classes is not None and before.shape[1] == 1 and len(classes) > 1):
        levels, codes = np.unique(np.concatenate([before[:, 0], now[:, 0]]).astype(str), return_inverse=True)
        codes = codes.astype(np.int64)
        categories = (
            CategoryColumn("predicted class", codes[: len(before)], codes[len(before) :], tuple(map(str, levels))),
        )
    else:
        names = classes if classes is not None and len(classes) == before.shape[1] else range(before.shape[1])
        title = "prediction" if before.shape[1] == 1 else "probability of class"
        numbers = tuple(
            NumberColumn(
                title if before.shape[1] == 1 else f"{title} {name}",
                before[:, i].astype(np.float64),
                now[:, i].astype(np.float64),
            )
            for i, name in enumerate(names)
        )
    return TwoSamples(
        numbers, categories, (), (), infinite, (), (), len(before), len(now), len(numbers) + len(categories)
    )
