"""Is the challenger no worse than the champion on the same rows? The rule of promotion, its interval, the rows it needs.

The rule it protects: "better" or "no worse" must be proved within the margin, and so must "worse"; whatever is not
proved is inconclusive and says how many rows would prove it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gates.measures.model import bootstrap, mcnemar, rows_needed
from gates.measures.model.metrics import Metric, UnusableMetric, find
from gates.measures.model.paired_scores import Contest, contest
from gates.measures.model.predictions import NotComparable
from gates.measures.model.row_units import FEWEST_GROUPS, number_groups
from gates.plain import show

Decision: TypeAlias = Literal["better", "no_worse", "worse", "inconclusive"]

_SAID = {
    "better": "better",
    "no_worse": "no worse",
    "worse": "proved worse",
    "inconclusive": "not proved either way",
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Hold a paired comparison. Differences are oriented so that positive means that the challenger is better.

    ``lower`` is the one-sided limit at ``level`` that the promotion hangs on; ``upper`` the one-sided limit at 1 - (1 -
    level)/2 that a proof of loss needs. ``needed_n``: rows that would settle it, None where no number would (no margin
    and no difference). ``champion`` and ``challenger`` are their scores in the metric's own direction. ``n`` and ``needed_n``
    count rows or, where rows belong to groups, these (``clusters``, else None); ``rows`` always counts rows. ``about`` is what
    else has to be known about the answers, as a sentence.
    """

    metric: str
    difference: float
    lower: float
    upper: float
    decision: Decision
    margin: float
    level: float
    n: int
    needed_n: int | None
    champion: float
    challenger: float
    disagreements: int
    method: str
    rows: int
    clusters: int | None = None
    about: str = ""

    @property
    def unproved_n(self) -> int | None:
        """Return the rows needed where the answer is inconclusive; None where it is proved either way."""
        return self.needed_n if self.decision == "inconclusive" else None


def compare(
    y: ArrayLike,
    champion: ArrayLike,
    challenger: ArrayLike,
    *,
    metric: str | Metric,
    margin: float,
    level: float = 0.95,
    seed: int = 0,
    groups: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    classes: Sequence[object] | None = None,
    task: str | None = None,
    draws: int = bootstrap.DRAWS,
    names: tuple[str, str] = ("champion", "challenger"),
) -> Comparison:
    """Compare two models' answers for the SAME rows, in the same order, that neither has trained on.

    ``y`` (n,) truth; ``champion``, ``challenger`` (n,) labels or values, or (n, k) class probabilities with their
    columns in the order of ``classes`` (default: sorted labels). ``margin`` is what may be lost, in the metric's unit.
    ``groups`` (n,) names clusters of rows that belong together, ``weights`` (n,) says how much each row counts; ``classes`` of
    labels are those known besides the ones in ``y``. ``names`` is what messages call the two. Accuracy uses Tango's paired
    interval and the exact McNemar test; all else, and whatever has groups or weights, the paired bootstrap. With fewer than
    `FEWEST_GROUPS` groups nothing is decided. Raises `UnusableMetric` and `NotComparable`.
    """
    _require_question(metric, margin, level, seed)
    met = contest(y, champion, challenger, metric=metric, classes=classes, task=task, weights=weights, names=names)
    clusters = None if groups is None else number_groups(groups, met.n)
    number = None if clusters is None else int(clusters.max()) + 1
    z_lower, z_upper = NormalDist().inv_cdf(level), NormalDist().inv_cdf(1 - (1 - level) / 2)
    if met.metric.name == "accuracy" and clusters is None and weights is None:
        lower = mcnemar.bound_difference(met.wins, met.losses, met.n, z=z_lower)
        upper = -mcnemar.bound_difference(met.losses, met.wins, met.n, z=z_upper)
        spread = math.sqrt(max((met.wins + met.losses + 1) / (met.n + 2), 0.0))
        method = "Tango's paired interval"
    else:
        lower, upper, spread = _bootstrap(met, clusters, level, seed, draws)
        method = f"paired bootstrap{'' if number is None else f' of {number:,} groups'}{'' if weights is None else ', weighted'}"
    if number is not None and number < FEWEST_GROUPS:  # no limit that anybody could vouch for
        lower, upper = min(lower, -margin - met.unit), max(upper, margin + met.unit)
    decision = _decide(lower, upper, margin)
    needed, doubt = _needed(met, spread, clusters, margin, level, decision)
    return Comparison(
        metric=met.metric.name,
        difference=met.difference,
        lower=lower,
        upper=upper,
        decision=decision,
        margin=margin,
        level=level,
        n=met.n if number is None else number,
        needed_n=needed,
        champion=met.champion,
        challenger=met.challenger,
        disagreements=met.disagreements,
        method=method,
        rows=met.n,
        clusters=number,
        about=_about(met, names, doubt),
    )


def _about(met: Contest, names: tuple[str, str], doubt: str) -> str:
    sentences = [
        f"{count:,} answers of the {name} are no label of the truth"
        for name, count in zip(names, met.strange, strict=True)
        if count
    ]
    return "; ".join([*sentences, *([doubt] if doubt else [])])


def _require_question(metric: object, margin: object, level: object, seed: object) -> None:
    """Raise `UnusableMetric` or `NotComparable` for a question that no data could answer."""
    if not isinstance(metric, str | Metric):
        raise UnusableMetric(f"the metric is {metric!r}; wanted a name, like 'accuracy'")
    if not (_is_number(margin) and math.isfinite(margin) and margin >= 0):
        raise NotComparable(f"the margin is {margin!r}; wanted what may be lost, a finite number of at least 0")
    if (known := find(metric)).bounded and margin >= 1:
        raise UnusableMetric(
            f"the margin is {margin!r}, and no {known.name} can fall by that much: every model would pass; write 2 points as 0.02"
        )
    if not (_is_number(level) and 0.5 < level < 1):
        raise NotComparable(f"the level is {level!r}; wanted a share between 0.5 and 1, like 0.95")
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise NotComparable(
            f"the seed is {seed!r}; wanted a whole number of at least 0, so that the answer can be had again"
        )


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def describe(comparison: Comparison) -> str:
    """Return the comparison as one sentence: metric, scores, difference, interval, margin, n.

    What an inconclusive one needs is `Comparison.needed_n`; the gate says it with the outcome.
    """
    c = comparison
    rows = f"n = {c.rows:,}" if c.clusters is None else f"n = {c.clusters:,} groups of {c.rows:,} rows"
    about = f"; {c.about}" if c.about else ""
    sentence = (
        f"{c.metric} {c.champion:.4g} -> {c.challenger:.4g}, difference {c.difference:+.4f}, "
        f"interval {c.lower:+.4f} to {c.upper:+.4f} "
        f"({c.method}, one-sided {c.level:.4g} and {1 - (1 - c.level) / 2:.4g}), "
        f"margin {c.margin:.4g}, {rows}, {c.disagreements:,} rows differ{about}: {_SAID[c.decision]}"
    )
    if c.decision in ("better", "no_worse"):
        return sentence
    if c.decision == "worse":
        return f"{sentence}; an equal model needs n = {c.needed_n:,} to pass" if c.needed_n else sentence
    if c.needed_n is None:
        return f"{sentence}; no number of rows would settle this difference under this margin"
    return sentence


def _decide(lower: float, upper: float, margin: float) -> Decision:
    """Decide for the promotion first: a model that has shown itself no worse is never blocked by the other limit."""
    if lower > 0:
        return "better"
    if lower > -margin:
        return "no_worse"
    return "worse" if upper < 0 else "inconclusive"


def _bootstrap(
    met: Contest, clusters: bootstrap.Codes | None, level: float, seed: int, draws: int
) -> tuple[float, float, float]:
    """Lower limit, upper limit and the spread of one row's (or group's) difference, from resampled rows or groups."""
    shares = (1 - level, (1 - level) / 2)
    units = met.n if clusters is None else int(clusters.max()) + 1
    about = {"seed": seed, "draws": draws}
    if clusters is None:
        spread = bootstrap.resample(met.differences, met.units, met.cells, **about)
    else:
        spread = bootstrap.resample_groups(met.differences, met.units, clusters, met.cells, **about)
    if spread.undefined > len(spread.values):
        raise NotComparable(
            f"{met.metric.name} is undefined in most resamples of these {met.n:,} rows: too few rows of some class"
        )
    quantiles = [NormalDist().inv_cdf(1 - share) for share in shares]
    deviation, effective = spread.deviation, met.effective
    if clusters is not None:
        from scipy.special import stdtrit

        # Few clusters have wide tails and a spread that is too small: Student's t with G - 1 degrees, and G / (G - 1).
        quantiles = [float(stdtrit(units - 1, 1 - share)) for share in shares]
        deviation, effective = deviation * math.sqrt(units / (units - 1)), min(float(units), effective)
    # No resample can hold a disagreement that was never seen: z^2/(n + z^2) of the rows may still disagree (score limit
    # of a share of 0).
    unseen = [met.unit * z * z / (effective + z * z) for z in (NormalDist().inv_cdf(1 - share) for share in shares)]
    # Of the percentile and the normal limit the more cautious one: measured on small classes, each alone misses more
    # often than it says.
    normal = [quantile * deviation for quantile in quantiles]
    lower = min(spread.quantile(shares[0]), met.difference - max(normal[0], unseen[0]))
    upper = max(spread.quantile(1 - shares[1]), met.difference + max(normal[1], unseen[1]))
    return lower, upper, deviation * math.sqrt(units)


def _needed(
    met: Contest,
    spread: float,
    clusters: bootstrap.Codes | None,
    margin: float,
    level: float,
    decision: Decision,
) -> tuple[int | None, str]:
    """Rows (or groups) for an equal model to pass; where these are there and it has not passed, those to settle what was seen.

    With it a sentence where the figure is only the least at which the question makes sense.
    """
    units = met.n if clusters is None else int(clusters.max()) + 1
    needed = rows_needed.to_approve_an_equal(spread, margin, level=level, unit=met.unit)
    if not (decision in ("better", "no_worse", "worse") or (needed is not None and needed > units)):
        needed = rows_needed.to_settle(met.difference, spread, margin, units, level=level, unit=met.unit)
    if clusters is not None and units < FEWEST_GROUPS:
        return max(needed or 0, FEWEST_GROUPS), f"{units} groups are too few for an interval, wanted {FEWEST_GROUPS}"
    same = needed is None and met.disagreements == 0  # without a margin, no rows of any class would settle that
    if same or met.classes is None or decision in ("better", "no_worse"):
        return needed, ""
    label, count, classes = _rarest(met.classes, clusters)
    wanted = rows_needed.of_the_rarest_class(margin, classes, level=level)
    if count < rows_needed.FEWEST_OF_A_CLASS and (needed is None or needed > units + 1):
        wanted = max(wanted, rows_needed.FEWEST_OF_A_CLASS)
        least = math.ceil(units * wanted / count)
        return max(least, units + 1), (
            f"the rarest class, {show(label)}, has {count:,} {'rows' if clusters is None else 'groups'}, too few to tell how many"
            f" it takes: n >= {least:,} would hold about {math.ceil(wanted):,} of it"
        )
    if count >= wanted:
        return needed, ""
    least = math.ceil(units * wanted / count)
    return max(
        needed or 0, least
    ), f"the rarest class, {show(label)}, has {count:,}, wanted about {math.ceil(wanted):,} of it"


def _rarest(classes: NDArray[np.generic], clusters: bootstrap.Codes | None) -> tuple[object, int, int]:
    """The rarest class of the truth, in how many rows (or groups) it occurs, and how many classes there are."""
    labels, codes = np.unique(classes, return_inverse=True)
    pairs = codes.reshape(-1)
    if clusters is not None:
        pairs = np.unique(np.column_stack([pairs, clusters]), axis=0)[:, 0]
    counts = np.bincount(pairs, minlength=len(labels))
    rarest = labels[counts.argmin()]
    return getattr(rarest, "item", lambda: rarest)(), int(counts.min()), len(labels)


__all__ = ["Comparison", "Decision", "NotComparable", "UnusableMetric", "compare", "describe"]
