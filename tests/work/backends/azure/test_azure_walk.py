"""The whole lab on loopback, with the real SDK: steps that really run, a refusal, a registration, a rollout, a promotion."""

from __future__ import annotations

import json

import pytest
from work.backends.azure.walking import MODEL, champion, planted_secrets_in, registered


@pytest.mark.slow
def test_the_walk(cloud, azure, project, papers):
    code, out, err = azure("data", str(papers))
    assert code == 0, err
    assert out.startswith("azureml:papers:1  sha256:")

    # the lab's tree: trained, gated and registered on the compute, then rolled out as the first deployment
    code, out, err = azure("submit", "--into", "ci", build="101")
    assert code == 0, (out, err, cloud.jobs.logs)
    for line in ("  train: Completed", "  evaluate: Completed", "  register: Completed", "  pipeline: Completed"):
        assert line in out
    told = json.loads((project / "ci/model.json").read_text())
    assert (told["asset"], told["tags"]["BuildId"]) == (f"azureml:{MODEL}:1", "101")
    assert told["tags"]["BuildUri"] == "https://dev.azure.com/lab/papers/_build/results?buildId=101"
    assert told["tags"]["data"] == "azureml:papers:1"
    assert {name for name in told["tags"] if name.startswith("verdict.")} == {
        "verdict.data",
        "verdict.model",
        "verdict.drift",
    }
    assert float(told["tags"]["metric.accuracy"]) > 0.3
    assert (project / "ci/evidence/model.json").exists()
    assert champion(project) is None  # registered is not promoted

    code, out, err = azure("deploy", "--build", "101")
    assert code == 0, (out, err)
    assert "blue serves COVID19Articles_model version 1 at 100 %; it promoted" in out
    assert champion(project) == 1

    # the lab's exercise: a shallower tree, which the gates refuse on the compute; nothing is registered
    code, out, err = azure("submit", "--param", "max_depth=4", "--into", "ci", build="102")
    assert code == 1, (out, err)
    assert "nothing is registered" in err
    assert "test_challenger_is_no_worse[macro_f1]" in err
    assert "  evaluate: Failed" in out
    assert "register:" not in out
    assert not (project / "ci/model.json").exists()
    assert len(registered(cloud)) == 1
    code, out, err = azure("deploy", "--build", "102")
    assert code == 3
    assert "no version of COVID19Articles_model of build 102 that passed its gates is registered" in err
    assert champion(project) == 1

    # a better model: beside the old one, gate by gate, to 100 %, and only then champion
    code, out, err = azure("submit", "--param", "estimator=logistic_regression", "--into", "ci", build="103")
    assert code == 0, (out, err, cloud.jobs.logs)
    code, out, err = azure("deploy")
    assert code == 0, (out, err)
    climbed = [line for line in out.splitlines() if line.startswith(("creating", "routing"))]
    assert climbed == [
        "creating green beside blue, without traffic",
        "routing blue 100 %, 10 % copied to green",
        "routing blue 90 %, green 10 %",
        "routing green 100 %",
    ]
    assert out.count("the endpoint gate passed") == 4
    assert champion(project) == 2
    tags = {resource["name"]: resource["properties"]["tags"] for resource in registered(cloud)}
    assert [tags[version]["champion"] for version in ("1", "2")] == ["false", "true"]
    assert tags["2"]["epoch"] == "2"

    code, out, err = azure("status")
    assert code == 0
    assert "endpoint   papers-endpoint  green 100 %" in out
    assert "build 103  champion" in out
    assert planted_secrets_in(project, cloud) == []
