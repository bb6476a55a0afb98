"""Find how the policy declares a metric that a command line names, for commands that run without a project as well."""

from __future__ import annotations

import argparse
import sys

from gates.cli.options import find_policy
from gates.errors import ConfigError
from gates.policy.catalogue import read_metrics
from gates.policy.reader import read_policy
from gates.toml_reader import read_toml

_TASKS = ("classification", "regression")


def read_own_metric(options: argparse.Namespace, name: str) -> dict[str, str | float] | None:
    """Return how ``[tool.gates.metrics]`` declares the metric ``name``, with the ``task`` of [tool.ml]; None where it does not.

    The folder of the policy file becomes the last place from which modules are imported, so that a function of the project can be.
    Raises `ConfigError` for a policy that cannot be read, and for a function without a task in [tool.ml].
    """
    if name in read_metrics():
        return None
    file = find_policy(options)
    own = None if file is None else read_policy(file).metrics.get(name)
    if file is None or own is None:
        return None
    tool = read_toml(file).get("tool")
    of_work = tool.get("ml") if isinstance(tool, dict) else None
    task = of_work.get("task") if isinstance(of_work, dict) else None
    if own.function and task not in _TASKS:
        raise ConfigError(
            f"the metric {name!r} is a function, and [tool.ml] in {file.name} names no task: is it given labels or numbers?",
            'write task = "classification" or task = "regression" under [tool.ml]',
        )
    folder = str(file.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)  # last, as in `gates.ports.open_work`
    return {
        "function": own.function,
        "of": own.of,
        "label": own.label,
        "beta": own.beta,
        "better": own.better,
        "task": str(task) if own.function else "classification",
    }
