"""`gates init`: look at a table, propose its roles and floors, and write a policy and a training that work."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gates.adoption import files
from gates.adoption.own_suites import POLICIES, copy_suites
from gates.adoption.pipelines import FILES, write_pipeline
from gates.adoption.policy_text import describe_floor, floor_bounds, name_model, write_policy
from gates.adoption.roles import BY_CONTENT, NONE, ROLES, SPLITS, TASKS, Ask, ChosenRoles, choose_roles
from gates.adoption.steps import run_step
from gates.cli.options import Commands, command, home_of
from gates.errors import ConfigError
from gates.home import Home
from gates.printing import printable
from gates.registry.lock import hold
from gates.reports.progress import Progress
from gates.toml_reader import listed

EXPECTATIONS = "data_checks/expectations.json"
_TRAININGS = ("train.py", "gates_train.py")
_TABLES = (".csv", ".parquet")
_SHOWN = 30  # features that are listed one by one


def add(commands: Commands) -> None:
    """Add the parser of `gates init` to the commands."""
    parser = command(
        commands,
        "init",
        "set Gates up for a table of your own",
        "Look at a table, propose what its columns are for, and write a policy with floors, expectations and a training that"
        " work. Nothing is overwritten. Without a terminal, what cannot be decided has to be named.",
    )
    parser.add_argument(
        "data",
        nargs="?",
        default=None,
        metavar="DATA",
        help="CSV or Parquet file (default: the only one in this folder)",
    )
    parser.add_argument("--id", metavar="NAME", help=f"the column that identifies a row; {NONE} for its content")
    parser.add_argument("--target", metavar="NAME", help="the column to predict")
    parser.add_argument(
        "--task", choices=TASKS, help="whether the target is a class or a number (default: as it looks)"
    )
    parser.add_argument("--time", metavar="NAME", help=f"the column that dates a row; {NONE} for none")
    parser.add_argument("--group", metavar="NAME", help=f"the column of what several rows belong to; {NONE} for none")
    parser.add_argument(
        "--split",
        choices=SPLITS,
        help="what chooses the holdout: a hash of the id (or group), or the newest rows by time (default: time where a column"
        " dates the rows)",
    )
    parser.add_argument("--yes", action="store_true", help="ask nothing, and accept what is proposed")
    parser.add_argument(
        "--own-suites", action="store_true", help="copy the shipped checks into the project, to be edited"
    )
    parser.add_argument("--ci", choices=tuple(FILES), help="write a pipeline that runs the gates")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Set the current folder up and return 0.

    Raises `ConfigError` where there is a policy already or something cannot be decided, `SubjectError` for data that cannot be
    gated, and `BackendError` where a file cannot be written or another command is at work here; nothing is overwritten.
    """
    if options.policy is not None:
        raise ConfigError(
            "gates init writes the policy of this folder, and takes no --policy", "change into the project's folder"
        )
    folder, progress = Path.cwd(), Progress()
    files.require_no_policy(folder)
    source = options.data or _only_table(folder)
    with TemporaryDirectory(prefix="gates-init-") as name:
        into = Path(name)
        with progress.stage("looking at the data"):
            look = run_step("look", source, into)
        ask = _ask if sys.stdin.isatty() and not options.yes else None
        given = {role: value for role in (*ROLES, "task", "split") if (value := getattr(options, role)) is not None}
        roles = choose_roles(look, given, ask=ask, accept_guesses=options.yes)
        with progress.stage("cross-validating a default model, profiling the columns"):
            draft = run_step("draft", str(into / look["snapshot"]), into, roles.columns())
        _show(progress, source, look, roles, draft)
        if ask is not None and not _agrees(ask):
            progress.line("nothing was written")
            return 2
        with hold(Home.at(home_of(options)).path, purpose="gates init"):
            files.require_no_policy(folder)
            policy, written = _write(folder, source, roles, draft, into, options)
    _tell_next(progress, policy, written)
    return 0


def _only_table(folder: Path) -> str:
    tables = sorted(path.name for path in folder.iterdir() if path.suffix.lower() in _TABLES and path.is_file())
    if len(tables) != 1:
        seen = f"there are {len(tables)}: {listed(tables)}" if tables else "there is none"
        raise ConfigError(f"no data were named, and of CSV and Parquet files here {seen}", "name one: gates init DATA")
    return tables[0]


def _ask(question: str) -> str:
    """Put a question at the terminal. Raises `ConfigError` where there is no answer any more."""
    try:
        return input(printable(question))
    except EOFError:
        raise ConfigError(
            "the terminal was closed before every question had an answer", "run it again; nothing was written"
        ) from None


def _agrees(ask: Ask) -> bool:
    return ask("Write these files? [yes]: ").strip().lower() in ("", "y", "yes")


def _write(
    folder: Path, source: str, roles: ChosenRoles, draft: Mapping[str, Any], into: Path, options: argparse.Namespace
) -> tuple[str, tuple[str, ...]]:
    training = (into / "train.py").read_text(encoding="utf-8")
    module = files.free_name(folder, _TRAININGS, training)
    content, suite = {module: training}, into / "expectations.json"
    if suite.exists():
        content[EXPECTATIONS] = suite.read_text(encoding="utf-8")
    if options.own_suites:
        content |= copy_suites(roles.task)
    if options.ci is not None:
        content |= dict([write_pipeline(options.ci)])
    text = write_policy(
        name_model(Path(source).stem),
        _beside(source, folder),
        roles.columns(),
        draft,
        train=f"{module.removesuffix('.py')}:fit",
        expectations=EXPECTATIONS if suite.exists() else None,
        today=datetime.now(UTC).date(),
        extends=POLICIES[roles.task] if options.own_suites else "",
    )
    path, whole = files.place_policy(folder, text)
    return text, files.write_project(folder, content, path, whole)


def _beside(source: str, folder: Path) -> str:
    """The data as the policy names them: relative to it where they lie inside the project."""
    if "://" in source:
        return source
    path = Path(source).absolute()
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def _show(
    progress: Progress, source: str, look: Mapping[str, Any], roles: ChosenRoles, draft: Mapping[str, Any]
) -> None:
    """Print each column with its kind and what becomes of it, then what the floors rest on."""
    of_column = {choice.column: (role, choice.reason) for role, choice in roles.choices.items()}
    left_out, features = dict(draft["left_out"]), set(draft["features"])
    progress.line(f"{source}: {look['rows']:,} rows, {len(look['columns'])} columns, a {roles.task}", "bold")
    if "id" not in roles.choices:
        progress.line(BY_CONTENT, "mild")
    if roles.split == "time":
        progress.line(f"split = time: {roles.split_reason}")
    width = min(30, max(len(printable(one["name"])) for one in look["columns"]))
    listed_features = 0
    for one in look["columns"]:
        name, holds = one["name"], f"{one['holds']} ({one['distinct']:,})"
        gaps = f", {one['missing']:,} missing" if one["missing"] else ""
        if name in of_column:
            role, reason = of_column[name]
            progress.line(f"  {name:{width}}  {holds:22}  {role}: {reason}", "good")
        elif name in features:
            listed_features += 1
            if listed_features <= _SHOWN:
                progress.line(f"  {name:{width}}  {holds:22}  feature{gaps}")
        else:
            progress.line(
                f"  {name:{width}}  {holds:22}  no feature: {left_out.get(name, 'it has no use here')}", "mild"
            )
    if listed_features > _SHOWN:
        progress.line(f"  and {listed_features - _SHOWN:,} more features")
    bounds = floor_bounds(draft["floors"])
    for floor in draft["floors"]:
        bound = bounds.get(floor["metric"], "none: too close to a model without features")
        progress.line(
            f"floor {floor['metric']} {bound}: train.py reaches {describe_floor(floor, draft['holdout_rows'])}"
        )
    if all(floor["floor"] is None for floor in draft["floors"]):
        progress.line(
            "the default model is hardly better than a model without features; expect a refusal until train.py is better",
            "mild",
        )
    rows, needed = draft["drift_rows"]
    if rows < needed:
        counted = f"groups of {group.column}" if (group := roles.choices.get("group")) else "rows"
        progress.line(
            f"{rows:,} {counted} are few: drift is seen where it is large; a small one needs {needed:,}", "mild"
        )
    if draft["drift"] < 0.01:
        progress.line(
            f"training and holdout rows differ (p = {draft['drift']:.4f}), as in 1 of 100 tables by chance: the drift gate refuses",
            "mild",
        )


def _tell_next(progress: Progress, policy: str, written: tuple[str, ...]) -> None:
    lines = len(policy.splitlines())
    progress.line(f"written: {', '.join(written)} ({lines} lines of policy)", "good")
    progress.line("next:")
    progress.line(
        "  gates run          trains with train.py, passes the four gates, serves on a local endpoint and promotes"
    )
    if EXPECTATIONS in policy:
        progress.line(f"  {EXPECTATIONS} is what further data have to keep: read it, and correct what is not meant")
    else:
        progress.line(
            "  no expectations were written: that needs great-expectations, which is not installed. Further data are held to"
            " what the champion was trained on",
            "mild",
        )
    progress.line("  make the model better in train.py, and let it compete with the champion: gates run")
