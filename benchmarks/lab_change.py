"""How often the shipped margins refuse the lab's change (depth 5 to 4) and accept a real improvement, over many splits of a file.

Run it with ``python -m benchmarks.lab_change --data FILE``. The shipped holdout is one split; this shows what the policy's margins
do on others. Beside it stands the lab's own rule: promote when the mean squared error of the class numbers falls.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from model_checks.comparison import compare

MARGINS = {"accuracy": 0.06, "macro_f1": 0.05}
CHANGES = {
    "depth 5 to 4": lambda: DecisionTreeClassifier(max_depth=4, random_state=0),
    "depth 5 to 5, other seed": lambda: DecisionTreeClassifier(max_depth=5, random_state=1),
    "depth 5 to logistic regression": lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--splits", type=int, default=60)
    options = parser.parse_args()
    frame = pd.read_csv(options.data)
    X, y = frame.drop(columns=["cord_uid", "cluster"]), frame["cluster"]
    ours, lab = dict.fromkeys(CHANGES, 0), dict.fromkeys(CHANGES, 0)
    for seed in range(options.splits):
        train_X, test_X, train_y, test_y = train_test_split(X, y, test_size=0.33, random_state=seed)
        champion = DecisionTreeClassifier(max_depth=5, random_state=0).fit(train_X, train_y).predict(test_X)
        truth = test_y.to_numpy()
        for change, make in CHANGES.items():
            challenger = make().fit(train_X, train_y).predict(test_X)
            decisions = [
                compare(truth, champion, challenger, metric=metric, margin=margin).decision
                for metric, margin in MARGINS.items()
            ]
            ours[change] += all(decision in ("better", "no_worse") for decision in decisions)
            lab[change] += bool(np.mean((challenger - truth) ** 2) < np.mean((champion - truth) ** 2))
    print(f"{options.data.name}, {options.splits} random splits (seeds 0 to {options.splits - 1}), test share 0.33")
    print(f"{'promoted by':32} {'ours':>6} {'the lab':>8}")
    for change in CHANGES:
        print(f"{change:32} {100 * ours[change] / options.splits:5.0f}% {100 * lab[change] / options.splits:7.0f}%")


if __name__ == "__main__":
    main()
