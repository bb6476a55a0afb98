"""``python -m gates.work.backends.azure.register_step``: register the model that Evaluate passed, and say so in ``model.json``.

It trusts no flag: it reads the evaluation, finds every verdict in it, and hashes the model again. A model that did not pass, or
other bytes than those that did, are not registered.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from gates.errors import GatesError
from gates.printing import say
from gates.work.backends.azure import models
from gates.work.backends.azure.build import Build
from gates.work.backends.azure.connection import Connection, connect
from gates.work.backends.azure.errors import RolloutRefused
from gates.work.backends.azure.evaluation import Evaluation
from gates.work.backends.azure.models import RegisteredModel
from gates.work.backends.azure.settings import read_azure_settings
from gates.work.config.settings import read_settings
from gates.work.errors import ArtifactError
from gates.work.step import StepOption, run_step


def register(
    connection: Connection, name: str, trained: Path, evaluation: Evaluation, build: Build, data: str
) -> RegisteredModel:
    """Register ``trained`` under ``name``. Raises `RolloutRefused`, `ArtifactError` and `AzureError`."""
    if not evaluation.passed:
        raise RolloutRefused(
            f"the gates did not pass: {dict(evaluation.exits)}; nothing is registered", "see the evidence of Evaluate"
        )
    trained_digest = models.digest_of(trained)
    if trained_digest != evaluation.digest:
        raise ArtifactError(
            f"the model in {trained.name} is {trained_digest}, but {evaluation.digest} passed the gates; nothing is registered",
            "run the pipeline again",
        )
    tags = {
        "gates": models.PASSED,
        "data": data,
        **build.tags,
        **{f"verdict.{gate}": digest for gate, digest in evaluation.verdicts.items()},
        **{f"metric.{metric}": value for metric, value in evaluation.metrics.items()},
    }
    return models.register(connection, trained, name, tags)


_OPTIONS = (
    StepOption("config", "the policy"),
    StepOption("trained", "what the training left"),
    StepOption("evidence", "what Evaluate left"),
    StepOption("data", "the data asset it was trained with", kind=str, metavar="ASSET"),
    StepOption("registered", "where model.json is written"),
)


def register_passed(options: argparse.Namespace) -> int:
    """Register the model that passed, write ``model.json``, and return 0. Raises as `register` does."""
    evaluation = Evaluation.read(options.evidence)
    name, build = read_settings(options.config).name, Build.of_environment()
    connection = connect(read_azure_settings(options.config))
    model = register(connection, name, options.trained, evaluation, build, options.data)
    models.write_model_file(model, options.registered / "model.json")
    say(f"register: {model}  {model.digest}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the step from its command line and return its exit code."""
    module = "gates.work.backends.azure.register_step"
    return run_step(module, "Register a gated model.", _OPTIONS, register_passed, _say_refusal, arguments)


def _say_refusal(options: argparse.Namespace, error: GatesError) -> None:
    say(f"register: {error.message}\n          {error.remedy}")


if __name__ == "__main__":
    raise SystemExit(main())
