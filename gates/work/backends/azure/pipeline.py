"""The training pipeline as Azure ML runs it: Train, Evaluate, Register; each step needs the one before to end with 0.

Evaluate runs the gates on the compute, on the champion's own ledger, and its exit code fails the step: nothing is registered then.
Where each output lies is said beforehand, so that it can be read back also when a step fails.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gates.errors import ConfigError
from gates.work.backends.azure.blobs import DEFAULT_DATASTORE, Place
from gates.work.backends.azure.build import Build
from gates.work.backends.azure.connection import Connection
from gates.work.backends.azure.data import DataAsset
from gates.work.backends.azure.environment import training_environment
from gates.work.backends.azure.home import COPY
from gates.work.backends.azure.job_identity import configuration_of, find_client, variables_of
from gates.work.backends.azure.settings import WORKSPACE_VARIABLE

if TYPE_CHECKING:
    from azure.ai.ml.entities import Command, PipelineJob

OUTPUTS = ("trained", "evidence", "registered")


@dataclass(frozen=True, slots=True)
class Order:
    """Say what is to be trained: the data, the parameters, the build, and a copy of the ledger where there is one.

    ``gated`` false leaves the steps Evaluate and Register out: the gates then run where the order came from.
    """

    config: Path
    data: DataAsset
    params: Mapping[str, str]
    build: Build
    ledger: Path | None = None
    gated: bool = True


def place_of(job: str, output: str) -> Place:
    """Return where the output ``output`` of the job ``job`` lies."""
    return Place(DEFAULT_DATASTORE, f"gates/{job}/{output}")


def pipeline_of(connection: Connection, order: Order, job: str) -> PipelineJob:
    """Return the pipeline job called ``job``. Raises `ConfigError` for data whose digest nobody knows."""
    from azure.ai.ml import Input, dsl
    from azure.ai.ml.constants import AssetTypes

    if not order.data.digest:
        raise ConfigError(
            f"{order.data} carries no digest, so nobody could say what was trained with",
            "register the file with: python -m gates.work.backends.azure data FILE",
        )
    steps = _Steps(connection, order, job)
    inputs = {"data": Input(type=AssetTypes.URI_FILE, path=str(order.data))}
    if order.ledger is not None and order.gated:
        inputs["ledger"] = Input(type=AssetTypes.URI_FOLDER, path=str(order.ledger))

    # The SDK reads the parameters' annotations and knows few types: these functions have none.
    @dsl.pipeline(default_compute=connection.settings.compute)
    def without_ledger(data):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        steps.link(data, {})

    @dsl.pipeline(default_compute=connection.settings.compute)
    def with_ledger(data, ledger):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        steps.link(data, {"ledger": ledger})

    made: PipelineJob = (with_ledger if "ledger" in inputs else without_ledger)(**inputs)
    made.name, made.display_name, made.experiment_name = job, f"gates {order.build.id}", "gates"
    made.tags = {**order.build.tags, "data": str(order.data)}
    made.settings.continue_on_step_failure = False
    return made


class _Steps:
    """The steps as commands; what they share is written once."""

    def __init__(self, connection: Connection, order: Order, job: str) -> None:
        self._order = order
        self._job = job
        self._connection = connection
        self._environment = training_environment(connection.settings)
        self._client = find_client(connection)
        self._config = order.config.name

    def link(self, data: object, ledger: Mapping[str, object]) -> None:
        """Each step with its inputs, and each output in its place."""
        train = self._train()(data=data)
        self._keep(train, "trained")
        if not self._order.gated:
            return
        evaluate = self._evaluate(*ledger)(data=data, trained=train.outputs.trained, **ledger)
        self._keep(evaluate, "evidence")
        register = self._register()(trained=train.outputs.trained, evidence=evaluate.outputs.evidence)
        self._keep(register, "registered")

    def _train(self) -> Command:
        params = shlex.quote(json.dumps(dict(self._order.params)))
        command = f"python -m gates.work.model.train_step --config {self._config} --batch ${{{{inputs.data}}}}"
        command += f" --digest {self._order.data.digest} --params {params} --into ${{{{outputs.trained}}}}"
        return self._command("train", command, {"data": "uri_file"}, "trained")

    def _evaluate(self, *more: str) -> Command:
        command = (
            f"python -m gates.work.backends.azure.evaluate_step --config {self._config} --data ${{{{inputs.data}}}}"
        )
        command += " --trained ${{inputs.trained}} --evidence ${{outputs.evidence}}"
        command += "".join(f" --{name} ${{{{inputs.{name}}}}}" for name in more)
        inputs = {"data": "uri_file", "trained": "uri_folder", **dict.fromkeys(more, "uri_folder")}
        return self._command("evaluate", command, inputs, "evidence")

    def _register(self) -> Command:
        command = f"python -m gates.work.backends.azure.register_step --config {self._config} --data {self._order.data}"
        command += " --trained ${{inputs.trained}} --evidence ${{inputs.evidence}} --registered ${{outputs.registered}}"
        return self._command("register", command, {"trained": "uri_folder", "evidence": "uri_folder"}, "registered")

    def _keep(self, step: Command, output: str) -> None:
        """Say where the output lies; it is written through, so that it is there also when the step fails."""
        kept = getattr(step.outputs, output)
        kept.path, kept.mode = str(place_of(self._job, output)), "rw_mount"

    def _command(self, name: str, line: str, inputs: Mapping[str, str], output: str) -> Command:
        from azure.ai.ml import Input, Output, command

        build = self._order.build
        return command(
            name=name, display_name=name, command=line, code=str(self._connection.settings.folder),
            environment=self._environment, identity=configuration_of(self._client), is_deterministic=False,
            inputs={key: Input(type=kind) for key, kind in inputs.items()},
            outputs={output: Output(type="uri_folder", mode="rw_mount")},
            environment_variables={
                WORKSPACE_VARIABLE: str(self._connection.settings.workspace),
                "GATES_BUILD_ID": build.id, "GATES_BUILD_URI": build.uri, "PYTHONHASHSEED": "0", **COPY,
                **variables_of(self._client),
            },
        )  # fmt: skip
