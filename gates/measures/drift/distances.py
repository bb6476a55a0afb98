"""Distances between all pairs of pooled rows, needed by more than one family of statistics."""

from __future__ import annotations

import numpy as np

from gates.measures.drift.arrays import Singles


def square_distances(rows: Singles) -> Singles:
    """Return the squared Euclidean distances (N, N) of rows (N, p); infinite on the diagonal, since no row is its own neighbour."""
    norms = (rows * rows).sum(axis=1)
    squares = np.maximum(norms[:, None] + norms[None] - 2.0 * (rows @ rows.T), 0.0)
    np.fill_diagonal(squares, np.inf)
    return squares
