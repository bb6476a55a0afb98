"""Rules of promotion: ours, and those of the peers as the plain formulas that their documentation gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gates.measures.model.comparison import compare
from gates.measures.model.mcnemar import exact_p_value

MARGINS = {"accuracy": 0.02, "macro_f1": 0.05}
PASSING = ("better", "no_worse")


@dataclass(frozen=True, slots=True)
class Holdout:
    """Truth and both models' answers on the same rows, and the squared error that the champion had when it was evaluated."""

    truth: NDArray[np.intp]
    champion: NDArray[np.intp]
    challenger: NDArray[np.intp]
    stored_mse: float

    @property
    def gain(self) -> float:
        """Accuracy, challenger - champion."""
        return float(np.mean(self.challenger == self.truth) - np.mean(self.champion == self.truth))

    @property
    def won_and_lost(self) -> tuple[int, int]:
        """Rows where only the challenger, only the champion, is right."""
        old, new = self.champion == self.truth, self.challenger == self.truth
        return int((new & ~old).sum()), int((old & ~new).sum())


def squared_error(truth: NDArray[np.intp], answers: NDArray[np.intp]) -> float:
    """The mean squared difference of class numbers."""
    return float(np.mean((answers - truth) ** 2))


def promote_like_the_lab(seen: Holdout) -> bool:
    """``new_mse < old_mse``, the old one stored with the champion and measured on other rows."""
    return squared_error(seen.truth, seen.challenger) < seen.stored_mse


def promote_by_the_point(seen: Holdout) -> bool:
    """``accuracy new > accuracy old``."""
    return seen.gain > 0


def promote_like_tfx(seen: Holdout) -> bool:
    """TensorFlow Model Analysis: ``GenericChangeThreshold(absolute={'value': -0.02}, direction=HIGHER_IS_BETTER)``."""
    return seen.gain >= -0.02


def promote_like_mlflow(seen: Holdout) -> bool:
    """MLflow: ``MetricThreshold(min_absolute_change=0.02, greater_is_better=True)``."""
    return seen.gain >= 0.02


def promote_unless_mcnemar(seen: Holdout) -> bool:
    """Whatever is not significantly worse by McNemar's exact test at 5 %, two-sided, passes."""
    won, lost = seen.won_and_lost
    return won >= lost or 2 * exact_p_value(lost, won) >= 0.05


def promote_by(*metrics: str) -> Callable[[Holdout], bool]:
    """Ours: no worse by more than the margin, proved, in every one of these metrics."""

    def promote(seen: Holdout) -> bool:
        return all(
            compare(seen.truth, seen.champion, seen.challenger, metric=metric, margin=MARGINS[metric]).decision
            in PASSING
            for metric in metrics
        )

    return promote


PEERS: dict[str, Callable[[Holdout], bool]] = {
    "the lab: squared error of class numbers, stored": promote_like_the_lab,
    "point rule: accuracy new > old": promote_by_the_point,
    "TFX: change >= -0.02": promote_like_tfx,
    "MLflow: min_absolute_change 0.02": promote_like_mlflow,
    "McNemar: not significantly worse": promote_unless_mcnemar,
}
OURS: dict[str, Callable[[Holdout], bool]] = {
    "**ours: accuracy, margin 0.02**": promote_by("accuracy"),
    "**ours: macro-F1, margin 0.05**": promote_by("macro_f1"),
}
