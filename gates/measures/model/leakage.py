"""Rows must be new to both models, or a score measures memory. Ids decide, because the holdout is chosen by them."""

from __future__ import annotations

from gates.measures.model.subjects import Model, Rows


def count_shared_ids(training: Rows, holdout: Rows) -> tuple[int, str]:
    """Count the ids that stand on both sides, and name the first of them."""
    shared = sorted(set(training.ids.astype(str)) & set(holdout.ids.astype(str)))
    return len(shared), f"{len(shared):,} ids on both sides{': ' + ', '.join(shared[:5]) if shared else ''}"


def seen_share(champion: Model, challenger: Model, *, name: str = "champion") -> tuple[float, str]:
    """Return the share of today's holdout that the champion, or another former model called ``name``, has learned from.

    Both were split by the same hash of the id, so the smaller holdout lies inside the larger one; under another id
    nothing is known, which counts as all of it.
    """
    old, new = champion.signature, challenger.signature
    if old.id != new.id:
        return (
            1.0,
            f"the {name} was split by {old.id!r} and the challenger by {new.id!r}: nobody knows which rows it has seen",
        )
    seen = max(0.0, 1.0 - old.holdout_share / new.holdout_share)
    return seen, f"the {name} held out {old.holdout_share:.0%} of the rows, the challenger {new.holdout_share:.0%}"
