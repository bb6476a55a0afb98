"""Propose floors from what a default model reaches: above a model that does not look at the features, below what chance takes away.

The default model is cross-validated on the training side alone, so that the holdout stays unseen. A floor is the score that an
equally good model misses in one of a hundred holdouts of that size (bootstrap of the out-of-fold answers, Efron & Tibshirani 1993).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gates.measures.model.metrics import Floats, resolve
from gates.measures.model.predictions import encode
from gates.proposal.training import FitFunction

if TYPE_CHECKING:
    from pandas import DataFrame, Series

FOLDS = 5
MISSES = 0.01  # the chance that an equally good model is below its floor
MOST_ROWS = 20_000  # that are cross-validated; more would change no digit that is written
METRICS: Mapping[str, tuple[str, ...]] = {"classification": ("accuracy", "macro_f1"), "regression": ("r2",)}
_DRAWS = 2000
_EFFORT = 20_000_000  # weights in all


@dataclass(frozen=True, slots=True)
class ProposedFloor:
    """Hold the floor of one metric, in its own unit.

    ``reached`` is the cross-validated score, ``low`` and ``high`` its 98 % interval on holdouts of the size at hand, ``baseline``
    the score without the features: the commonest class or the mean for all, or classes drawn by their shares. ``floor`` is None
    where no floor above ``baseline`` can be met.
    """

    metric: str
    reached: float
    low: float
    high: float
    baseline: float
    floor: float | None


def propose_floors(
    fit: FitFunction,
    X: DataFrame,
    y: Series,
    *,
    task: str,
    holdout_rows: int,
    groups: Series | None = None,
    seed: int = 0,
) -> tuple[ProposedFloor, ...]:
    """Score ``fit`` by cross-validation on ``X`` (n, k) and ``y`` (n,), and return a floor for each metric of the task.

    Rows of one of the ``groups`` (n,) are never parted by a fold, and are drawn together for the interval. Raises what ``fit``
    raises, and `ValueError` where there are fewer rows than folds.
    """
    rng = np.random.default_rng(seed)
    if len(X) > MOST_ROWS:
        rows = np.sort(rng.choice(len(X), MOST_ROWS, replace=False))
        X, y, groups = X.iloc[rows], y.iloc[rows], None if groups is None else groups.iloc[rows]
    answers = predict_out_of_fold(fit, X, y, task=task, groups=groups, seed=seed)
    constant = np.full(len(y), y.mean()) if task == "regression" else np.repeat(y.value_counts().index[:1], len(y))
    units = np.arange(len(X)) if groups is None else np.unique(groups.astype(str), return_inverse=True)[1]
    draws = list(_holdouts(units, holdout_rows, rng))
    return tuple(_floor(name, task, np.asarray(y), answers, np.asarray(constant), draws) for name in METRICS[task])


def predict_out_of_fold(
    fit: FitFunction, X: DataFrame, y: Series, *, task: str, groups: Series | None, seed: int
) -> NDArray[Any]:
    """Return for each row (n,) the answer of a model that was fitted on the other folds."""
    from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

    folds = (StratifiedKFold if task == "classification" else KFold)(FOLDS, shuffle=True, random_state=seed)
    if groups is not None:
        folds = GroupKFold(FOLDS)
    answers: NDArray[Any] = np.asarray(y).copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a class with fewer members than folds, which is counted all the same
        for learned, held in folds.split(X, y.astype(str) if task == "classification" else y, groups):
            model = fit(X.iloc[learned], y.iloc[learned], {"task": task, "seed": seed})
            answers[held] = model.predict(X.iloc[held])
    return answers


def _floor(
    name: str,
    task: str,
    truth: NDArray[Any],
    answers: NDArray[Any],
    constant: NDArray[Any],
    draws: Sequence[Floats],
) -> ProposedFloor:
    metric = resolve(name, task)
    if task == "classification":
        (truth, answers, constant), labels = encode((truth, answers, constant))
        kinds = len(labels)
    else:
        truth, answers, constant, kinds = truth.astype(float), answers.astype(float), constant.astype(float), 0
    every = np.ones((1, len(truth)))
    of_model = metric.prepare(truth, answers, kinds)
    reached, baseline = float(of_model(every)[0]), float(metric.prepare(truth, constant, kinds)(every)[0])
    if name == "macro_f1":
        baseline = max(
            baseline, 1.0 / kinds
        )  # what answers drawn with the shares of the classes reach: F1 = share, of each class
    scores = np.concatenate([of_model(weights) for weights in draws])
    scores = scores[np.isfinite(scores)]
    low, high = math.nan, math.nan
    if len(scores):
        low, high = float(np.quantile(scores, MISSES)), float(np.quantile(scores, 1.0 - MISSES))
    return ProposedFloor(name, reached, low, high, baseline, _readable(low, baseline))


def _holdouts(units: NDArray[Any], size: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Weights (draws, rows) of random holdouts of about ``size`` rows, a few at a time; rows of one unit are drawn together."""
    rows, number = len(units), int(units.max()) + 1
    draws = min(_DRAWS, max(400, _EFFORT // rows))
    step = max(1, 2_000_000 // rows)
    drawn = max(2, round(size * number / rows))
    for start in range(0, draws, step):
        count = min(step, draws - start)
        yield rng.multinomial(drawn, np.full(number, 1.0 / number), size=count).astype(float)[:, units]


def _readable(low: float, baseline: float) -> float | None:
    """The bound with as few decimals as keep it above the baseline; None where it is not above."""
    for digits in (2, 3, 4):
        rounded = math.floor(low * 10**digits) / 10**digits if math.isfinite(low) else -math.inf
        if rounded > baseline:
            return rounded
    return None
