"""The lab's own change, depth 5 to 4, on many splits of its file: what the margins of the shipped policy let pass.

`gates run` judges one holdout, the one that the hash of the ids gives; this table shows what the same margins say of others, beside
the lab's rule: promote when the mean squared error of the class numbers falls. The splits share rows, so an interval would claim
more than is known: counts alone are told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from benchmarks.verdicts.markdown import table
from benchmarks.verdicts.options import Options
from gates.measures.model.comparison import compare
from gates.policy.reader import read_policy

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
CHECK = "gates:model/test_champion.py::test_challenger_is_no_worse"
HELD_OUT = 0.33
CHANGES: Mapping[str, Callable[[], ClassifierMixin]] = {
    "depth 5 to 4": lambda: DecisionTreeClassifier(max_depth=4, random_state=0),
    "depth 5 to 5, another seed": lambda: DecisionTreeClassifier(max_depth=5, random_state=1),
    "depth 5 to logistic regression": lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)),
}


def tell(options: Options) -> Iterator[str]:
    if options.data is None:
        yield "The lab's file is absent: this table was not measured."
        return
    frame = pd.read_csv(options.data)
    features, labels = frame.drop(columns=["cord_uid", "cluster"]), frame["cluster"]
    splits, margins = options.choose(10, 60), read_margins(PROJECT)
    ours, lab = dict.fromkeys(CHANGES, 0), dict.fromkeys(CHANGES, 0)
    for seed in range(splits):
        learn_X, held_X, learn_y, held_y = train_test_split(features, labels, test_size=HELD_OUT, random_state=seed)
        champion = DecisionTreeClassifier(max_depth=5, random_state=0).fit(learn_X, learn_y).predict(held_X)
        truth = held_y.to_numpy()
        for change, make in CHANGES.items():
            challenger = make().fit(learn_X, learn_y).predict(held_X)
            ours[change] += promotes(truth, champion, challenger, margins)
            lab[change] += bool(np.mean((challenger - truth) ** 2) < np.mean((champion - truth) ** 2))
    yield (
        f"Promoted on {splits} random splits (seeds 0 to {splits - 1}) with {len(held_y)} rows held out. "
        "Margins of the shipped policy: " + ", ".join(f"{metric} {margin}" for metric, margin in margins.items()) + "."
    )
    yield ""
    yield from table(
        ("change", "**ours**", "the lab: squared error of class numbers"),
        [(change, f"{ours[change]}/{splits}", f"{lab[change]}/{splits}") for change in CHANGES],
    )


def read_margins(policy: Path) -> dict[str, float]:
    """What the shipped policy lets a challenger lose against the champion, by metric."""
    bounds = read_policy(policy).gates["model"].bounds(CHECK)
    return {metric: -bound.limit for metric, bound in bounds.items()}


def promotes(truth: np.ndarray, champion: np.ndarray, challenger: np.ndarray, margins: Mapping[str, float]) -> bool:
    """Whether the challenger is better or no worse in every metric, as the gate asks."""
    decisions = [
        compare(truth, champion, challenger, metric=metric, margin=margin).decision
        for metric, margin in margins.items()
    ]
    return all(decision in ("better", "no_worse") for decision in decisions)
