"""Each way in which Azure fails, at each place that matters: the right exit code, a sentence with a remedy, and nothing moved."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from standin.arm import IDENTITY_SECRET, Arm
from standin.certificate import make_certificate
from standin.faults import Fault

from gates.errors import MissingExtra
from gates.work.backends.azure import models
from gates.work.backends.azure.__main__ import main
from gates.work.backends.azure.connection import Connection, connect
from gates.work.backends.azure.deployed_code import ScoringLimits
from gates.work.backends.azure.endpoint import WorkspaceEndpoint
from gates.work.backends.azure.errors import AzureError, RolloutFailed, RolloutRefused, explain
from gates.work.backends.azure.rollout import Plan, roll_out
from gates.work.records import Identity

PLAN = Plan((10,), 10)
ENDPOINT = "/onlineEndpoints/papers-endpoint"
DEPLOYMENT = f"{ENDPOINT}/deployments/green"
DIGEST = f"sha256:{'a' * 64}"


class Lane:
    """The endpoint, as a rollout sees it, with a model that only the registry has."""

    def __init__(self, connection, model):
        self.endpoint = WorkspaceEndpoint(connection)
        self.model = model

    mirrors = property(lambda self: self.endpoint.mirrors)

    def traffic(self):
        return self.endpoint.traffic()

    def route(self, traffic, mirror):
        self.endpoint.route(traffic, mirror)

    def create(self, name):
        self.endpoint.create(name, self.model, Identity("Papers_model", 1, DIGEST), ScoringLimits(1000))

    def remove(self, name):
        self.endpoint.remove(name)


class Judge:
    """Asks the endpoint as the gate does, with its key, and says yes where it answers."""

    def __init__(self, lane, before=lambda deployment: None):
        self.lane, self.before, self.promoted = lane, before, False

    def gate(self, deployment):
        key = self.lane.endpoint.key()
        self.before(deployment)
        headers = {"Authorization": f"Bearer {key}"} | ({"azureml-model-deployment": deployment} if deployment else {})
        answer = requests.post(self.lane.endpoint.url(), json={}, headers=headers, timeout=60)
        if answer.status_code != 200:
            raise RolloutRefused(f"the endpoint answered {answer.status_code}")

    def promote(self):
        self.promoted = True


@pytest.fixture
def lane(cloud, connection):
    """An endpoint on which blue has all traffic, without real servers."""
    cloud.deployments.pretends = True
    folder = Path(connection.settings.folder) / "trained"
    folder.mkdir()
    (folder / "model.skops").write_bytes(b"a model")
    lane = Lane(connection, models.register(connection, folder, "Papers_model", {"gates": "passed"}))
    lane.endpoint.ensure()
    roll_out(lane, Judge(lane), PLAN, lambda line: None)
    return lane


def test_without_a_fault_the_same_way_leads_up(lane):
    judge = Judge(lane)
    assert roll_out(lane, judge, PLAN, lambda line: None) == "green"
    assert judge.promoted


@pytest.mark.parametrize(
    ("fault", "sentence", "remedy"),
    [
        (
            Fault("PUT", f"{ENDPOINT}$", 401, times=1),
            "routing endpoint papers-endpoint: Azure answered 401",
            "sign in again",
        ),
        (Fault("PUT", f"{ENDPOINT}$", 403, times=1), "Azure answered 403", "AzureML Data Scientist"),
        (Fault("PUT", f"{DEPLOYMENT}$", 404, times=1), "creating deployment green", "check the name"),
        (Fault("PUT", f"{DEPLOYMENT}$", 409, times=1), "Azure answered 409", "look, then run again"),
        (Fault("PUT", f"{ENDPOINT}$", 412, times=1), "Azure answered 412", "look, then run again"),
        (Fault("PUT", f"{ENDPOINT}$", 429, times=2, headers={"Retry-After": "1"}), "Azure answered 429", "patience"),
        (Fault("PUT", f"{ENDPOINT}$", 500, times=2), "Azure answered 500", "Azure failed"),
        (Fault("PUT", f"{ENDPOINT}$", 0, times=2), "Azure did not answer in time", "Azure failed"),
        (
            Fault("POST", "/listKeys$", 403, times=1),
            "asking for the key of endpoint papers-endpoint: Azure answered 403",
            "",
        ),
        (Fault("GET", f"{ENDPOINT}$", 500, after=6, times=2), "Azure answered 500", "Azure failed"),
    ],
    ids=[
        "401 while routing", "403 while routing", "404 while deploying", "409 while deploying", "412 while routing",
        "429 while routing", "500 while routing", "a line that breaks", "403 for the key", "500 while looking",
    ],
)  # fmt: skip
def test_a_fault_in_mid_rollout_leads_back(cloud, lane, fault, sentence, remedy):
    cloud.arm.faults.inject(fault)
    judge = Judge(lane)
    with pytest.raises(RolloutFailed) as failed:
        roll_out(lane, judge, PLAN, lambda line: None)
    assert fault.met >= fault.times
    assert failed.value.exit_code == 3
    assert sentence in failed.value.message
    assert failed.value.message.endswith("; blue 100 % as before")
    assert remedy in failed.value.remedy
    assert not judge.promoted
    cloud.arm.faults.clear()
    assert dict(lane.traffic()) == {"blue": 100}


def test_a_429_is_waited_out_as_it_asks(cloud, lane):
    fault = cloud.arm.faults.inject(Fault("PUT", f"{ENDPOINT}$", 429, times=1, headers={"Retry-After": "1"}))
    judge = Judge(lane)
    assert roll_out(lane, judge, PLAN, lambda line: None) == "green"
    assert fault.met > 1
    assert judge.promoted


def test_traffic_that_cannot_be_brought_back_is_said_aloud(cloud, lane):
    cloud.arm.faults.inject(Fault("PUT", f"{ENDPOINT}$", 403, after=1))
    with pytest.raises(
        RolloutFailed, match=r"BUT the traffic could not be returned to blue 100 %.*Return it by hand, now"
    ):
        roll_out(lane, Judge(lane), PLAN, lambda line: None)


def test_an_operation_that_fails_and_one_that_never_ends(cloud, lane, connection):
    cloud.deployments.never_healthy = True
    judge = Judge(lane)
    with pytest.raises(
        RolloutFailed, match="the operation failed: ResourceNotReady: User container has crashed"
    ) as failed:
        roll_out(lane, judge, PLAN, lambda line: None)
    assert failed.value.message.endswith("; blue 100 % as before")
    cloud.deployments.never_healthy = False
    cloud.deployments.waits.clear()
    impatient = replace(connection.settings, operation_timeout=1.0)
    hasty = Lane(Connection(impatient, connection.ml, connection.credential), lane.model)
    with pytest.raises(RolloutFailed, match="deployment green was not ready within 1 seconds"):
        roll_out(hasty, judge, PLAN, lambda line: None)
    cloud.deployments.waits.set()
    assert dict(lane.traffic()) == {"blue": 100}
    assert not judge.promoted


def test_a_key_that_is_rotated_while_a_gate_asks_is_a_no(cloud, lane):
    def rotate_at_ten_percent(deployment):
        if lane.traffic().get("green") == 10:
            cloud.workspace.rotate_keys("papers-endpoint")

    judge = Judge(lane, rotate_at_ten_percent)
    with pytest.raises(RolloutRefused, match="the endpoint answered 401; blue 100 % as before"):
        roll_out(lane, judge, PLAN, lambda line: None)
    assert not judge.promoted


def test_a_key_that_was_rotated_between_two_gates_is_asked_for_anew(cloud, lane):
    asked = []

    class Rotating(Judge):
        def gate(self, deployment):
            super().gate(deployment)
            asked.append(self.lane.endpoint.key())
            cloud.workspace.rotate_keys("papers-endpoint")

    judge = Rotating(lane)
    assert roll_out(lane, judge, PLAN, lambda line: None) == "green"
    assert len(set(asked)) == len(asked) == 4


@pytest.mark.parametrize(
    ("fault", "code", "sentence", "remedy"),
    [
        (
            Fault("GET", "/workspaces/lab-workspace$", 401),
            3,
            "opening workspace lab-workspace: Azure answered 401",
            "sign in",
        ),
        (Fault("GET", "/workspaces/lab-workspace$", 403), 3, "Azure answered 403", "AzureML Data Scientist"),
        (
            Fault("GET", "/workspaces/lab-workspace$", 404),
            2,
            "is not there, or this identity may not see it",
            "correct workspace",
        ),
        (Fault("GET", "/workspaces/lab-workspace$", 500), 3, "Azure answered 500", "Azure failed"),
        (Fault("GET", "/msi/token", 500), 3, "no token was given: DefaultAzureCredential", "sign in again"),
    ],
    ids=["401", "403", "404", "500", "no token"],
)
def test_a_workspace_that_does_not_open(cloud, config, fault, code, sentence, remedy, capsys):
    cloud.arm.faults.inject(fault)
    assert main(["status", "--policy", str(config)]) == code
    told = capsys.readouterr().err
    assert sentence in told
    assert remedy in told
    assert "Traceback" not in told


def test_somebody_else_on_the_line(cloud, config, tmp_path, capsys):
    """Whoever answers in Azure's place has a certificate that nobody vouches for: no token is sent to them."""
    stranger = Arm(make_certificate(tmp_path))
    ports = [arm.url.rpartition(":")[2] for arm in (cloud.arm, stranger)]  # they stand in the cloud's name, too
    config.write_text(config.read_text().replace(*ports), encoding="utf-8")
    assert main(["status", "--policy", str(config)]) == 3
    told = capsys.readouterr().err
    stranger.stop()
    assert "opening workspace lab-workspace: Azure cannot be reached" in told
    assert "the certificate is not trusted: name the authority in REQUESTS_CA_BUNDLE" in told
    assert stranger.calls == []


def test_a_workspace_that_does_not_answer_in_time(cloud, settings):
    cloud.arm.faults.inject(Fault("GET", "/workspaces/lab-workspace$", -1))
    with pytest.raises(AzureError, match="Azure did not answer in time") as late:
        connect(replace(settings, operation_timeout=0.5, retries=0))
    assert late.value.exit_code == 3


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("azure.ai.ml", "azure-ai-ml"),
        ("azure.identity", "azure-identity"),
        ("azure.storage.blob", "azure-storage-blob"),
    ],
)
def test_packages_that_are_not_installed_are_named(settings, monkeypatch, module, package):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=f"Azure ML needs {package}, which is not installed") as missing:
        connect(settings)
    assert (missing.value.exit_code, missing.value.remedy) == (3, "pip install 'gates[azure]'")


def test_what_azure_repeats_is_printed_without_its_secrets(cloud, lane, capsys):
    """The service puts what it was sent into its error: keys, a token, a signature."""
    keys = cloud.workspace.keys["papers-endpoint"]
    said = f"key {keys[0]} and accountKey={keys[1]} with Bearer eyJabc.def.ghi at https://a.blob/c?sp=r&sig=abc%2Fdef"
    said += f" and {IDENTITY_SECRET}"
    cloud.arm.faults.inject(Fault("PUT", f"{ENDPOINT}$", 400, times=1, message=said))
    with pytest.raises(RolloutFailed) as failed:
        roll_out(lane, Judge(lane), PLAN, lambda line: None)
    for secret in (*keys, "eyJabc", "abc%2Fdef", IDENTITY_SECRET.rpartition("-")[2]):
        assert secret not in failed.value.message
    assert "[hidden]" in failed.value.message
    assert lane.endpoint.key() not in repr(lane.endpoint) + repr(vars(lane.endpoint))


def test_an_error_that_is_not_azures_is_left_alone():
    assert explain(KeyError("x"), "doing") is None
