"""Propose floors from what a default model reaches: above a model that always gives one answer, below what chance takes away.

The default model is cross-validated on the training side alone, so that the holdout stays unseen. A floor is the score that an
equally good model misses in one of a hundred holdouts of that size (bootstrap of the out-of-fold answers, Efron & Tibshirani 1993).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
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
    the score of always giving the commonest class or the mean. ``floor`` is None where no floor above ``baseline`` can be met.
    """

    metric: str
    reached: float
    low: float
    high: float
    baseline: float
    floor: float | None


def propose_floors(
    fit: FitFunction, X: DataFrame, y: Series, *, task: str, holdout_rows: int, seed: int = 0
) -> tuple[ProposedFloor, ...]:
    """Cross-validate ``fit`` on ``X`` (n, k) and ``y`` (n,), and return a floor for each metric of the task.

    Raises what ``fit`` raises, and `ValueError` where there are fewer rows than folds.
    """
    rng = np.random.default_rng(seed)
    if len(X) > MOST_ROWS:
        rows = np.sort(rng.choice(len(X), MOST_ROWS, replace=False))
        X, y = X.iloc[rows], y.iloc[rows]
    answers = predict_out_of_fold(fit, X, y, task=task, seed=seed)
    constant = np.full(len(y), y.mean()) if task == "regression" else np.repeat(y.value_counts().index[:1], len(y))
    return tuple(
        _floor(name, task, np.asarray(y), answers, np.asarray(constant), holdout_rows, rng) for name in METRICS[task]
    )


def predict_out_of_fold(fit: FitFunction, X: DataFrame, y: Series, *, task: str, seed: int) -> NDArray[Any]:
    """Return for each row (n,) the answer of a model that was fitted on the other folds."""
    from sklearn.model_selection import KFold, StratifiedKFold

    folds = (StratifiedKFold if task == "classification" else KFold)(FOLDS, shuffle=True, random_state=seed)
    answers: NDArray[Any] = np.asarray(y).copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a class with fewer members than folds, which is counted all the same
        for learned, held in folds.split(X, y.astype(str) if task == "classification" else y):
            model = fit(X.iloc[learned], y.iloc[learned], {"task": task, "seed": seed})
            answers[held] = model.predict(X.iloc[held])
    return answers


def _floor(
    name: str,
    task: str,
    truth: NDArray[Any],
    answers: NDArray[Any],
    constant: NDArray[Any],
    holdout_rows: int,
    rng: np.random.Generator,
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
    scores = np.concatenate([of_model(weights) for weights in _holdouts(len(truth), holdout_rows, rng)])
    scores = scores[np.isfinite(scores)]
    low, high = math.nan, math.nan
    if len(scores):
        low, high = float(np.quantile(scores, MISSES)), float(np.quantile(scores, 1.0 - MISSES))
    return ProposedFloor(name, reached, low, high, baseline, _readable(low, baseline))


def _holdouts(rows: int, size: int, rng: np.random.Generator) -> list[Floats]:
    """Weights (draws, rows) of random holdouts of ``size`` rows, a few at a time."""
    draws = min(_DRAWS, max(400, _EFFORT // rows))
    step = max(1, 2_000_000 // rows)
    counts = [min(step, draws - start) for start in range(0, draws, step)]
    return [rng.multinomial(size, np.full(rows, 1.0 / rows), size=count).astype(float) for count in counts]


def _readable(low: float, baseline: float) -> float | None:
    """The bound with as few decimals as keep it above the baseline; None where it is not above."""
    for digits in (2, 3, 4):
        rounded = math.floor(low * 10**digits) / 10**digits if math.isfinite(low) else -math.inf
        if rounded > baseline:
            return rounded
    return None
