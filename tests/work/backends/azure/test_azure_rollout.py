"""A rollout on the real client, the stand-in and two real scoring servers: it climbs only over gates, and comes back by itself."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import pytest
import requests
from command_line import ROOT

from gates.work.backends.azure import models
from gates.work.backends.azure.deployed_code import ScoringLimits
from gates.work.backends.azure.endpoint import WorkspaceEndpoint
from gates.work.backends.azure.errors import RolloutFailed, RolloutRefused
from gates.work.backends.azure.rollout import Plan, roll_out
from gates.work.records import Identity

PLAN = Plan((10,), 10)


@pytest.fixture(scope="session")
def two_models(tmp_path_factory):
    """Two small real models of one data set, with their golden rows: a tree, and a forest of one."""
    folder = tmp_path_factory.mktemp("models")
    rows = folder / "rows.csv"
    subprocess.run([sys.executable, "-m", "ml.sample", "lab", str(rows)], cwd=ROOT, check=True, capture_output=True)
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    digest = hashlib.sha256(rows.read_bytes()).hexdigest()
    found = []
    for depth in ("2", "3"):
        into = folder / f"depth-{depth}"
        into.mkdir()
        command = [
            sys.executable,
            "-m",
            "gates.work.model.train_step",
            "--config",
            str(folder / "pyproject.toml"),
            "--batch",
            str(rows),
        ]
        command += ["--digest", f"sha256:{digest}", "--params", json.dumps({"max_depth": depth}), "--into", str(into)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        found.append(into)
    return found


class Lane:
    """The endpoint with one model, as a rollout sees it."""

    def __init__(self, connection, folder, version):
        self.endpoint = WorkspaceEndpoint(connection)
        self.endpoint.ensure()
        self.model = models.register(connection, folder, "Papers_model", {"gates": "passed"})
        self.identity = Identity("Papers_model", version, models.digest_of(folder))

    mirrors = property(lambda self: self.endpoint.mirrors)

    def traffic(self):
        return self.endpoint.traffic()

    def route(self, traffic, mirror):
        self.endpoint.route(traffic, mirror)

    def create(self, name):
        self.endpoint.create(name, self.model, self.identity, ScoringLimits(1000))

    def remove(self, name):
        self.endpoint.remove(name)


class Judge:
    """Says yes until told otherwise, and remembers what it was asked at which traffic."""

    def __init__(self, lane, no_at=None, error=None):
        self.lane, self.no_at, self.error = lane, no_at, error or RolloutRefused("the endpoint gate said no")
        self.asked = []
        self.promoted = False

    def gate(self, deployment):
        self.asked.append((deployment, {name: share for name, share in self.lane.traffic().items() if share}))
        if self.no_at == len(self.asked):
            raise self.error

    def promote(self):
        self.promoted = True
        if self.no_at == "promotion":
            raise self.error


@pytest.fixture
def lanes(connection, two_models):
    return [Lane(connection, folder, version) for version, folder in enumerate(two_models, 1)]


def ask(address, key=None, **headers):
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return requests.post(address, json={"data": [[float(n) for n in range(128)]]}, headers=headers, timeout=60)


def test_blue_then_green_step_by_step_and_ninety_to_ten_is_really_that(cloud, lanes):
    blue, green = lanes
    told = []
    first = Judge(blue)
    assert roll_out(blue, first, PLAN, told.append) == "blue"
    assert first.asked == [("blue", {}), ("", {"blue": 100})]
    assert first.promoted

    second = Judge(green)
    counted = {}

    def gate(deployment, original=second.gate):
        original(deployment)
        if second.asked[-1][1] == {"blue": 90, "green": 10}:
            key, url = green.endpoint.key(), green.endpoint.url()
            before = dict(cloud.deployments.answered)
            for _ in range(200):
                assert ask(url, key).status_code == 200
            counted.update({name: n - before.get(name, 0) for name, n in cloud.deployments.answered.items()})

    second.gate = gate
    assert roll_out(green, second, PLAN, told.append) == "green"
    assert second.asked == [
        ("green", {"blue": 100}),
        ("green", {"blue": 100}),
        ("green", {"blue": 90, "green": 10}),
        ("", {"green": 100}),
    ]
    assert sum(counted.values()) == 200
    assert 8 <= counted["green"] <= 34, counted  # 20 expected; 0.1 % of binomial(200, 0.1) lies outside
    assert "routing blue 100 %, 10 % copied to green" in told
    answer = ask(green.endpoint.url(), green.endpoint.key()).json()
    assert answer["model"] == {"name": "Papers_model", "version": 2, "digest": green.identity.digest}
    assert ask(green.endpoint.url()).status_code == 401


def test_a_gate_that_says_no_at_ten_percent_brings_everything_back(cloud, lanes):
    blue, green = lanes
    roll_out(blue, Judge(blue), PLAN, lambda line: None)
    judge = Judge(green, no_at=3)
    with pytest.raises(RolloutRefused, match=r"the endpoint gate said no; blue 100 % as before$"):
        roll_out(green, judge, PLAN, lambda line: None)
    assert judge.asked[-1] == ("green", {"blue": 90, "green": 10})
    assert not judge.promoted
    assert dict(green.traffic()) == {"blue": 100}
    answer = ask(blue.endpoint.url(), blue.endpoint.key())
    assert answer.json()["model"]["digest"] == blue.identity.digest

    cloud.deployments.never_healthy = True
    with pytest.raises(RolloutFailed) as failed:
        roll_out(green, Judge(green), PLAN, lambda line: None)
    assert "creating deployment green" in failed.value.message
    assert "User container has crashed" in failed.value.message
    assert "the model is not to be had" in failed.value.message  # the end of its log
    assert failed.value.message.endswith("; blue 100 % as before")
    assert dict(green.traffic()) == {"blue": 100}

    cloud.deployments.never_healthy = False
    cloud.workspace.traffic_is_ignored = True
    with pytest.raises(
        RolloutFailed, match="set to blue 90 %, green 10 %, but the service says blue 100 %; blue 100 % as"
    ):
        roll_out(green, Judge(green), Plan((10,), 0), lambda line: None)
    assert dict(green.traffic()) == {"blue": 100}


def test_other_bytes_than_the_judged_ones_are_never_served(cloud, lanes):
    """The registry gives another model than the ledger judged: the server refuses to start, and says so."""
    blue, green = lanes
    swapped = Lane.__new__(Lane)
    swapped.__dict__.update(blue.__dict__, model=green.model)
    with pytest.raises(RolloutFailed, match="creating deployment blue") as failed:
        roll_out(swapped, Judge(swapped), PLAN, lambda line: None)
    assert "no traffic as before" in failed.value.message
    assert dict(swapped.traffic()) == {}
