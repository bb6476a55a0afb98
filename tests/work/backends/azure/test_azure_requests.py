"""Which requests the SDK sends, with which api-versions: a list that an upgrade of the SDK must not change unseen."""

from __future__ import annotations

import json

import pytest
from standin.arm import COMPUTE_SECRET, JOBS_CLIENT
from standin.jobs import identity_of

from gates.errors import ConfigError
from gates.work.backends.azure import data, jobs, models, schedules
from gates.work.backends.azure.__main__ import main
from gates.work.backends.azure.build import Build
from gates.work.backends.azure.connection import Connection
from gates.work.backends.azure.deployed_code import ScoringLimits
from gates.work.backends.azure.endpoint import WorkspaceEndpoint
from gates.work.backends.azure.errors import AzureError
from gates.work.backends.azure.job_identity import find_client, variables_of
from gates.work.backends.azure.jobs import run_job
from gates.work.backends.azure.pipeline import Order
from gates.work.config.settings import read_settings
from gates.work.records import Identity

ASSETS = {
    ("GET", "data/*/versions", "2023-04-01-preview"),
    ("GET", "data/*/versions/*", "2023-04-01-preview"),
    ("PUT", "data/*/versions/*", "2023-04-01-preview"),
    ("GET", "datastores/*", "2024-10-01-preview"),
    ("GET", "models/*/versions", "2023-08-01-preview"),
    ("GET", "models/*/versions/*", "2023-08-01-preview"),
    ("PUT", "models/*/versions/*", "2023-08-01-preview"),
}
CODE = {
    ("GET", "codes/*/versions", "2023-04-01"),
    ("POST", "codes/*/versions/*/startPendingUpload", "2023-04-01"),
    ("PUT", "codes/*/versions/*", "2023-04-01"),
}


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"cord_uid,a,cluster\nu1,1,x\n")
    return path


@pytest.fixture
def asset(connection, rows):
    return data.register(connection, rows, "papers")


@pytest.fixture
def model(connection, tmp_path):
    folder = tmp_path / "trained"
    folder.mkdir()
    (folder / "model.skops").write_bytes(b"a model")
    return models.register(connection, folder, "Papers_model", {"gates": "passed"})


def sent(cloud):
    """What was asked of the workspace since the last look, without the operations that are only waited for."""
    asked = [call for call in cloud.arm.calls if call.asked.path.startswith("/subscriptions/")]
    cloud.arm.calls.clear()
    return {call.line for call in asked if "mfeOperations" not in call.asked.path}


def test_assets(cloud, connection, asset, model):
    models.retag(connection, model, {"champion": "true"})
    assert sent(cloud) == ASSETS


def test_endpoints(cloud, connection, model):
    cloud.deployments.pretends = True
    sent(cloud)
    endpoint = WorkspaceEndpoint(connection)
    endpoint.ensure()
    endpoint.create("blue", model, Identity("Papers_model", 1, model.digest), ScoringLimits(1000))
    endpoint.route({"blue": 100}, {})
    assert endpoint.serves("blue") == model.digest
    assert endpoint.key()
    endpoint.route({"blue": 0}, {})
    endpoint.remove("blue")
    found = sent(cloud)
    found.discard(("GET", "datastores/*", "2024-10-01-preview"))
    assert found == CODE | {
        ("GET", "", "2024-10-01-preview"),
        ("GET", "onlineEndpoints/*", "2022-02-01-preview"),
        ("PUT", "onlineEndpoints/*", "2022-02-01-preview"),
        ("GET", "onlineEndpoints/*/deployments", "2022-02-01-preview"),
        ("POST", "onlineEndpoints/*/listKeys", "2022-02-01-preview"),
        ("GET", "onlineEndpoints/*", "2023-04-01-preview"),
        ("GET", "onlineEndpoints/*/deployments/*", "2023-04-01-preview"),
        ("PUT", "onlineEndpoints/*/deployments/*", "2023-04-01-preview"),
        ("DELETE", "onlineEndpoints/*/deployments/*", "2023-04-01-preview"),
        ("PUT", "environments/*/versions/*", "2023-04-01-preview"),
    }


def test_what_a_deployment_is_made_of(cloud, connection, model):
    cloud.deployments.pretends = True
    endpoint = WorkspaceEndpoint(connection)
    endpoint.ensure()
    endpoint.create("blue", model, Identity("Papers_model", 7, model.digest), ScoringLimits(1000))
    (asked,) = [c.asked for c in cloud.arm.calls if c.line[:2] == ("PUT", "onlineEndpoints/*/deployments/*")]
    properties = asked.content["properties"]
    assert properties["model"].endswith(f"/models/Papers_model/versions/{model.version}")
    assert properties["codeConfiguration"]["scoringScript"] == "score.py"
    assert asked.content["tags"] == {"digest": model.digest, "version": "7"}
    (environment,) = [
        c.asked.content["properties"] for c in cloud.arm.calls if c.line[1] == "environments/*/versions/*"
    ]
    assert environment["image"] == connection.settings.serving_image
    for pinned in ("azureml-inference-server-http==", "scikit-learn==", "skops==", "inference-schema=="):
        assert pinned in environment["condaFile"]
    assert "pytest" not in environment["condaFile"]


def test_a_kubernetes_endpoint_by_configuration(cloud, connection, config, model):
    from gates.work.backends.azure.settings import read_azure_settings

    cloud.deployments.pretends = True
    config.write_text(config.read_text().replace("poll = ", 'kubernetes = "cluster"\npoll = '), encoding="utf-8")
    endpoint = WorkspaceEndpoint(Connection(read_azure_settings(config), connection.ml, connection.credential))
    endpoint.ensure()
    endpoint.create("blue", model, Identity("Papers_model", 1, model.digest), ScoringLimits(1000))
    assert not endpoint.mirrors
    bodies = {c.line[1]: c.asked.content for c in cloud.arm.calls if c.asked.method == "PUT"}
    assert bodies["onlineEndpoints/*"]["properties"]["compute"].endswith("/computes/cluster")
    assert bodies["onlineEndpoints/*/deployments/*"]["properties"]["endpointComputeType"] == "Kubernetes"


def test_a_token_endpoint_by_configuration(cloud, connection, config):
    from gates.work.backends.azure.settings import read_azure_settings

    config.write_text(config.read_text().replace("poll = ", 'auth = "aad_token"\npoll = '), encoding="utf-8")
    endpoint = WorkspaceEndpoint(Connection(read_azure_settings(config), connection.ml, connection.credential))
    endpoint.ensure()
    (asked,) = [c.asked.content for c in cloud.arm.calls if c.line[:2] == ("PUT", "onlineEndpoints/*")]
    assert asked["properties"]["authMode"].lower() == "aadtoken"
    assert endpoint.key().startswith("ey")


def test_a_pipeline(cloud, connection, asset, config, tmp_path):
    cloud.jobs.stuck = True
    sent(cloud)
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "registry.db").write_bytes(b"x")
    impatient = Connection(_with(connection.settings, job_timeout=1.0), connection.ml, connection.credential)
    order = Order(config, asset, {"max_depth": "4"}, Build("77", "https://build"), tmp_path / "ledger")
    told = []
    with pytest.raises(AzureError, match="was still Running after 1 seconds and was cancelled"):
        run_job(impatient, order, tmp_path / "into", told.append)
    assert "  pipeline: Running" in told
    (job,) = [call.asked for call in cloud.arm.calls if call.line[:2] == ("PUT", "jobs/*")]
    steps = {c.asked.content["properties"]["componentSpec"]["name"]: c.asked.content for c in _components(cloud)}
    assert sent(cloud) - {("GET", "datastores/*", "2024-10-01-preview")} == CODE | {
        ("GET", "", "2024-10-01-preview"),
        ("PUT", "environments/*/versions/*", "2023-04-01-preview"),
        ("PUT", "components/*/versions/*", "2024-01-01-preview"),
        ("PUT", "jobs/*", "2024-01-01-preview"),
        ("GET", "jobs/*", "2024-01-01-preview"),
        ("POST", "jobs/*/cancel", "2023-04-01-preview"),
    }
    assert list(steps) == ["train", "evaluate", "register"]
    commands = {name: step["properties"]["componentSpec"]["command"] for name, step in steps.items()}
    assert f"--digest {asset.digest}" in commands["train"]
    assert "--ledger ${{inputs.ledger}}" in commands["evaluate"]
    properties = job.content["properties"]
    assert properties["settings"]["continue_on_step_failure"] is False
    assert properties["tags"] == {"BuildId": "77", "BuildUri": "https://build", "data": "azureml:papers:1"}
    given = {key: value["value"] for key, value in properties["jobs"]["register"]["inputs"].items()}
    assert given == {
        "trained": "${{parent.jobs.train.outputs.trained}}",
        "evidence": "${{parent.jobs.evaluate.outputs.evidence}}",
    }
    assert "continueOnError" not in json.dumps(properties)
    for step in properties["jobs"].values():
        assert identity_of(step) == step["environment_variables"]["AZURE_CLIENT_ID"] == JOBS_CLIENT


@pytest.mark.parametrize("assigned", [(), (JOBS_CLIENT, "00000000-0000-0000-0000-00000000000d")], ids=["none", "two"])
def test_a_job_that_would_get_no_token_is_not_submitted(cloud, connection, asset, config, tmp_path, assigned):
    cloud.workspace.assigned = assigned
    order = Order(config, asset, {}, Build("77", "https://build"))
    with pytest.raises(
        ConfigError, match=rf"has {len(assigned)} user-assigned identities, wanted one: a job would get no token"
    ):
        run_job(connection, order, tmp_path / "into", lambda line: None)
    assert not [call for call in cloud.arm.calls if call.line[:2] == ("PUT", "jobs/*")]
    chosen = Connection(_with(connection.settings, identity=JOBS_CLIENT), connection.ml, connection.credential)
    assert find_client(chosen) == JOBS_CLIENT


def test_a_machine_gives_a_token_only_to_who_names_its_identity(cloud, connection, monkeypatch):
    """What `DefaultAzureCredential` does on the compute, with and without the variable that every step is given."""
    from azure.core.exceptions import ClientAuthenticationError
    from azure.identity import DefaultAzureCredential

    monkeypatch.setenv("IDENTITY_HEADER", COMPUTE_SECRET)
    with pytest.raises(ClientAuthenticationError):
        DefaultAzureCredential().get_token("https://management.azure.com/.default")
    for name, value in variables_of(find_client(connection)).items():
        monkeypatch.setenv(name, value)
    assert DefaultAzureCredential().get_token("https://management.azure.com/.default").token


def test_a_schedule_runs_gates_nightly_by_cron(cloud, connection, config, monkeypatch):
    latest = "azureml:papers@latest"
    monkeypatch.delenv("GATES_REGISTRY", raising=False)
    with pytest.raises(ConfigError, match="a copy would watch the champion of today for ever"):
        schedules.run_nightly(connection, config, latest, "15 3 * * *")
    monkeypatch.setenv("GATES_REGISTRY", "shared:ledger")
    with pytest.raises(ConfigError, match="is not a cron expression"):
        schedules.run_nightly(connection, config, latest, "at night")
    assert schedules.run_nightly(connection, config, latest, "15 3 * * *") == "gates-nightly"
    (put,) = [call.asked for call in cloud.arm.calls if call.asked.method == "PUT" and call.line[1] == "schedules/*"]
    assert put.version == "2023-06-01-preview"
    assert put.content["properties"]["trigger"]["expression"] == "15 3 * * *"
    (step,) = _components(cloud)
    spec = step.asked.content["properties"]["componentSpec"]
    assert "fetch azureml:papers@latest --into window" in spec["command"]
    assert "python -m gates nightly --policy pyproject.toml --home home --data window" in spec["command"]
    assert spec["command"].endswith("exit $code")
    assert "shared:ledger" in json.dumps([spec, put.content])
    (sent_step,) = put.content["properties"]["action"]["jobDefinition"]["jobs"].values()
    assert identity_of(sent_step) == sent_step["environment_variables"]["AZURE_CLIENT_ID"] == JOBS_CLIENT


def test_the_newest_rows_are_fetched_as_they_were_registered(cloud, connection, asset, config, rows, tmp_path, capsys):
    assert main(["fetch", "--into", str(tmp_path / "window"), "--policy", str(config)]) == 0
    assert (tmp_path / "window").read_bytes() == rows.read_bytes()
    assert "azureml:papers:1  sha256:" in capsys.readouterr().out
    assert main(["fetch", "azureml:papers:9", "--into", str(tmp_path / "other"), "--policy", str(config)]) == 3
    assert not (tmp_path / "other").exists()


def test_a_monitor_has_somebody_to_alert(cloud, connection, asset, config, model):
    project = read_settings(config)
    with pytest.raises(ConfigError, match="a monitor without anybody to alert watches for nobody"):
        schedules.monitor(connection, project, asset, "15 3 * * *")
    watched = Connection(_with(connection.settings, alerts=("team@example.com",)), connection.ml, connection.credential)
    cloud.deployments.pretends = True
    endpoint = WorkspaceEndpoint(watched)
    endpoint.ensure()
    with pytest.raises(AzureError, match="has 0 deployments with traffic"):
        schedules.monitor(watched, project, asset, "15 3 * * *")
    endpoint.create("blue", model, Identity("Papers_model", 1, model.digest), ScoringLimits(1000))
    endpoint.route({"blue": 100}, {})
    assert schedules.monitor(watched, project, asset, "15 3 * * *") == "gates-monitor"
    (put,) = [call.asked for call in cloud.arm.calls if call.asked.method == "PUT" and call.line[1] == "schedules/*"]
    definition = put.content["properties"]["action"]["monitorDefinition"]
    assert definition["signals"]["drift"]["mode"].lower() == "enabled"
    assert definition["alertNotificationSetting"]["emailNotificationSetting"]["emails"] == ["team@example.com"]


def _with(settings, **changes):
    from dataclasses import replace

    return replace(settings, **changes)


def _components(cloud):
    return [call for call in cloud.arm.calls if call.line[:2] == ("PUT", "components/*/versions/*")]


def test_where_outputs_lie_is_said_beforehand():
    assert (
        str(jobs.place_of("gates-1", "evidence"))
        == "azureml://datastores/workspaceblobstore/paths/gates/gates-1/evidence"
    )
