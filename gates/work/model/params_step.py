"""``python -m gates.work.model.params_step``: whether the project's training takes these parameters, before any data are judged.

The module of the training function may hold ``check_params(params)``. It gets what ``fit`` would get, and raises for what is
wrong. A process of its own, because it runs the project's code.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Mapping, Sequence

from gates.errors import ConfigError, GatesError
from gates.processes.sources import compile_from_source
from gates.work.config.params import merge
from gates.work.config.settings import Settings, read_settings
from gates.work.model.load_fit import load_fit
from gates.work.step import CONFIG, StepOption, run_step, write_failure


def check(settings: Settings, overrides: Mapping[str, str]) -> None:
    """Give the parameters of a training to ``check_params`` beside the training function, if there is one.

    Raises `ConfigError` where the function cannot be imported, for an override without name or value, and for whatever
    ``check_params`` raises that is no `GatesError` already.
    """
    params, _ = merge(settings.params, overrides)
    load_fit(settings.train)
    module = settings.train.partition(":")[0]
    check_params = getattr(importlib.import_module(module), "check_params", None)
    if check_params is None:
        return
    try:
        check_params({"task": settings.roles.task, "seed": settings.seed, **params})
    except GatesError:
        raise
    except Exception as error:
        raise ConfigError(
            f"{module}:check_params refuses the parameters: {type(error).__name__}: {error}",
            "correct params in [tool.ml] or --param",
        ) from error


_OPTIONS = (
    CONFIG,
    StepOption("params", "JSON object of parameters as text", kind=str, required=False),
    StepOption("into", "folder for failure.json"),
)


def act(options: argparse.Namespace) -> int:
    """Check the parameters that the options name, and return 0. Raises like `check`."""
    settings = read_settings(options.config)
    compile_from_source([str(settings.folder)])
    sys.path.append(str(settings.folder))  # the last place: it stands in for no module of Python or of a package
    check(settings, json.loads(options.params or "{}"))
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the step from its command line and return its exit code; a refusal is in ``failure.json``."""
    about = "Check the parameters of a training."
    return run_step("gates.work.model.params_step", about, _OPTIONS, act, write_failure, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
