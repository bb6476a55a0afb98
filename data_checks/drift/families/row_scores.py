"""One number per row, blind to the sides: how unusual is the row, and are the unusual ones current?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from data_checks.drift.arrays import Floats, Singles
from data_checks.drift.permutation import Measure
from data_checks.drift.pool import Pool

UPPER = 0.95  # the rows above this quantile of the pool are the unusual ones


def prepare(pool: Pool) -> Measure:
    """Mahalanobis length; the same in the half of the directions that vary least; the most extreme value of the row."""
    half = max(1, pool.whitened.shape[1] // 2)
    scores = {
        "the length of rows": np.log((pool.whitened**2).sum(axis=1) + 1e-9),
        "the length of rows in quiet directions": np.log((pool.whitened[:, :half] ** 2).sum(axis=1) + 1e-9),
    }
    extremes = _savage(np.abs(pool.raw).max(axis=1))

    def measure(labels: Singles) -> Mapping[str, Floats]:
        found: dict[str, Floats] = {"the wildest values": labels @ extremes}
        for name, score in scores.items():
            found.update(compare_scores(name, score, labels))
        return found

    return measure


def compare_scores(name: str, scores: Singles, labels: Singles) -> dict[str, Floats]:
    """Two statistics of a row score (N,): the mean difference either way, and the number of current rows in the upper tail."""
    standard = ((scores - scores.mean()) / (scores.std() + 1e-12)).astype(np.float32)
    upper = (standard >= np.quantile(standard, UPPER)).astype(np.float32)
    mean = labels @ standard
    return {name: np.abs(mean), f"{name} (upper tail)": labels @ upper + 1e-3 * mean}


def _savage(scores: Singles) -> Singles:
    """Exponential scores of the ranks (Savage 1956): nearly all weight on the largest values. Ties share their mean."""
    rows = len(scores)
    weights = np.cumsum(1.0 / np.arange(rows, 0, -1))
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ordered = np.sort(place)
    shared = np.bincount(ordered, weights=weights) / counts
    return (shared[place] - 1.0).astype(np.float32)
