"""A model that knows patients by heart is no model: 1-NN on 60 patients with 10 visits each, whose labels are drawn at random.

Its true accuracy is 0.5. With visits of a patient on both sides of the split it scores 1.0, and was promoted.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.command_line import Told, call

TRAIN = """
from sklearn.neighbors import KNeighborsClassifier


def fit(X, y, params):
    return KNeighborsClassifier(1).fit(X, y)
"""
POLICY = """
[tool.ml]
name = "visits"
data = "visits.csv"
id = "visit"
target = "ill"
task = "classification"
train = "nearest:fit"
trusted_types = ["sklearn.neighbors._classification.KNeighborsClassifier", "sklearn.metrics._dist_metrics.EuclideanDistance64",
  "sklearn.metrics._dist_metrics.EuclideanDistance", "sklearn.neighbors._kd_tree.KDTree"]
{more}

[tool.gates]
extends = "gates:standard"

[tool.gates.model."test_floors.py"]
thresholds.challenger_clears_the_floor = {{ accuracy = ">= 0.70", macro_f1 = ">= 0.70" }}

[tool.gates.data.settings]
drift = {{ backend = "scipy" }}
[tool.gates.drift.settings]
drift = {{ backend = "scipy" }}
"""


@pytest.fixture
def project(tmp_path: Path):
    rng = np.random.default_rng(12)
    patient = np.repeat(np.arange(60), 10)
    values = rng.normal(size=(60, 4))[patient] + 0.02 * rng.normal(size=(600, 4))
    frame = pd.DataFrame(values, columns=["pulse", "weight", "iron", "age"])
    frame["visit"], frame["patient"] = [f"v{n}" for n in range(600)], [f"p{n}" for n in patient]
    frame["ill"] = np.array(["no", "yes"])[rng.integers(0, 2, 60)[patient]]
    frame.to_csv(tmp_path / "visits.csv", index=False)
    (tmp_path / "nearest.py").write_text(TRAIN, encoding="utf-8")

    def run(more: str, *command: str) -> Told:
        policy = tmp_path / "pyproject.toml"
        policy.write_text(POLICY.format(more=more), encoding="utf-8")
        return call(*command, "--policy", str(policy), home=tmp_path / ".gates")

    return run


def test_visits_of_one_patient_never_count_as_independent_rows(project):
    by_heart = project("", "check", "data")
    assert by_heart.code == 1
    (reason,) = by_heart.document["reasons"]
    assert (reason["code"], reason["evidence"]) == ("bound-missed", "neighbour_share")
    assert "write group = 'patient' in [tool.ml]" in reason["text"]

    declared = project('group = "patient"', "run")
    assert declared.code == 1, declared.out + declared.err
    missed = {(reason["code"], reason["evidence"]) for reason in declared.document["reasons"]}
    assert ("bound-missed", "accuracy") in missed
    assert "data gate passed" in declared.out
    assert "refused by the model and drift gate; nothing was promoted" in declared.out
