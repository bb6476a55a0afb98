"""``python -m gates.work.backends.azure.evaluate_step``: the gates on the compute. Its exit code is that of the gates.

It makes the trained model a version of a copy of the ledger and runs the data, model and drift gates on it, as anybody would
by hand. All three run, so that one look tells every reason; anything but three verdicts that passed ends the pipeline here.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from gates.errors import GatesError
from gates.printing import say
from gates.work.backends.azure.errors import RolloutFailed, RolloutRefused
from gates.work.backends.azure.evaluation import GATES, Evaluation
from gates.work.backends.azure.judging import Gates
from gates.work.step import StepOption, run_step

_FLOORS = "::test_challenger_clears_the_floor"


def evaluate(gates: Gates, trained: Path, data: Path, evidence: Path) -> Evaluation:
    """Run the gates and leave their accounts in ``evidence``. Raises `RolloutFailed` where the model cannot be taken."""
    evidence.mkdir(parents=True, exist_ok=True)
    version = gates.ask("register", str(trained), "--data", str(data))
    model = f"{version['name']}@{version['version']}"
    exits: dict[str, int] = {}
    reasons: list[str] = []
    metrics: dict[str, str] = {}
    for gate in GATES:
        account = evidence / f"{gate}.json"
        try:
            judged = gates.ask("check", gate, "--model", model, keep=account)
            exits[gate] = 0
            metrics |= read_metrics(judged) if gate == "model" else {}
        except (RolloutRefused, RolloutFailed) as error:
            exits[gate] = error.exit_code
            reasons.append(error.message)
    return Evaluation(
        str(version["digest"]), int(cast(int, version["version"])), exits, reasons, _verdicts(gates, model), metrics
    )


def _verdicts(gates: Gates, model: str) -> Mapping[str, str]:
    """The digest of the passed verdict of each gate, as the ledger lists them."""
    kept = gates.show(model).get("verdicts")
    words = [str(line).split() for line in kept] if isinstance(kept, list) else []
    return {word[0]: word[2] for word in words if len(word) == 3 and word[1] == "passed"}


def read_metrics(account: Mapping[str, object]) -> Mapping[str, str]:
    """Return what the model scored on the holdout, by the ids of the evidence that the check of the floors gave."""
    metrics: dict[str, str] = {}
    for gate in cast(list[dict[str, Any]], account["gates"]):
        for check in gate["checks"]:
            if check["id"].partition("[")[0].endswith(_FLOORS):
                metrics |= {item["id"]: str(item["text"]) for item in check["evidence"]}
    return metrics


_OPTIONS = (
    StepOption("config", "the policy"),
    StepOption("trained", "what the training left"),
    StepOption("data", "the data it was trained with"),
    StepOption("ledger", "a copy of the ledger (default: there is no champion yet)", required=False),
    StepOption("evidence", "where evidence is left"),
)


def gate(options: argparse.Namespace) -> int:
    """Gate a trained model, leave the evidence, and return the exit code of the gates. Raises as `evaluate` does."""
    with tempfile.TemporaryDirectory(prefix="gates-home-") as folder:
        home = Path(folder) / "home"
        if options.ledger is not None:
            shutil.copytree(options.ledger, home)
        gates = Gates(options.config.resolve(), home)
        evaluation = evaluate(gates, options.trained, options.data, options.evidence)
        if (home / "runs").is_dir():
            shutil.copytree(home / "runs", options.evidence / "runs", dirs_exist_ok=True)
    evaluation.write(options.evidence)
    say(f"evaluate: {'passed' if evaluation.passed else 'refused'}: {dict(evaluation.exits)}")
    return evaluation.exit_code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the step from its command line and return the exit code of the gates."""
    module = "gates.work.backends.azure.evaluate_step"
    return run_step(module, "Gate a trained model.", _OPTIONS, gate, _say_refusal, arguments)


def _say_refusal(options: argparse.Namespace, error: GatesError) -> None:
    say(f"evaluate: {error.message}\n          {error.remedy}")


if __name__ == "__main__":
    raise SystemExit(main())
