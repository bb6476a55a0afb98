"""Rows must be new to both models, or a score measures memory. Ids decide, because the holdout is chosen by them."""

from __future__ import annotations

from gates.measures.model.subjects import Model, Rows
from gates.measures.shapes import Roles, Signature
from gates.toml_reader import listed


def count_shared_ids(training: Rows, holdout: Rows) -> tuple[int, str]:
    """Count the ids that stand on both sides, and name the first of them."""
    shared = sorted(set(training.ids.astype(str)) & set(holdout.ids.astype(str)))
    return len(shared), f"{len(shared):,} ids on both sides{': ' + ', '.join(shared[:5]) if shared else ''}"


def seen_share(
    champion: Model, challenger: Model, rows: Rows, roles: Roles, *, name: str = "champion"
) -> tuple[float, str]:
    """Return the share of today's holdout that the champion, or another former model called ``name``, has learned from.

    By the same hash of the id or group the smaller holdout lies inside the larger one; by time a row is seen that is not newer
    than the newest row that the model learned from. Where the two were split otherwise nothing is known, which counts as all.
    """
    old, new = champion.signature, challenger.signature
    (before, now) = (_how(signature) for signature in (old, new))
    if before != now or (new.group is None and old.identified_by != new.identified_by):
        return 1.0, (
            f"the {name} was split by {before} and the challenger by {now}: nobody knows which rows it has seen, so the two cannot"
            f" be compared; {_SPLIT_AGAIN}"
        )
    if new.split == "time":
        return _seen_by_time(old.newest, rows, roles, name)
    seen = max(0.0, 1.0 - old.holdout_share / new.holdout_share)
    return seen, f"the {name} held out {old.holdout_share:.0%} of the rows, the challenger {new.holdout_share:.0%}"


_SPLIT_AGAIN = (
    "write the split back as it was, or give the project another name in [tool.ml], whose first champion is compared with none, or"
    " waive this check (waivers in [tool.gates]) until a model of the new split is champion"
)


def _how(signature: Signature) -> str:
    by = f"{signature.id!r}" if signature.group is None else f"group {signature.group!r}"
    if signature.group is None and signature.identified_by:
        by = f"the content of the columns {listed(map(repr, signature.identified_by))}"
    return f"time, with {by}" if signature.split == "time" else by


def _seen_by_time(newest: str | None, rows: Rows, roles: Roles, name: str) -> tuple[float, str]:
    import pandas as pd

    if newest is None or roles.time is None or roles.time not in rows.frame.columns:
        return 1.0, f"nobody knows how new the rows are that the {name} learned from"
    times = pd.to_datetime(rows.frame[roles.time], errors="coerce", utc=True, format="mixed")
    share = 1.0 - float((times > pd.Timestamp(newest)).mean())
    return share, f"the {name} learned from rows until {newest}; the holdout begins with {times.min().isoformat()}"
