"""What each command of ``python -m gates.work.backends.azure`` does: open, act, tell. Returns the exit code."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from gates.documents import read_json
from gates.errors import ConfigError
from gates.printing import say
from gates.work.backends.azure import data, delivery, models, schedules
from gates.work.backends.azure.build import Build
from gates.work.backends.azure.connection import Connection, connect
from gates.work.backends.azure.data import DataAsset
from gates.work.backends.azure.endpoint import WorkspaceEndpoint
from gates.work.backends.azure.errors import AzureError, RolloutRefused
from gates.work.backends.azure.evaluation import FILE, Evaluation
from gates.work.backends.azure.home import copy_ledger
from gates.work.backends.azure.jobs import Ended, run_job
from gates.work.backends.azure.judging import Gates
from gates.work.backends.azure.pipeline import Order
from gates.work.backends.azure.settings import read_azure_settings
from gates.work.config.settings import read_settings


def _tell(line: str) -> None:
    say(line)


def _open(options: argparse.Namespace) -> Connection:
    return connect(read_azure_settings(options.policy.resolve()))


def _gates(options: argparse.Namespace) -> Gates:
    return Gates(options.policy.resolve(), options.home.resolve())


def register_data(options: argparse.Namespace, scratch: Path) -> int:
    """Register a file as a version of the data asset and print its name and digest. Raises `DataError` and `AzureError`."""
    connection = _open(options)
    asset = data.register(connection, options.file, options.name or connection.settings.data)
    _tell(f"{asset}  {asset.digest}")
    return 0


def fetch(options: argparse.Namespace, scratch: Path) -> int:
    """Download a version of the data asset to ``--into``. Raises `DataError` and `AzureError`."""
    connection = _open(options)
    batch = data.take(connection, options.asset or f"azureml:{connection.settings.data}@latest", scratch)
    shutil.copyfile(batch.path, options.into)
    _tell(f"{batch.source}  {batch.digest}  {options.into}")
    return 0


def submit(options: argparse.Namespace, scratch: Path) -> int:
    """Run the pipeline Train, Evaluate, Register on the compute and bring home what it left, into ``--into``.

    Raises `RolloutRefused` where a gate refused, `AzureError` where the job failed, and `ConfigError` for a wrong parameter.
    """
    params = dict(_parameter(text) for text in options.param)
    connection = _open(options)
    asset = data.resolve(connection, options.data or f"azureml:{connection.settings.data}@latest")
    ledger = copy_ledger(_gates(options), scratch / "ledger")
    order = Order(options.policy.resolve(), asset, params, Build.of_environment(), ledger)
    _tell(f"training on {asset}  {asset.digest}")
    shutil.rmtree(options.into, ignore_errors=True)
    ended = run_job(connection, order, options.into, _tell)
    if not ended.well:
        raise _failure(ended)
    model = options.into / "registered" / "model.json"
    if not model.is_file():
        raise AzureError(f"job {ended.job} completed, but brought no model.json", "see the step register in the studio")
    shutil.copyfile(model, options.into / "model.json")
    registered = read_json(model.read_bytes())
    _tell(f"registered {registered['asset']}  {registered['digest']}  ({options.into / 'model.json'})")
    return 0


def deploy(options: argparse.Namespace, scratch: Path) -> int:
    """Roll a registered model out and promote it. Raises `RolloutRefused`, `AwaitsApproval`, `RolloutFailed` and `AzureError`."""
    project = read_settings(options.policy.resolve())
    connection, gates = _open(options), _gates(options)
    if options.champion:
        model = delivery.find_champion(connection, gates, project.name)
    else:
        model = models.find(connection, project.name, build=options.build)
    done = delivery.deliver(connection, project, gates, model, options.into or scratch, _tell)
    state = "promoted" if done.promoted else "was champion already"
    _tell(f"{done.deployment} serves {done.identity.name} version {done.identity.version} at 100 %; it {state}")
    return 0


def route(options: argparse.Namespace, scratch: Path) -> int:
    """Give all traffic to the champion's deployment. Raises `RolloutFailed` for another deployment, and `AzureError`."""
    delivery.give_all(_open(options), _gates(options), options.deployment)
    _tell(f"{options.deployment} gets all traffic")
    return 0


def status(options: argparse.Namespace, scratch: Path) -> int:
    """Print workspace, data, the five newest models and the traffic. Raises `AzureError`."""
    connection, project = _open(options), read_settings(options.policy.resolve())
    _tell(f"workspace  {connection.settings.workspace}")
    newest = data.latest(connection, connection.settings.data)
    _tell(f"data       {newest or 'none'}")
    for model in models.versions(connection, project.name)[:5]:
        champion = "  champion" if model.tags.get("champion") == "true" else ""
        _tell(f"model      {model}  {model.digest}  build {model.tags.get('BuildId', '?')}{champion}")
    endpoint = WorkspaceEndpoint(connection)
    try:
        traffic = endpoint.traffic()
    except AzureError as error:
        if error.status != 404:
            raise
        _tell(f"endpoint   {endpoint.name} is not there yet")
        return 0
    for name, share in traffic.items():
        _tell(f"endpoint   {endpoint.name}  {name} {share} %  {endpoint.serves(name)}")
    return 0


def schedule(options: argparse.Namespace, scratch: Path) -> int:
    """Create the schedule that runs ``gates nightly`` on the compute. Raises `ConfigError`, `DataError` and `AzureError`."""
    connection = _open(options)
    window = _asset(connection, options.data)  # it must be there, and readable
    name = schedules.run_nightly(
        connection, options.policy.resolve(), options.data or f"azureml:{window.name}@latest", options.cron
    )
    _tell(f"schedule {name} runs gates nightly at {options.cron} UTC")
    return 0


def monitor(options: argparse.Namespace, scratch: Path) -> int:
    """Create Azure's model monitoring of the deployment that serves. Raises `ConfigError`, `DataError` and `AzureError`."""
    connection = _open(options)
    project = read_settings(options.policy.resolve())
    name = schedules.monitor(connection, project, _asset(connection, options.data), options.cron)
    _tell(f"monitor {name} watches {connection.settings.endpoint} at {options.cron} UTC, with alerts")
    return 0


def _asset(connection: Connection, reference: str) -> DataAsset:
    return data.resolve(connection, reference or f"azureml:{connection.settings.data}@latest")


def _failure(ended: Ended) -> RolloutRefused | AzureError:
    """Why a job failed: what Evaluate says where it got that far, else which step."""
    step = f" in step {ended.failed_step}" if ended.failed_step else ""
    where = f"see {ended.folder} and the job in the studio"
    if (ended.folder / "evidence" / FILE).is_file():
        evaluation = Evaluation.read(ended.folder / "evidence")
        if evaluation.exit_code == 1:
            return RolloutRefused(
                f"job {ended.job} was refused; nothing is registered: {'; '.join(evaluation.reasons)}", where
            )
        if not evaluation.passed:
            return AzureError(f"job {ended.job} could not be judged{step}: {'; '.join(evaluation.reasons)}", where)
    try:
        failure = f": {read_json((ended.folder / 'trained' / 'failure.json').read_bytes())['message']}"
    except (OSError, ValueError, KeyError):
        failure = ""
    return AzureError(f"job {ended.job} ended as {ended.status}{step}{failure}; nothing is registered", where)


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ConfigError(f"--param {text!r} is not NAME=VALUE", "write it like --param max_depth=4")
    return name.strip(), value.strip()
