"""A model of another library, trained by another tool, is registered, judged, served and promoted; a worse one is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import lightgbm
import pandas
import pytest
import xgboost
from command_line import ROOT, call, champion_of

from gates.work.data.split import split
from gates.work.records import ColumnRoles

POLICY = """\
[tool.gates]
extends = "gates:standard"

[tool.ml]
name = "cancer"
data = "data.csv"
id = "patient"
target = "diagnosis"
task = "classification"
"""


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with the data, the policy, a good model of LightGBM and a bad one of XGBoost."""
    data = tmp_path / "data.csv"
    command = [sys.executable, "-m", "ml.sample", "breast_cancer", str(data)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (tmp_path / "gates.toml").write_text(POLICY, encoding="utf-8")
    roles = ColumnRoles("patient", "diagnosis", "classification")
    training = split(pandas.read_csv(data), roles, 0.33).training
    X, y = training.drop(columns=["patient", "diagnosis"]), (training["diagnosis"] == "malignant").astype(int)
    lightgbm.LGBMClassifier(n_estimators=60, verbose=-1).fit(X, y).booster_.save_model(tmp_path / "good.txt")
    xgboost.XGBClassifier(n_estimators=1, max_depth=1, learning_rate=0.01).fit(X, y).save_model(tmp_path / "bad.ubj")
    return tmp_path


@pytest.mark.slow
def test_a_model_of_lightgbm_is_promoted_and_a_worse_one_of_xgboost_is_refused(models, tmp_path):
    home, policy = tmp_path / "home", ("--policy", str(models / "gates.toml"))

    unnamed = call("register", str(models / "good.txt"), *policy, home=home)
    assert unnamed.code == 3
    assert "the model answers 0, 1, and the target 'diagnosis' holds benign, malignant" in unnamed.err
    assert "name the labels with --labels" in unnamed.err

    for version, file in enumerate(("good.txt", "bad.ubj"), start=1):
        done = call("register", str(models / file), *policy, "--labels", "benign,malignant", home=home)
        assert done.code == 0, done.err
        assert f"registered cancer version {version}" in done.out
        assert "nobody can tell from here whether it saw rows of the holdout" in done.out

    for gate in ("data", "model", "drift", "endpoint"):
        done = call("check", gate, "--model", "cancer@1", *policy, home=home)
        assert done.code == 0, done.out + done.err
    done = call("promote", "cancer@1", *policy, home=home)
    assert done.code == 0, done.out + done.err
    assert champion_of(home, "cancer") == 1

    worse = call("check", "model", "--model", "cancer@2", *policy, home=home)
    assert worse.code == 1
    refused = {reason["check"].partition("[")[0].rpartition("::")[2] for reason in worse.document["reasons"]}
    assert "test_challenger_is_no_worse" in refused
    assert call("promote", "cancer@2", *policy, home=home).code == 1
    assert champion_of(home, "cancer") == 1
