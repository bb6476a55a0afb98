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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the step from its command line and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m gates.work.backends.azure.register_step", description="Register a gated model."
    )
    parser.add_argument("--config", type=Path, required=True, help="the policy")
    parser.add_argument("--trained", type=Path, required=True, help="what the training left")
    parser.add_argument("--evidence", type=Path, required=True, help="what Evaluate left")
    parser.add_argument("--data", required=True, metavar="ASSET", help="the data asset it was trained with")
    parser.add_argument("--registered", type=Path, required=True, help="where model.json is written")
    options = parser.parse_args(arguments)
    try:
        evaluation = Evaluation.read(options.evidence)
        name, build = read_settings(options.config).name, Build.of_environment()
        connection = connect(read_azure_settings(options.config))
        model = register(connection, name, options.trained, evaluation, build, options.data)
    except GatesError as error:
        say(f"register: {error.message}\n          {error.remedy}")
        return error.exit_code
    models.write_model_file(model, options.registered / "model.json")
    say(f"register: {model}  {model.digest}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
