"""The whole suite against the real scoring server, for models of two kinds, and against one that serves another model."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import pytest

from gates.work.backends.local import open_work
from gates.work.records import Identity

ML = """
[tool.ml]
name = "{name}"
data = "batch.csv"
id = "id"
target = "{target}"
task = "{task}"
train = "ml.training:fit"
params = {{ estimator = "{estimator}" }}
max_rows = 100
"""


def write_table(path: Path, kind: str) -> None:
    """150 rows: ``numbers`` alone, or ``mixed`` with a text, a flag and gaps; a class to predict, or a number."""
    draw = random.Random(5)
    lines = ["id,width,height,colour,old,target" if "mixed" in kind else "id,width,height,depth,target"]
    for at in range(150):
        width, height = draw.gauss(0, 1), draw.gauss(5, 2)
        score = width + 0.3 * height + draw.gauss(0, 0.3)
        target = f"{score:.4f}" if "regression" in kind else "large" if score > 1.5 else "small"
        if "mixed" in kind:
            gap = "" if at % 9 == 0 else f"{height:.4f}"
            lines.append(
                f"r{at},{width:.4f},{gap},{draw.choice(['red', 'blue'])},{draw.choice(['true', 'false'])},{target}"
            )
        else:
            lines.append(f"r{at},{width:.4f},{height:.4f},{draw.random():.4f},{target}")
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture(
    scope="module",
    params=[
        ("mixed", "classification", "logistic_regression"),
        ("numbers for regression", "regression", "decision_tree"),
    ],
    ids=["classification", "regression"],
)
def served(request, tmp_path_factory):
    """A model, trained and served for real: its address, and the case that the checks are told about."""
    kind, task, estimator = request.param
    home = tmp_path_factory.mktemp("real")
    write_table(home / "batch.csv", kind)
    (home / "pyproject.toml").write_text(ML.format(name="toy", target="target", task=task, estimator=estimator))
    work = open_work(home / "pyproject.toml")
    batch = work.take(None, home)
    trained = work.train(batch.path, batch.digest, {}, home / "trained")
    digest = f"sha256:{hashlib.sha256(trained.model.read_bytes()).hexdigest()}"
    golden = {key: value for key, value in json.loads(trained.golden.read_bytes()).items() if key != "schema"}
    subject = {"name": "toy", "version": 7, "digest": digest}
    with work.deploy(home / "home", "challenger", trained.model, Identity("toy", 7, digest)) as endpoint:
        yield endpoint.url, {"task": task, "golden": golden, "subject": subject}


def test_the_real_server_passes_every_check(served, run_checks, policy):
    url, case = served
    lenient = policy.replace('"<= 20"', '"<= 2000"').replace('"<= 500"', '"<= 5000"')
    result = run_checks(url, case=case, changed=lenient.replace("too_many_rows = 51", "too_many_rows = 101"))
    outcomes = result.parseoutcomes()
    assert set(outcomes) == {"passed", "skipped"}, result.stdout.str()
    assert outcomes["skipped"] == (4 if case["task"] == "regression" else 3)


def test_the_real_server_with_another_model_is_caught(served, run_checks):
    url, case = served
    other = {**case["subject"], "digest": f"sha256:{'c' * 64}", "version": 8}
    result = run_checks(url, "identity", case={**case, "subject": other})
    assert result.parseoutcomes() == {"failed": 3}
    result.stdout.fnmatch_lines(
        ["*it serves sha256:*, and sha256:ccc* was judged*", "*'toy' version 7; 'toy' version 8*"]
    )
