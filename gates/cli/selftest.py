"""`gates selftest`: inject faults on purpose, one at a time, and see whether the project's own suites and policy notice."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from gates import documents
from gates.attest import take_sources
from gates.cli.options import Commands, command, policy_of
from gates.home import temporary_folder
from gates.policy.reader import read_policy
from gates.policy.records import Policy
from gates.reports.progress import Progress
from gates.selftest.bench import prepare
from gates.selftest.mutant import Mutant, Score, Trial
from gates.selftest.report import describe, tell_list, tell_score, tell_trial
from gates.selftest.trials import choose, every_mutant, try_all


def add(commands: Commands) -> None:
    """Add the parser of `gates selftest` to the commands."""
    parser = command(
        commands,
        "selftest",
        "inject faults on purpose and see whether the gates notice",
        "Inject faults on purpose, one at a time, into data, models, endpoint, suites, policy and verdicts, and tell which gate"
        " caught each. Works in a folder of its own: project and home stay as they are.",
    )
    parser.add_argument("--data", default=None, metavar="PATH", help="data that pass (default: data of [tool.ml])")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help="this mutant, or this family of mutants; may be repeated",
    )
    parser.add_argument("--list", action="store_true", help="name the mutants and end")
    parser.add_argument(
        "--require",
        type=_share,
        default=1.0,
        metavar="SCORE",
        help="the share of the mutants that have to be killed (default 1)",
    )
    parser.add_argument("--json", type=Path, default=None, metavar="PATH", help="write what became of each as JSON")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Try the mutants, print the score, and return 0 where it is high enough, 1 where not, and 3 where none could be tried.

    Raises `SubjectError` where the clean subject does not pass, and `ConfigError` for the name of no mutant.
    """
    take_sources(os.environ)  # nothing here is signed with the user's keys, nor does a child see them
    policy, progress = read_policy(policy_of(options)), Progress()
    mutants = choose(every_mutant(policy), options.only)
    if options.list:
        tell_list(progress, mutants)
        return 0
    started = time.monotonic()
    trials = _try(policy, options.data, mutants, progress)
    tell_score(progress, trials, options.require)
    spent = sum(os.times()[:4])  # of this process and of its ended children
    progress.line(f"{time.monotonic() - started:.0f} s, {spent:.0f} processor seconds", "dim")
    if options.json is not None:
        options.json.write_bytes(documents.dump(describe(trials, options.require, str(policy.digest))))
    score = Score.of(trials)
    if not score.tried:
        return 3
    return 0 if score.share >= options.require else 1


def _try(policy: Policy, source: str | None, mutants: tuple[Mutant, ...], progress: Progress) -> list[Trial]:
    if not policy.mutants:
        progress.line("[tool.gates] mutants names none, so data, models and endpoint are not tried", "mild")
    names = {mutant.name for mutant in mutants}
    trials: list[Trial] = []
    with (
        temporary_folder("gates-selftest-") as folder,
        prepare(policy, source, folder, lambda mutation: mutation.name in names, progress) as bench,
        progress.stage(f"trying {len(mutants)} mutants, two at a time"),
    ):
        for trial in try_all(bench, mutants):
            trials.append(trial)
            tell_trial(progress, trial, len(trials), len(mutants))
    return trials


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0.0 < share <= 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is no share: write a number above 0 and up to 1, like 0.95")
    return share
