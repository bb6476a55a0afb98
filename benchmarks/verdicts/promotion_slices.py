"""How often many slices block a model that is equal everywhere: our family of slices beside a point rule for each slice."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pandas as pd

from benchmarks.verdicts.markdown import table
from benchmarks.verdicts.options import Options
from benchmarks.verdicts.promotion_weeks import Models
from benchmarks.verdicts.rates import Rate
from gates.measures.model.slices import slices_against_champion

SLICES, ALPHA = 20, 0.05
ROWS = (1_000, 5_000, 20_000)
ACCURACY = 0.80


def tell(options: Options) -> Iterator[str]:
    runs = options.choose(100, 400)
    yield f"## Two equal models over {SLICES} slices"
    yield ""
    yield f"Equal models blocked, {runs:,} runs: accuracy {ACCURACY} in every slice, fresh rows each time."
    yield ""
    blocked = {n: count_blocked(n, runs=runs) for n in ROWS}
    rules = {
        "point rule: no slice falls": "point",
        "point rule: no slice falls by more than 0.05": "point with margin",
        "each slice tested alone at 4.5 %, no margin": "alone",
        "**ours: Holm over the slices, margin 0**": "no margin",
        "**ours: Holm over the slices, margin 0.05 as shipped**": "shipped",
    }
    yield from table(
        ["rule", *(f"n = {n:,}" for n in ROWS)],
        [[rule, *(str(blocked[n][key]) for n in ROWS)] for rule, key in rules.items()],
    )
    yield ""


def count_blocked(n: int, *, runs: int, seed: int = 0) -> dict[str, Rate]:
    """How often each rule finds a slice of an equal challenger that fell."""
    hits = dict.fromkeys(("point", "point with margin", "alone", "no margin", "shipped"), 0)
    for run in range(runs):
        rows, champion, challenger = _draw(n, np.random.default_rng([seed, n, run]))
        roles = SimpleNamespace(
            id="id",
            target="y",
            task="classification",
            features=("old", "new"),
            slices=("part",),
            group=None,
            weight=None,
        )
        found = slices_against_champion(champion, challenger, rows, roles, margin=0.0, minimum=20)
        hits["point"] += any(part.difference < 0 for part in found.tested)
        hits["point with margin"] += any(part.difference < -0.05 for part in found.tested)
        # Holm's smallest p-value is 22 times the smallest (two classes are of the family): alone it would be under 4.5 %.
        hits["alone"] += found.worst < ALPHA * len(found.tested)
        hits["no margin"] += found.worst < ALPHA
        shipped = slices_against_champion(champion, challenger, rows, roles, margin=0.05, minimum=20)
        hits["shipped"] += shipped.worst < ALPHA
    return {rule: Rate(count, runs) for rule, count in hits.items()}


class _Column:
    """A model that answers what stands in a column."""

    features = ("old", "new")
    classes = (0, 1)
    size = 0
    signature = None

    def __init__(self, name: str) -> None:
        self._name = name

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return X[self._name].to_numpy()

    def predict_proba(self, X: pd.DataFrame) -> None:
        return None


class _Rows:
    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self.X, self.y, self.ids = frame[["old", "new"]], frame["y"], frame["id"]

    def __len__(self) -> int:
        return len(self.frame)


def _draw(n: int, rng: np.random.Generator) -> tuple[_Rows, _Column, _Column]:
    models = Models.on(n, rng)
    y = rng.integers(0, 2, n)
    answers = {name: np.where(models.right(ACCURACY) == 1, y, 1 - y) for name in ("old", "new")}
    part = np.asarray([f"part {place:02}" for place in rng.integers(0, SLICES, n)])
    frame = pd.DataFrame({"id": np.arange(n), "y": y, "part": part, **answers})
    return _Rows(frame), _Column("old"), _Column("new")
