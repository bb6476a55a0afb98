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

from gates.measures.drift.arrays import Codes
from gates.measures.drift.block_tests import compare_blocks
from gates.measures.drift.blocks import Blocks
from gates.measures.drift.class_share import compare_class_share
from gates.measures.drift.detection import count_needed, count_units
from gates.measures.drift.exchangeable import Dependence, look_at_order
from gates.measures.drift.faults import DetectorFault, DriftFault
from gates.measures.drift.measuring import CLASSES
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
    blocks: Blocks | None = None
    dependence: Dependence | None = None

    @property
    def n(self) -> int:
        """Return the rows of the smaller side, or its blocks."""
        if self.blocks is None:
            return min(self.n_reference, self.n_current)
        return min(self.blocks.n_reference, self.blocks.n_current)

    @property
    def unproven(self) -> Dependence | None:
        """Return the dependence that makes the difference that was seen no proof; None where there is no such difference."""
        return self.dependence if self.inconclusive and self.p_value < self.alpha else None

    @property
    def rows_share(self) -> float:
        """Return the predictions of the smaller side as a share of those needed."""
        return self.n / self.needed_n

    def measured(self) -> tuple[Measurement, ...]:
        """Return the answer as evidence: the p-value, and whether the rows were enough."""
        needed = None if self.unproven is None else self.unproven.rows_needed(max(self.needed_n, self.n))
        return (
            Measurement("drift", self.p_value, self.n, self.sentence, needed, kind=P_VALUE),
            Measurement("rows_share", self.rows_share, self.n, self.sentence, self.needed_n),
            *([] if self.unproven is None else [self.unproven.measured(self.n_reference, needed)]),
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
    blocks: Blocks | None = None,
    orders: Sequence[Codes] | None = (),
    seed: int = 0,
) -> PredictionDrift:
    """Compare predictions by Kolmogorov-Smirnov per class, Bonferroni over classes (black-box shift detection, Rabanser et al.
    2019), and where classes are predicted the share of the most frequent one, which has `CLASSES` of alpha.

    ``reference`` and ``current`` are (n, k) and (m, k) probabilities of the same model, or (n,) and (m,) predictions:
    numbers, or labels (then chi-square). ``blocks`` and ``orders`` are as in `detect`: with blocks the same differences are ranked
    by exchanging these, drawn by ``seed``. Raises `DriftFault` for other shapes, `DetectorFault` for values that are not finite.
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
    predicted = _predict_classes(table, before, now, classes)
    rest = 1.0 if predicted is None else 1.0 - CLASSES
    needed_n = count_needed(table, blocks, alpha * rest, smallest_shift)
    columns: tuple[ColumnDrift, ...] = ()
    of_columns, largest = 1.0, None
    if len(before) and len(now):
        columns, of_columns = _compare(table, backend, alpha * rest, blocks, seed)
        if predicted is not None:
            largest = compare_class_share(predicted, blocks=blocks, alpha=alpha * CLASSES, seed=seed)
    p_value = min(1.0, of_columns / rest, 1.0 if largest is None else largest.p_value / CLASSES)
    dependence = None if blocks is not None or orders is None else look_at_order(table, orders, seed=seed)
    unproven = dependence is not None and p_value < alpha <= dependence.discount(p_value)
    drifted, few = p_value < alpha and not unproven, count_units(table, blocks)
    inconclusive = not drifted and (few < needed_n or unproven)
    reasons: tuple[str, ...] = ()
    if unproven and dependence is not None:
        reasons = (dependence.sentence,)
    elif drifted:
        reasons = tuple(column.sentence for column in columns if column.drifted)
        if largest is not None and largest.p_value < alpha * CLASSES:
            reasons += (largest.detail,)
    elif inconclusive:
        of = "predictions" if blocks is None else blocks.name
        reasons = (f"{few:,} {of} on the smaller side are too few to see drift: {needed_n:,} are needed",)
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
        blocks,
        dependence,
    )


def _compare(
    table: TwoSamples, backend: str, alpha: float, blocks: Blocks | None, seed: int
) -> tuple[tuple[ColumnDrift, ...], float]:
    """The outputs, worst first, and one p-value for all of them."""
    if blocks is not None:
        return compare_blocks(table, blocks, alpha=alpha, seed=seed)
    columns = compare_columns(table, backend=backend, alpha=alpha)
    return columns, min(1.0, columns[0].p_value * len(columns)) if columns else 1.0


def _predict_classes(
    table: TwoSamples,
    before: npt.NDArray[np.generic],
    now: npt.NDArray[np.generic],
    classes: Sequence[object] | None,
) -> CategoryColumn | None:
    """The predicted classes: those given, or the most probable ones; None for a regression."""
    if table.categories:
        return table.categories[0]
    if before.shape[1] < 2:
        return None
    names = classes if classes is not None else range(before.shape[1])
    codes = [np.asarray(side).argmax(axis=1).astype(np.int64) for side in (before, now)]
    return CategoryColumn("predicted class", codes[0], codes[1], tuple(map(str, names)))


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
