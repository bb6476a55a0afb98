"""Proper scoring rules of class probabilities, for many weightings of the rows at once.

Each ``prepare`` takes truth codes (m,), probabilities (m, k) and k; it gives a function from weights (draws, m) to
scores (draws,).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Weighted: TypeAlias = Callable[[Floats], Floats]
Array: TypeAlias = NDArray[np.generic]


def prepare_log_loss(truth: Array, answered: Array, k: int) -> Weighted:
    """Prepare the mean negative log probability of the true class, clipped at the float's resolution like scikit-learn's."""
    return _mean(losses(truth, answered))


def prepare_brier(truth: Array, answered: Array, k: int) -> Weighted:
    """Prepare half the mean squared distance between probabilities and truth: 0 is perfect, 1 is certain and wrong."""
    return _mean(brier_losses(truth, answered, k))


def losses(truth: Array, answered: Array) -> Floats:
    """Return the (m,) negative log probabilities of the true classes, in nats."""
    probabilities = answered.astype(np.float64)
    probabilities = probabilities / probabilities.sum(axis=1, keepdims=True)
    held = probabilities[np.arange(len(probabilities)), truth.astype(np.intp)]
    return np.asarray(-np.log(np.clip(held, np.finfo(np.float64).eps, 1.0)))


def brier_losses(truth: Array, answered: Array, k: int) -> Floats:
    """Return (m,) half the squared distance of each row's probabilities from its truth."""
    actual = np.eye(k)[truth.astype(np.intp)]
    return np.asarray(((answered.astype(np.float64) - actual) ** 2).sum(axis=1) / 2)


def _mean(loss: Floats) -> Weighted:
    return lambda weights: np.asarray((weights @ loss) / weights.sum(axis=1))
