"""Parse the command line, call a command, print its answer. One module a command; an error ends as two sentences, without a
traceback.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING

from gates import __version__
from gates.cli import (
    approve,
    calibrate,
    check,
    compare,
    diff_policy,
    export,
    init,
    keys,
    lock,
    migrate_policy,
    new,
    nightly,
    policy,
    promote,
    register,
    reject,
    rollback,
    run,
    selftest,
    serve,
    show,
    status,
    verify,
    watch,
)
from gates.cli.logs import log_to_stderr
from gates.errors import ConfigError
from gates.printing import printable, printable_lines
from gates.redaction import Secrets, find_url_secrets

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

# One on a line, in the order of `gates --help`.
COMMANDS = (
    init,
    run,
    check,
    new,
    nightly,
    register,
    promote,
    approve,
    reject,
    rollback,
    compare,
    serve,
    status,
    show,
    verify,
    selftest,
    lock,
    watch,
    export,
    policy,
    diff_policy,
    migrate_policy,
    calibrate,
    keys,
)


class Parser(argparse.ArgumentParser):
    """Read a command line; what is wrong with it is repeated as text that commands nobody."""

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        super()._print_message(printable_lines(message), file)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line: a subparser for each of COMMANDS, whose ``execute`` runs it."""
    parser = Parser(
        prog="gates",
        description="Four pytest gates between a trained model and the customers it would serve.",
        epilog="exit codes: 0 passed or promoted, 1 refused by a gate, 2 wrong usage or configuration, 3 could not judge,"
        " 4 awaiting approval",
    )
    parser.add_argument("--version", action="version", version=f"gates {__version__}")
    parser.set_defaults(secrets=Secrets(os.environ))  # `main` adds those of the URLs on the command line
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 130 after an interruption, 3 for an error that no command expects."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    options = build_parser().parse_args(words)
    options.secrets = options.secrets.and_also(*find_url_secrets(*words))
    signal.signal(signal.SIGTERM, _leave)
    say = partial(_say, options.secrets)
    try:
        with log_to_stderr(options.verbose, options.secrets):
            return int(options.execute(options))
    except KeyboardInterrupt:
        say("interrupted: what was started is stopped; the champion is what `gates status` says", "")
        return 130
    except BrokenPipeError:
        return 3
    except Exception as error:
        if getattr(options, "debug", False):
            print(printable_lines(options.secrets.hide_text(traceback.format_exc())), file=sys.stderr)
        if not hasattr(error, "remedy"):
            say(
                f"{type(error).__name__}: {error}",
                "this is a fault in gates or in what it was given; run again with --debug",
            )
            return 3
        for fault in (
            getattr(error, "faults", ()) if isinstance(error, ConfigError) else [str(getattr(error, "message", error))]
        ):
            say(fault, "")
        say("", str(error.remedy))
        return int(getattr(error, "exit_code", 3))


def _leave(number: int, frame: FrameType | None) -> None:
    """Let SIGTERM unwind like Ctrl-C, so that servers and children are stopped."""
    raise KeyboardInterrupt


def _say(secrets: Secrets, message: str, remedy: str) -> None:
    message, remedy = secrets.hide_text(message), secrets.hide_text(remedy)
    if message:
        print(f"gates: {printable(message)}", file=sys.stderr)
    if remedy:
        print(f"       {printable(remedy)}", file=sys.stderr)
