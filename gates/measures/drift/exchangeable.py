"""Do the rows of the reference depend on their order, although nobody declared it?

The rule it protects: a permutation test of rows that depend on each other alarms without drift, however exact it is: with a lag-1
correlation of 0.6 in 95 of 100 cases at 5 %. Neighbouring rows are correlated, and segments of the reference are compared with each
other; where either shows more than chance makes, a difference between reference and current is no proof of anything.

What cannot be seen: rows of one customer in random order, and any dependence in a table that was shuffled.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from gates.measures.drift.arrays import Codes, Floats
from gates.measures.drift.table import TwoSamples
from gates.measures.measurement import VIOLATIONS, Measurement

LEVEL = 0.001  # how often independent rows look dependent, at most
SEGMENTS = (2, 4, 8, 16, 32, 64)  # equal parts of the reference that are compared with each other
SHORTEST = 5  # rows of a segment
FEWEST = 20  # rows below which correlations mean nothing
WEAK = 0.15  # correlation of neighbours up to which a difference can be held to the rows that it leaves
DIRECTIONS = 16  # principal components that are looked at together
WIDEST = 128  # columns beyond which a projection is looked at
DECLARE = (
    'declare what belongs together (group or block in [tool.ml]; --group, --block), or order = "none" where the order of the'
    " rows means nothing"
)


@dataclass(frozen=True, slots=True)
class Dependence:
    """Hold what was seen: the number of ``signs`` beyond chance, the clearest in words, and the ``correlation`` (0 to 1) of
    neighbouring rows, the largest of a column. ``lasting`` is whether whole parts of the reference differ.
    """

    signs: int
    detail: str
    correlation: float
    lasting: bool = True

    @property
    def sentence(self) -> str:
        """Return that rows are not exchangeable, why, and what to do."""
        return f"rows are not exchangeable: in the reference {self.detail}; {DECLARE}"

    @property
    def caution(self) -> str:
        """Return what it means where no drift was seen, in words. Dependence makes differences larger, so none is none."""
        return f"in the reference {self.detail}, so a shift has to be larger than it says to be seen"

    def discount(self, p_value: float) -> float:
        """Return the p-value (0 to 1) of a difference when it is held to fewer rows, 1 where nobody can say how many they are.

        Neighbours that correlate by r make the variance of a mean (1 + r) / (1 - r) times as large (Bartlett 1946), so the normal
        score of the p-value shrinks by the root of that. Beyond `WEAK`, or where whole parts differ, the lag-1 correlation does not
        tell how far dependence reaches.
        """
        if self.lasting or self.correlation > WEAK:
            return 1.0
        if p_value <= 0.0:
            return 0.0
        score = (
            -NormalDist().inv_cdf(min(p_value, 1.0) / 2.0) if p_value > 1e-300 else math.sqrt(-2.0 * math.log(1e-300))
        )
        r = max(self.correlation, 0.0)
        return min(1.0, 2.0 * _tail(score * math.sqrt((1.0 - r) / (1.0 + r))))

    def measured(self, rows: int, needed_n: int | None) -> Measurement:
        """Return the signs as a count of violations among ``rows`` rows; ``needed_n`` makes the answer inconclusive, not a miss."""
        return Measurement("dependent_order", self.signs, rows, self.sentence, needed_n, kind=VIOLATIONS)

    def rows_needed(self, rows: int) -> int:
        """Return how many dependent rows say as much as ``rows`` independent ones: times (1 + r) / (1 - r) (Bartlett 1946)."""
        r = min(max(self.correlation, 0.0), 0.999)
        return math.ceil(rows * (1.0 + r) / (1.0 - r))


def look_at_order(table: TwoSamples, orders: Sequence[Codes] = (), *, seed: int = 0) -> Dependence | None:
    """Look at the reference in the order of its rows and in each of ``orders`` (places (n,) in another order); None where nothing
    shows.

    Values become ranks. Neighbours: z = r sqrt(n), one-sided, of each column and of the sum over principal components, which are
    uncorrelated. Segments: between them (n - 1) SSB / SST is chi-square (Kruskal and Wallis 1952). All together Bonferroni at
    `LEVEL`.
    """
    n = table.n_reference
    if n < FEWEST:
        return None
    names, values = _rank_columns(table)
    if not names:
        return None
    if values.shape[1] > WIDEST:
        mixing = np.random.default_rng(seed).standard_normal((values.shape[1], WIDEST))
        values = _standardise(values @ mixing)
        names = ["a mixture of columns"] * WIDEST
    components = _find_components(values)
    seen = [
        sign
        for order in (np.arange(n), *orders)
        for sign in (*_compare_neighbours(names, values[order], components[order]),
                     *_compare_segments(names, values[order], components[order]))
    ]  # fmt: skip
    count = sum(tests for _, tests, _, _ in seen)
    shown = sorted((p * count, detail, r) for p, _, detail, r in seen if p * count < LEVEL)
    if not shown:
        return None
    lasting = any(r == 0.0 for _, _, r in shown)  # of segments, which have no correlation of neighbours
    return Dependence(len(shown), shown[0][1], max(r for *_, r in seen), lasting)


_Sign = tuple[float, int, str, float]  # smallest p-value, of how many tests, in words, correlation of neighbours


def _compare_neighbours(names: Sequence[str], values: Floats, components: Floats) -> Iterator[_Sign]:
    n = len(values)
    r = (values[1:] * values[:-1]).sum(axis=0) / n
    worst = int(r.argmax())
    detail = f"neighbouring rows correlate by {r[worst]:+.2f} in {names[worst]!r}"
    yield _tail(float(r[worst]) * math.sqrt(n)), values.shape[1], detail, float(r[worst])
    own = (components[1:] * components[:-1]).sum(axis=0) / n
    together = float(own.sum()) * math.sqrt(n / len(own))
    yield _tail(together), 1, f"neighbouring rows correlate by {own.mean():+.2f} over all columns", float(own.max())


def _compare_segments(names: Sequence[str], values: Floats, components: Floats) -> Iterator[_Sign]:
    from scipy.stats import chi2

    n = len(values)
    for parts in (parts for parts in SEGMENTS if n >= parts * SHORTEST):
        words = "its halves differ" if parts == 2 else f"its {parts} equal segments differ"
        between = _compare_parts(values, parts)
        worst = int(between.argmax())
        yield float(chi2.sf(between[worst], parts - 1)), values.shape[1], f"{words} in {names[worst]!r}", 0.0
        together = float(_compare_parts(components, parts).sum())
        yield float(chi2.sf(together, (parts - 1) * components.shape[1])), 1, f"{words} over all columns", 0.0


def _compare_parts(values: Floats, parts: int) -> Floats:
    """(n - 1) times the share of the sum of squares that lies between equal parts; values have mean 0 and variance 1."""
    n = len(values)
    edges = np.linspace(0, n, parts + 1).astype(np.int64)
    sums = np.add.reduceat(values, edges[:-1], axis=0)
    return np.asarray((sums**2 / np.diff(edges)[:, None]).sum(axis=0) * (n - 1) / n)


def _rank_columns(table: TwoSamples) -> tuple[list[str], Floats]:
    """Ranks of numbers, marks of categories and of missing values, mean 0 and variance 1; (n, p) without constant columns."""
    from scipy.stats import rankdata

    columns: list[tuple[str, Floats]] = []
    dates = {
        one.name for one in table.dates
    }  # times of day follow each other wherever rows are in the order of their time
    for number in (one for one in table.numbers if one.source not in dates):
        values = number.reference
        seen = ~np.isnan(values)
        ranks = np.full(len(values), (seen.sum() + 1) / 2.0)
        ranks[seen] = rankdata(values[seen])
        columns.append((number.name, ranks))
    for category in table.categories:
        columns += [
            (category.name, (category.reference == level).astype(np.float64)) for level in range(len(category.levels))
        ]
    columns += [(name, before.astype(np.float64)) for name, before, _ in table.missing]
    kept = [(name, values) for name, values in columns if _is_common(values)]
    if not kept:
        return [], np.zeros((table.n_reference, 0))
    return [name for name, _ in kept], _standardise(np.column_stack([values for _, values in kept]))


def _is_common(values: Floats) -> bool:
    """Whether enough rows differ from the most frequent value for a normal approximation: one that two rows have is decided by
    where these two stand.
    """
    _, counts = np.unique(values, return_counts=True)
    return int(len(values) - counts.max()) >= FEWEST


def _standardise(values: Floats) -> Floats:
    centred = values - values.mean(axis=0)
    return np.asarray(centred / np.maximum(centred.std(axis=0), 1e-12))


def _find_components(values: Floats) -> Floats:
    """The principal components of largest variance, at most `DIRECTIONS`, mean 0 and variance 1: (n, q)."""
    variances, directions = np.linalg.eigh(np.atleast_2d(values.T @ values) / len(values))
    kept = [i for i in range(len(variances) - 1, -1, -1) if variances[i] > 1e-9 * variances[-1]][:DIRECTIONS]
    return _standardise(values @ directions[:, kept])


def _tail(z: float) -> float:
    """P(Z >= z) of the standard normal."""
    return 0.5 * math.erfc(z / math.sqrt(2.0))
