"""What Azure runs by itself: ``gates nightly`` by cron, and Azure's own model monitoring beside it, with its alerts on.

The first asks our question with our budget of false alarms; the second watches the requests that the deployment really gets. The
SDK leaves a monitor's alerts off unless somebody is named, so a monitor without an address to alert is refused.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from gates.errors import ConfigError
from gates.work.backends.azure.blobs import DEFAULT_DATASTORE, Place
from gates.work.backends.azure.connection import Connection
from gates.work.backends.azure.data import DataAsset
from gates.work.backends.azure.endpoint import WorkspaceEndpoint
from gates.work.backends.azure.environment import training_environment
from gates.work.backends.azure.errors import AzureError, explained
from gates.work.backends.azure.job_identity import configuration_of, find_client, variables_of
from gates.work.backends.azure.settings import WORKSPACE_VARIABLE
from gates.work.config.settings import Settings

NIGHTLY = "gates-nightly"
MONITOR = "gates-monitor"
_REGISTRY = "GATES_REGISTRY"
_MOVED = 0.1  # what the SDK takes where nothing is said
_CRON = re.compile(r"[\d*/,-]+( [\d*/,-]+){4}\Z")


def run_nightly(connection: Connection, config: Path, window: str, cron: str) -> str:
    """Create a schedule that runs ``gates nightly`` on the newest rows and the shared ledger, and return its name.

    Data and ledger are looked up in the night itself: what were sent along now would be today's for ever. Returns its name.
    Raises `ConfigError` for a cron expression that is none and without a shared ledger, and `AzureError`.
    """
    from azure.ai.ml import Output, command, dsl
    from azure.ai.ml.entities import CronTrigger, JobSchedule

    _require_cron(cron)
    registry = os.environ.get(_REGISTRY, "")
    if registry in ("", "local"):
        raise ConfigError(
            "a nightly job needs a ledger that is shared: a copy would watch the champion of today for ever",
            f"name it in {_REGISTRY}, as the workflows do",
        )
    client = find_client(connection)
    step = command(
        name="nightly", display_name="nightly", command=_nightly(config.name, window),
        code=str(connection.settings.folder), environment=training_environment(connection.settings),
        identity=configuration_of(client), is_deterministic=False, outputs={"evidence": Output(type="uri_folder", mode="rw_mount")},
        environment_variables={
            WORKSPACE_VARIABLE: str(connection.settings.workspace), _REGISTRY: registry, "PYTHONHASHSEED": "0",
            **variables_of(client),
        },
    )  # fmt: skip

    @dsl.pipeline(default_compute=connection.settings.compute)
    def nightly():  # type: ignore[no-untyped-def]  # noqa: ANN202
        step()

    job = nightly()
    job.display_name = job.experiment_name = NIGHTLY
    schedule = JobSchedule(name=NIGHTLY, trigger=CronTrigger(expression=cron, time_zone="UTC"), create_job=job)
    return _create(connection, schedule)


def _nightly(config: str, window: str) -> str:
    """Fetch the rows, judge, keep the evidence whatever the judgement was, and end with its exit code."""
    fetch = f"python -m gates.work.backends.azure fetch {window} --into window --policy {config}"
    judge = f"python -m gates nightly --policy {config} --home home --data window"
    return f"{fetch} && {judge}; code=$?; mkdir -p home/runs; cp -r home/runs ${{{{outputs.evidence}}}}/; exit $code"


def monitor(connection: Connection, project: Settings, reference: DataAsset, cron: str) -> str:
    """Create Azure's model monitoring of the deployment that serves, against its training data, and return its name.

    Raises `ConfigError` where nobody is named to be alerted, `AzureError` where nothing serves.
    """
    from azure.ai.ml import Input
    from azure.ai.ml.entities import (
        AlertNotification,
        CategoricalDriftMetrics,
        CronTrigger,
        DataDriftMetricThreshold,
        DataDriftSignal,
        MonitorDefinition,
        MonitoringTarget,
        MonitorSchedule,
        NumericalDriftMetrics,
        ProductionData,
        ReferenceData,
        ServerlessSparkCompute,
    )

    _require_cron(cron)
    settings = connection.settings
    if not settings.alerts:
        raise ConfigError(
            "a monitor without anybody to alert watches for nobody",
            'name them: alerts = ["team@example.com"] in [tool.ml.azure]',
        )
    endpoint = WorkspaceEndpoint(connection)
    serving = [name for name, share in endpoint.traffic().items() if share]
    if len(serving) != 1:
        raise AzureError(
            f"endpoint {endpoint.name} has {len(serving)} deployments with traffic", "finish the rollout first"
        )
    seen = Place(DEFAULT_DATASTORE, f"modelDataCollector/{endpoint.name}/{serving[0]}/model_inputs")
    drift = DataDriftSignal(
        production_data=ProductionData(
            input_data=Input(type="uri_folder", path=str(seen)), data_context="model_inputs",
        ),
        reference_data=ReferenceData(
            input_data=Input(type="mltable", path=str(reference)), data_context="training",
            data_column_names={"target_column": project.roles.target},
        ),
        metric_thresholds=DataDriftMetricThreshold(
            numerical=NumericalDriftMetrics(normalized_wasserstein_distance=_MOVED),
            categorical=CategoricalDriftMetrics(jensen_shannon_distance=_MOVED),
        ),
        alert_enabled=True,
    )  # fmt: skip
    definition = MonitorDefinition(
        compute=ServerlessSparkCompute(instance_type="standard_e4s_v3", runtime_version="3.4"),
        monitoring_target=MonitoringTarget(
            ml_task=project.roles.task, endpoint_deployment_id=f"azureml:{endpoint.name}:{serving[0]}"
        ),
        monitoring_signals={"drift": drift},
        alert_notification=AlertNotification(emails=list(settings.alerts)),
    )
    schedule = MonitorSchedule(
        name=MONITOR, trigger=CronTrigger(expression=cron, time_zone="UTC"), create_monitor=definition
    )
    return _create(connection, schedule)


def _create(connection: Connection, schedule: object) -> str:
    limit = connection.settings.operation_timeout
    with explained("creating the schedule"):
        poller = connection.ml.schedules.begin_create_or_update(schedule)
        poller.wait(limit)
        if not poller.done():
            raise AzureError(f"the schedule was not ready within {limit:g} seconds", "look at it in the studio")
        return str(poller.result().name)


def _require_cron(cron: str) -> None:
    if not _CRON.match(cron):
        raise ConfigError(f"{cron!r} is not a cron expression", "write five fields, like '15 3 * * *'")
