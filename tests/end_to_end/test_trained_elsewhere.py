"""A model of another library, trained by another tool, is registered, judged, served and promoted; a worse one is refused."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import joblib
import lightgbm
import numpy
import pandas
import pytest
import xgboost
from command_line import ROOT, Told, call, champion_of
from safetensors.numpy import save_file
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier

from gates.attest.result import FACTS
from gates.policy.records import GATES
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


def promote_after_every_gate(policy: Sequence[str], home: Path) -> Told:
    """Judge version 1 by each gate and promote it; what the model gate printed and wrote is returned."""
    judged = {gate: call("check", gate, "--model", "cancer@1", *policy, home=home) for gate in GATES}
    for done in (*judged.values(), call("promote", "cancer@1", *policy, home=home)):
        assert done.code == 0, done.out + done.err
    assert champion_of(home, "cancer") == 1
    return judged["model"]


def refuse_the_worse(policy: Sequence[str], home: Path) -> None:
    """See version 2 refused because it is worse than the champion."""
    worse = call("check", "model", "--model", "cancer@2", *policy, home=home)
    assert worse.code == 1
    refused = {reason["check"].partition("[")[0].rpartition("::")[2] for reason in worse.document["reasons"]}
    assert "test_challenger_is_no_worse" in refused


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

    promote_after_every_gate(policy, home)
    refuse_the_worse(policy, home)
    assert call("promote", "cancer@2", *policy, home=home).code == 1
    assert champion_of(home, "cancer") == 1


LOADER = """\
import json

import numpy
from safetensors.numpy import load_file


class Network:
    def __init__(self, weights, scale, classes):
        self.weights, self.scale, self.classes_ = weights, scale, numpy.array(classes)

    def predict_proba(self, X):
        hidden = (X.to_numpy() - self.scale["mean"]) / self.scale["deviation"]
        hidden = numpy.nan_to_num(hidden)  # a missing value counts as the mean
        hidden = numpy.maximum(hidden @ self.weights["w0"] + self.weights["b0"], 0)
        share = 1 / (1 + numpy.exp(-(hidden @ self.weights["w1"] + self.weights["b1"]).ravel()))
        return numpy.column_stack([1 - share, share])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def load(folder):
    scale = {name: numpy.array(column) for name, column in json.loads((folder / "scale.json").read_text()).items()}
    return Network(load_file(folder / "net.safetensors"), scale, ["benign", "malignant"])
"""


def keep_network(net: MLPClassifier, X: pandas.DataFrame, folder: Path) -> None:
    """Write the weights and, beside them, the scale of the columns."""
    folder.mkdir()
    arrays = {"w0": net.coefs_[0], "b0": net.intercepts_[0], "w1": net.coefs_[1], "b1": net.intercepts_[1]}
    save_file({name: numpy.ascontiguousarray(array) for name, array in arrays.items()}, folder / "net.safetensors")
    scale = {"mean": X.mean().tolist(), "deviation": X.std(ddof=0).tolist()}
    (folder / "scale.json").write_text(json.dumps(scale), encoding="utf-8")


@pytest.mark.slow
def test_a_network_that_the_project_reads_is_served_and_promoted_and_a_worse_one_refused(models, tmp_path):
    home, policy = tmp_path / "home", ("--policy", str(models / "gates.toml"))
    (models / "gates.toml").write_text(f'{POLICY}load = "own_network:load"\n', encoding="utf-8")
    (models / "own_network.py").write_text(LOADER, encoding="utf-8")
    roles = ColumnRoles("patient", "diagnosis", "classification")
    training = split(pandas.read_csv(models / "data.csv"), roles, 0.33).training
    X, y = training.drop(columns=["patient", "diagnosis"]), training["diagnosis"]
    scaled = (X - X.mean()) / X.std(ddof=0)
    keep_network(MLPClassifier((16,), random_state=0, max_iter=400, alpha=1.0).fit(scaled, y), X, models / "good")
    keep_network(MLPClassifier((1,), random_state=0, max_iter=1).fit(scaled, y), X, models / "bad")

    for version, folder in enumerate(("good", "bad"), start=1):
        done = call("register", str(models / folder), *policy, home=home)
        assert done.code == 0, done.err
        assert f"registered cancer version {version}" in done.out
        shutil.rmtree(models / folder)

    promote_after_every_gate(policy, home)
    refuse_the_worse(policy, home)

    (models / "own_network.py").write_text(LOADER + "\n# changed\n", encoding="utf-8")
    (models / "gates.toml").write_text(POLICY, encoding="utf-8")
    unread = call("check", "model", "--model", "cancer@1", *policy, home=home)
    assert unread.code == 1
    assert "the model is read by a function of the project, and none is named" in unread.out


# This machine may be busy with other tests: what is shown is who reads the model, not how fast.
PATIENT = """\
endpoint."test_latency.py".thresholds.scoring_is_fast = { p50 = "<= 10000", p95 = "<= 20000", p99 = "<= 30000" }
endpoint."test_latency.py".thresholds.callers_wait_briefly = { p50 = "<= 10000", p95 = "<= 20000", p99 = "<= 30000" }
model."test_cost.py".thresholds.a_batch_is_fast = { ms_per_row = "<= 10000" }
model."test_cost.py".thresholds.a_single_row_is_fast = { ms_single_row = "<= 10000" }
"""


@pytest.mark.slow
def test_a_joblib_file_is_promoted_under_its_key_alone_and_marked_everywhere(models, tmp_path):
    home, policy = tmp_path / "home", ("--policy", str(models / "gates.toml"))
    roles = ColumnRoles("patient", "diagnosis", "classification")
    training = split(pandas.read_csv(models / "data.csv"), roles, 0.33).training
    X, y = training.drop(columns=["patient", "diagnosis"]), training["diagnosis"]
    joblib.dump(RandomForestClassifier(30, random_state=0).fit(X, y), models / "forest.joblib")

    refused = call("register", str(models / "forest.joblib"), *policy, home=home)
    assert refused.code == 3
    assert "is a pickle (recognised as joblib)" in refused.err

    by_any_machine = POLICY.replace("[tool.ml]", f"{PATIENT}\n[tool.ml]")
    trusting = by_any_machine.replace("[tool.gates]\n", '[tool.gates]\ntrust_pickle = "our own, ticket 7"\n')
    (models / "gates.toml").write_text(trusting, encoding="utf-8")
    registered = call("register", str(models / "forest.joblib"), *policy, home=home)
    assert registered.code == 0, registered.err
    mark = "the model is a joblib file: reading it runs code that it brings, trusted by trust_pickle: our own, ticket 7"
    assert mark in registered.out

    judged = promote_after_every_gate(policy, home)
    assert mark in " ".join(judged.out.split())
    assert [gate["marks"] for gate in judged.document["gates"]] == [[mark]]
    for shown in ("champion", judged.document["id"]):
        assert mark in " ".join(call("show", shown, *policy, home=home).out.split())
    status = call("status", *policy, home=home)
    assert mark in " ".join(status.out.split())
    version = json.loads(call("show", "cancer@1", "--json", *policy, home=home).out)
    assert version["trusted"] == mark
    assert len(version["verdicts"]) == len(GATES)
    for line in version["verdicts"]:
        digest = line.rpartition(" ")[2]
        envelope = json.loads(call("show", digest, "--json", *policy, home=home).out)
        facts = json.loads(base64.b64decode(envelope["payload"]))["predicate"][FACTS]
        assert facts["marks"] == [mark]
        assert mark in " ".join(call("show", digest, *policy, home=home).out.split())

    (models / "gates.toml").write_text(by_any_machine, encoding="utf-8")
    for command in (("check", "model", "--model", "cancer@1"), ("serve",)):
        untrusted = call(*command, *policy, home=home)
        assert untrusted.code in (1, 3), untrusted.out
        assert "is a pickle (recognised as joblib)" in untrusted.out + untrusted.err
