"""Metrics that a policy declares, in the commands that judge files of predictions."""

from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd
import pytest

from gates.cli import main

N = 600
POLICY = """
[tool.gates]
extends = "gates:standard"

[tool.gates.metrics]
spam_recall = {{ of = "recall", class = "spam" }}
cost = {{ function = "{module}:per_mail", better = "lower", unit = "EUR" }}

[tool.ml]
name = "mail"
target = "y"
{task}
train = "costs:fit"
"""
COSTS = """
def per_mail(y_true, y_pred):
    return 10.0 * float(((y_true == "spam") & (y_pred != "spam")).mean())
"""


@pytest.fixture
def judge(tmp_path, monkeypatch, capsys):
    """Write a policy and three files, of which the challenger misses ``missed`` of the spam; gives exit code, output, document."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)

    def go(*command, missed, task='task = "classification"', module="mail_costs", part=False):
        (tmp_path / "gates.toml").write_text(POLICY.format(task=task, module=module), encoding="utf-8")
        (tmp_path / "mail_costs.py").write_text(COSTS, encoding="utf-8")
        rng = np.random.default_rng(0)
        y = rng.choice(["spam", "ham"], N)
        truth = pd.DataFrame({"y": y, **({"part": rng.choice(["a", "b"], N)} if part else {})})
        truth.to_csv("t.csv", index=False)
        pd.DataFrame({"p": y}).to_csv("a.csv", index=False)
        lost = (y == "spam") & (rng.random(N) < missed)
        pd.DataFrame({"p": np.where(lost, "ham", y)}).to_csv("b.csv", index=False)
        files = ["--truth", "t.csv", "--champion", "a.csv", "--challenger", "b.csv"]
        code = main([*command, *files, "--json", "answer.json"])
        answer = tmp_path / "answer.json"
        text = capsys.readouterr()
        return code, " ".join((text.out + text.err).split()), json.loads(answer.read_text()) if answer.exists() else {}

    return go


@pytest.mark.parametrize(("missed", "code"), [(0.0, 0), (0.4, 1)])
@pytest.mark.parametrize("metric", ["spam_recall", "cost"])
def test_compare_judges_by_a_metric_of_the_policy(judge, metric, missed, code):
    margin = {"spam_recall": "0.1", "cost": "1.0"}[metric]
    ended, text, document = judge("compare", "--metric", metric, "--margin", margin, missed=missed)
    assert ended == code, text
    assert document["metric"] == metric
    if missed:
        assert document["decision"] == "worse", text
        lost = document["champion"] - document["challenger"]
        assert lost == pytest.approx({"spam_recall": 0.4, "cost": -2.0}[metric], rel=0.2)


def test_check_model_judges_by_metrics_of_the_policy_and_by_slice(judge):
    options = ("--metric", "cost=1.0", "--metric", "spam_recall=0.1", "--target", "y", "--slice", "part")
    ended, text, _document = judge("check", "model", *options, missed=0.4, part=True)
    assert ended == 1, text
    assert "cost" in text
    assert "spam_recall" in text
    assert "cost where part is 'a'" in text
    ended, text, _ = judge("check", "model", *options, missed=0.0, part=True)
    assert ended == 0, text


def test_a_function_without_a_task_is_refused(judge):
    ended, text, _ = judge("compare", "--metric", "cost", "--margin", "1", missed=0.0, task="")
    assert ended == 2
    assert "the metric 'cost' is a function, and [tool.ml] in gates.toml names no task" in text


def test_a_function_that_cannot_be_imported_is_refused(judge):
    ended, text, _ = judge("compare", "--metric", "cost", "--margin", "1", missed=0.0, module="absent_costs")
    assert ended == 2
    assert "absent_costs:per_mail cannot be imported" in text


def test_a_metric_that_nobody_declares_is_named_with_those_that_exist(judge):
    ended, text, _ = judge("compare", "--metric", "profit", "--margin", "1", missed=0.0)
    assert ended == 2
    assert "profit" in text
    assert "accuracy" in text
