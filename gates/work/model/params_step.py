"""``python -m gates.work.model.params_step``: whether the project's training takes these parameters, before any data are judged.

The module of the training function may hold ``check_params(params)``. It gets what ``fit`` would get, and raises for what is
wrong. A process of its own, because it runs the project's code.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from gates.documents import write_json
from gates.errors import ConfigError, GatesError
from gates.printing import say
from gates.processes.sources import compile_from_source
from gates.work.config.params import merge
from gates.work.config.settings import Settings, read_settings
from gates.work.model.load_fit import load_fit


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the parameters from the command line and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m gates.work.model.params_step", description="Check the parameters of a training."
    )
    parser.add_argument("--config", type=Path, required=True, help="TOML file with [tool.ml]")
    parser.add_argument("--params", default="{}", help="JSON object of parameters as text")
    parser.add_argument("--into", type=Path, required=True, help="folder for failure.json")
    options = parser.parse_args(arguments)
    try:
        settings = read_settings(options.config)
        compile_from_source([str(settings.folder)])
        sys.path.append(str(settings.folder))  # the last place: it stands in for no module of Python or of a package
        check(settings, json.loads(options.params))
    except GatesError as error:
        say(traceback.format_exc(), sys.stderr)
        failure = {"kind": type(error).__name__, "message": error.message, "remedy": error.remedy}
        write_json(options.into / "failure.json", failure)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
