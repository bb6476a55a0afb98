"""``python -m gates.work.backends.azure COMMAND``: what only Azure needs. Parse, call, print; exit codes as those of ``gates``.

0 done, 1 refused by a gate, 2 wrong usage or configuration, 3 could not be judged or done, 4 awaits approval.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from gates.errors import ConfigError, GatesError
from gates.places import place_home
from gates.printing import say
from gates.work.backends.azure import commands
from gates.work.backends.azure.redaction import redact


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of ``python -m gates.work.backends.azure``, with one subcommand for each function of `commands`."""
    parser = argparse.ArgumentParser(
        prog="python -m gates.work.backends.azure",
        description="What only Azure needs: data assets, training pipelines, rollouts, schedules.",
        epilog="exit codes: 0 done, 1 refused by a gate, 2 wrong usage or configuration, 3 could not be judged or done, 4 awaits "
        "approval",
    )
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, help, execute in (
        ("data", "register a file as the next version of the data asset", commands.register_data),
        ("fetch", "download a version of the data asset, checked against its digest", commands.fetch),
        ("submit", "train, evaluate and register on the compute, and bring home what they left", commands.submit),
        ("deploy", "roll a registered model out, gate by gate, and promote it", commands.deploy),
        ("route", "give all traffic to the champion's deployment, after a rollout was broken off", commands.route),
        ("status", "the workspace, the newest model, and who gets the traffic", commands.status),
        ("schedule", "run gates nightly on the compute, by cron", commands.schedule),
        ("monitor", "let Azure's own model monitoring watch the deployment, with alerts", commands.monitor),
    ):
        sub = subparsers.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.")
        sub.add_argument("--policy", type=Path, default=Path("pyproject.toml"), metavar="PATH", help="the policy")
        sub.add_argument(
            "--home",
            type=Path,
            default=None,
            metavar="DIR",
            help="the ledger (default GATES_HOME, or .gates beside the policy)",
        )
        sub.add_argument("--debug", action="store_true", help="print the traceback of an error")
        sub.set_defaults(execute=execute)
        _ARGUMENTS[name](sub)
    return parser


def _data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a CSV or Parquet file")
    parser.add_argument("--name", default="", metavar="NAME", help="the data asset (default: data of [tool.ml.azure])")


def _fetch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "asset", nargs="?", default="", metavar="ASSET", help="azureml:NAME:VERSION (default: the newest)"
    )
    parser.add_argument("--into", type=Path, required=True, metavar="FILE", help="where it is written")


def _submit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", default="", metavar="ASSET", help="azureml:NAME:VERSION (default: the newest version)"
    )
    parser.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE", help="a training parameter; repeatable"
    )
    parser.add_argument("--into", type=Path, default=Path("azure-run"), metavar="DIR", help="where outputs are brought")


def _deploy(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--build", default="", metavar="ID", help="the model of this build (default: the newest that passed)"
    )
    which.add_argument("--champion", action="store_true", help="the champion of the ledger, which needs no promotion")
    parser.add_argument("--into", type=Path, default=None, metavar="DIR", help="where model and data are kept")


def _route(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("deployment", metavar="NAME", help="the deployment, like blue")


def _nothing(parser: argparse.ArgumentParser) -> None:
    pass


def _schedule(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cron", default="15 3 * * *", metavar="CRON", help="when, in UTC (default: 15 3 * * *)")
    parser.add_argument("--data", default="", metavar="ASSET", help="the newest window (default: the newest version)")


_ARGUMENTS = {
    "data": _data, "fetch": _fetch, "submit": _submit, "deploy": _deploy, "route": _route, "status": _nothing,
    "schedule": _schedule, "monitor": _schedule,
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = build_parser().parse_args(arguments)
    options.home = options.home or place_home(lambda: options.policy)
    try:
        with tempfile.TemporaryDirectory(prefix="gates-azure-") as scratch:
            return int(options.execute(options, Path(scratch)))
    except KeyboardInterrupt:
        say("azure: interrupted; see python -m gates.work.backends.azure status", sys.stderr)
        return 130
    except Exception as error:
        if options.debug:
            say(traceback.format_exc(), sys.stderr)
        if not isinstance(error, GatesError):
            say(f"azure: {type(error).__name__}: {redact(str(error))}\n       run again with --debug", sys.stderr)
            return 3
        for fault in error.faults if isinstance(error, ConfigError) else (error.message,):
            say(f"azure: {fault}", sys.stderr)
        say(f"       {error.remedy}", sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    raise SystemExit(main())
