"""Detectors of drift that run in this very environment: ours, and what people write by hand or take from alibi-detect.

Each takes two windows and a seed and answers by name, so that one computation can be held to two levels.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr

import numpy as np
import pandas as pd

Answers = Mapping[str, bool]
Detector = Callable[[pd.DataFrame, pd.DataFrame, int], Answers]

OURS = "ours, 1 %"


def ask_ours(reference: pd.DataFrame, current: pd.DataFrame, seed: int) -> Answers:
    from gates.measures.drift import detect

    return {OURS: detect(reference, current, seed=seed).drifted}


def ask_columns(reference: pd.DataFrame, current: pd.DataFrame, seed: int) -> Answers:
    """Kolmogorov-Smirnov on every column, Bonferroni; and no correction at all."""
    from scipy.stats import ks_2samp

    p = min(float(ks_2samp(reference[name], current[name]).pvalue) for name in reference.columns)
    return {"KS, Bonferroni 1 %": p * reference.shape[1] < 0.01, "KS, any column < 5 %": p < 0.05}


def ask_stability(reference: pd.DataFrame, current: pd.DataFrame, seed: int) -> Answers:
    """The population stability index of each column over the reference's deciles, against the usual 0.2."""
    worst = 0.0
    for name in reference.columns:
        edges = np.unique(np.quantile(reference[name], np.linspace(0, 1, 11)))[1:-1]
        before, now = (
            np.bincount(np.searchsorted(edges, side[name], side="right"), minlength=len(edges) + 1)
            for side in (reference, current)
        )
        shares = [np.maximum(counts / counts.sum(), 1e-4) for counts in (before, now)]
        worst = max(worst, float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum()))
    return {"PSI, any > 0.2": worst > 0.2}


def ask_alibi_columns(reference: pd.DataFrame, current: pd.DataFrame, seed: int) -> Answers:
    """alibi-detect's KSDrift with its false discovery rate, at its default and at our level."""
    detector = _alibi("KSDrift")
    x, z = reference.to_numpy(dtype=np.float64), current.to_numpy(dtype=np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {
            level: detector(x, p_val=level, correction="fdr").predict(z)["data"]["is_drift"] for level in (0.05, 0.01)
        }
    return {f"alibi KS, FDR {100 * level:.0f} %": bool(drifted) for level, drifted in found.items()}


def ask_alibi_classifier(reference: pd.DataFrame, current: pd.DataFrame, seed: int) -> Answers:
    """alibi-detect's ClassifierDrift: a logistic regression trained to tell the windows apart, scored on a quarter of the rows."""
    from sklearn.linear_model import LogisticRegression

    detector = _alibi("ClassifierDrift")
    x, z = reference.to_numpy(dtype=np.float64), current.to_numpy(dtype=np.float64)
    scale = np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
    with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        made = detector(
            x / scale, LogisticRegression(max_iter=1000), backend="sklearn", p_val=0.05, preds_type="probs", seed=seed,
        )  # fmt: skip
        p = float(made.predict(z / scale)["data"]["p_val"])
    return {f"alibi classifier, {100 * level:.0f} %": p < level for level in (0.05, 0.01)}


def ask_forest(reference: pd.DataFrame, current: pd.DataFrame, seed: int) -> Answers:
    """A random forest told to tell the windows apart; its out-of-bag scores by Mann-Whitney (Lopez-Paz and Oquab 2017)."""
    from scipy.stats import mannwhitneyu
    from sklearn.ensemble import RandomForestClassifier

    rows = np.vstack([reference.to_numpy(dtype=np.float64), current.to_numpy(dtype=np.float64)])
    sides = np.repeat([0, 1], [len(reference), len(current)])
    forest = RandomForestClassifier(100, oob_score=True, min_samples_leaf=5, class_weight="balanced", random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scores = forest.fit(rows, sides).oob_decision_function_[:, 1]
    seen = np.isfinite(scores)
    p = float(mannwhitneyu(scores[seen & (sides == 1)], scores[seen & (sides == 0)], alternative="greater").pvalue)
    return {f"random forest, {100 * level:.0f} %": p < level for level in (0.05, 0.01)}


def _alibi(name: str) -> Callable[..., object]:
    with redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import alibi_detect.cd as detectors
    found: Callable[..., object] = getattr(detectors, name)
    return found


CHEAP: tuple[Detector, ...] = (ask_columns, ask_stability, ask_alibi_columns)
DEAR: tuple[Detector, ...] = (ask_alibi_classifier, ask_forest)
