"""One number per row, blind to the sides: how unusual is the row, and are the unusual ones current?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from gates.measures.drift.arrays import Floats, Singles
from gates.measures.drift.permutation import Measure
from gates.measures.drift.pool import Pool

UPPER = 0.10  # the share of rows among which the unusual ones are looked for


def prepare(pool: Pool) -> Measure:
    """Prepare scores of rows: the Mahalanobis length, the same in the half of the directions that vary least, and the wildest
    value of the row.
    """
    half = max(1, pool.whitened.shape[1] // 2)
    scores = {
        "the length of rows": np.log((pool.whitened**2).sum(axis=1) + 1e-9),
        "the length of rows in quiet directions": np.log((pool.whitened[:, :half] ** 2).sum(axis=1) + 1e-9),
    }
    extremes = np.abs(pool.raw).max(axis=1)
    scans = {
        name: prepare_scan(score, pool.n_current) for name, score in {**scores, "the wildest values": extremes}.items()
    }
    standard = {
        name: ((score - score.mean()) / (score.std() + 1e-12)).astype(np.float32) for name, score in scores.items()
    }

    def measure(labels: Singles) -> Mapping[str, Floats]:
        means = {name: np.abs(labels @ score) for name, score in standard.items()}
        return {**means, **{f"{name} (upper tail)": scan(labels) for name, scan in scans.items()}}

    return measure


def prepare_scan(scores: Singles, n_current: int) -> Callable[[Singles], Floats]:
    """Prepare a scan of rows ordered by score (N,): the largest -log10 of the hypergeometric tail of "so many of the top k are
    current".

    k runs over the top `UPPER` of the rows, so that three wild rows count as much as thirty unusual ones. Tied scores are in
    random order, the rows of a pool being shuffled.
    """
    deepest = max(1, int(UPPER * len(scores)))
    top = np.argsort(-scores, kind="stable")[:deepest]
    surprise = _tabulate_surprise(len(scores), n_current, deepest)
    depth = np.arange(deepest)

    def scan(labels: Singles) -> Floats:
        counts = np.cumsum(labels[:, top], axis=1).astype(np.int64)
        return surprise[depth, counts].max(axis=1)

    return scan


def _tabulate_surprise(rows: int, n_current: int, deepest: int) -> Floats:
    """-log10 P(at least c of the top k are current), (deepest, deepest + 1) by k - 1 and c; hypergeometric."""
    from scipy.special import gammaln

    def log_choose(n: Floats, k: Floats) -> Floats:
        possible = (k >= 0) & (k <= n)
        k = np.where(possible, k, 0)
        return np.where(possible, gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0), -np.inf)

    k, c = np.arange(1.0, deepest + 1)[:, None], np.arange(deepest + 1.0)[None, :]
    mass = (
        log_choose(np.float64(n_current), c)
        + log_choose(np.float64(rows - n_current), k - c)
        - log_choose(np.float64(rows), k)
    )
    tails = np.cumsum(np.exp(mass)[:, ::-1], axis=1)[:, ::-1]
    return -np.log10(np.clip(tails, 1e-300, 1.0))
