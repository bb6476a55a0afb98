"""`gates watch`: look at the data, and act when they change."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from gates.cli.options import Commands, command, data_of, home_of, policy_of, takes_data
from gates.errors import ConfigError
from gates.home import Home
from gates.policy.reader import read_policy
from gates.ports import Event, Recipient, Triggers, open_triggers
from gates.printing import printable_json
from gates.reports.progress import Progress
from gates.toml_reader import read_seconds
from gates.workflow.watching import Act, watch_on, watch_once

ACTIONS = ("run", "github", "pipelines")
_PATIENCE = 3600  # seconds that the run it starts waits for another command on the same home


def add(commands: Commands) -> None:
    """Add the parser of `gates watch` to the commands."""
    parser = command(
        commands,
        "watch",
        "look at the data, and act when they change",
        "Look at a file or an https URL by its ETag, and print each new content as one JSON line in the form of an Event"
        " Grid event. With --then, act on it as well; what was dealt with is remembered in the home.",
    )
    takes_data(parser, "a file, or https URL (default: data of [tool.ml])")
    parser.add_argument("--every", default="60s", metavar="TIME", help="how often to look (default 60s)")
    parser.add_argument(
        "--settle", default="2s", metavar="TIME", help="how long a file must stay the same to be complete (default 2s)"
    )
    parser.add_argument("--once", action="store_true", help="look once and end, with the action's exit code")
    parser.add_argument(
        "--then",
        choices=ACTIONS,
        default=None,
        help="run: gates run on it; github: repository_dispatch; pipelines: a run of Azure Pipelines",
    )
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Look at the data and act on each new content; return the exit code of the action.

    It returns after one look with --once, else only where the action is misconfigured. Raises `ConfigError` for a length of
    time that is none.
    """
    data = data_of(options)
    every, settle = _seconds(options.every, "--every"), _seconds(options.settle, "--settle")
    policy = read_policy(policy_of(options))
    triggers = open_triggers(policy.triggers, policy.source)
    progress = Progress(sys.stderr)
    home = Home.at(home_of(options))
    watch = triggers.watch(data, home.path / "watch", settle=settle)
    act = _announced(_action(options, triggers, policy.source, home.path, progress))
    if options.once:
        code = watch_once(watch, act)
        if code is None:
            progress.line(f"nothing new at {watch.source}")
        return code or 0
    progress.line(f"watching {watch.source} every {options.every} (Ctrl-C ends)")
    return watch_on(watch, act, progress.line, every=every)


def _announced(act: Act) -> Act:
    """Return an action that prints the event on standard output, which carries nothing else, and then acts."""

    def announce(event: Event) -> int:
        print(printable_json(json.dumps(event.as_json(), allow_nan=False)), flush=True)
        return act(event)

    return announce


def _action(options: argparse.Namespace, triggers: Triggers, policy: Path, home: Path, progress: Progress) -> Act:
    then: str | None = options.then
    if then == "run":
        return lambda event: _run(event, policy, home, options.verbose)
    openers: dict[str, Callable[[], Recipient]] = {"github": triggers.github, "pipelines": triggers.pipelines}
    recipient = openers[then]() if then else None

    def act(event: Event) -> int:
        if recipient is not None:
            progress.line(recipient.send(event), "good")
        return 0

    return act


def _run(event: Event, policy: Path, home: Path, verbosity: int) -> int:
    """Run `gates run` on this content in a child process, which is stopped when this process is, and return its exit code."""
    command = [sys.executable, "-m", "gates", "run", "--data", event.data, "--policy", str(policy)]
    command += ["--home", str(home), "--wait", str(_PATIENCE), *(["-v"] * verbosity)]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr) as child:
        try:
            return child.wait()
        except BaseException:
            child.terminate()
            raise


def _seconds(text: str, option: str) -> float:
    seconds = read_seconds(text)
    if seconds is None:
        raise ConfigError(f"{option} {text!r:.40} is no length of time", "write it like 30s, 5m or 1h")
    return seconds
