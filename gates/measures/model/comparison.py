"""Is the challenger no worse than the champion on the same rows? The rule of promotion, its interval, the rows it needs.

The rule it protects: "better" or "no worse" must be proved within the margin, and so must "worse"; whatever is not
proved is inconclusive and says how many rows would prove it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import ArrayLike

from gates.measures.model import bootstrap, rows_needed, small_classes
from gates.measures.model.limits import Limits, find_limits
from gates.measures.model.metrics import Metric, UnusableMetric, find
from gates.measures.model.paired_scores import Contest, contest
from gates.measures.model.predictions import NotComparable
from gates.measures.model.row_order import order_groups
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
    labels are those known besides the ones in ``y``. ``names`` is what messages call the two. `limits.find_limits` gives the
    interval: Tango's for accuracy and, class by class, for balanced accuracy; from the influence of each row for numbers and
    probabilities; else the paired bootstrap. A mean over classes of labels leaves out, by name, classes of too few rows
    (`small_classes`). With fewer than `FEWEST_GROUPS` groups nothing is decided. The order of the rows does not matter.
    Raises `UnusableMetric` and `NotComparable`.
    """
    _require_question(metric, margin, level, seed)
    met = contest(
        y, champion, challenger, metric=metric, classes=classes, task=task, weights=weights, names=names, level=level
    )
    clusters = None if groups is None else order_groups(number_groups(groups, met.n)[met.order], met.kinds)
    number = None if clusters is None else int(clusters.max()) + 1
    limits = find_limits(met, clusters, weighted=weights is not None, level=level, seed=int(seed), draws=draws)
    lower, upper = limits.lower, limits.upper
    if number is not None and number < FEWEST_GROUPS:  # no limit that anybody could vouch for
        lower, upper = min(lower, -margin - met.unit), max(upper, margin + met.unit)
    decision = _decide(lower, upper, margin)
    needed, doubt = _needed(met, limits, clusters, margin, level, decision)
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
        method=limits.method,
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
    left_out = small_classes.describe(met.left_out)
    return "; ".join([*sentences, *(part for part in (left_out, doubt) if part)])


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

    What an inconclusive one needs is `Comparison.needed_n`; the gate says it with the outcome. A fault in fewer than 3/n of
    all rows is in none of n with a probability of 5 % or more: Hanley and Lippman-Hand, "If nothing goes wrong, is everything all
    right?", JAMA 249 (1983).
    """
    c = comparison
    rows = f"n = {c.rows:,}" if c.clusters is None else f"n = {c.clusters:,} groups of {c.rows:,} rows"
    units = "rows" if c.clusters is None else "groups"
    about = f"; {c.about}" if c.about else ""
    about += f"; a fault in under {min(1.0, 3 / c.n):.2%} of the {units} may be in none of these"
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


def _needed(
    met: Contest,
    limits: Limits,
    clusters: bootstrap.Codes | None,
    margin: float,
    level: float,
    decision: Decision,
) -> tuple[int | None, str]:
    """Rows (or groups) for an equal model to pass; where these are there and it has not passed, those to settle what was seen.

    With it a sentence where the figure is only the least at which the question makes sense.
    """
    units = met.n if clusters is None else int(clusters.max()) + 1
    about = {"level": level, "unit": met.unit, "charged": limits.charged}
    needed = rows_needed.to_approve_an_equal(limits.spread, margin, **about)
    if not (decision in ("better", "no_worse", "worse") or (needed is not None and needed > units)):
        needed = rows_needed.to_settle(met.difference, limits.spread, margin, units, **about)
    if clusters is not None and units < FEWEST_GROUPS:
        return max(needed or 0, FEWEST_GROUPS), f"{units} groups are too few for an interval, wanted {FEWEST_GROUPS}"
    same = needed is None and met.disagreements == 0  # without a margin, no rows of any class would settle that
    if same or met.classes is None or decision in ("better", "no_worse"):
        return needed, ""
    label, count, classes = _rarest(met, clusters)
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


def _rarest(met: Contest, clusters: bootstrap.Codes | None) -> tuple[object, int, int]:
    """The rarest class of the truth that is counted, in how many rows (or groups) it occurs, and how many are counted."""
    assert met.classes is not None
    kept = ~np.isin(met.classes.astype(str), [str(label) for label, _ in met.left_out])
    clusters = None if clusters is None else clusters[kept]
    labels, codes = np.unique(met.classes[kept], return_inverse=True)
    pairs = codes.reshape(-1)
    if clusters is not None:
        pairs = np.unique(np.column_stack([pairs, clusters]), axis=0)[:, 0]
    counts = np.bincount(pairs, minlength=len(labels))
    rarest = labels[counts.argmin()]
    return getattr(rarest, "item", lambda: rarest)(), int(counts.min()), len(labels)


__all__ = ["Comparison", "Decision", "NotComparable", "UnusableMetric", "compare", "describe"]
