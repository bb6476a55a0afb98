"""`gates nightly`: compare the newest rows with those that the champion learned from."""

from __future__ import annotations

import argparse

from gates import documents
from gates.cli.options import Commands, command, data_of, session_of, takes_data, tells_a_decision
from gates.cli.run import finish
from gates.errors import ConfigError
from gates.nightly.night import Night, to_document
from gates.nightly.watch import NightOutcome, NightRequest, watch
from gates.policy.schedule import is_window
from gates.registry.lock import hold
from gates.session import Session
from gates.workflow.run_history import recorded


def add(commands: Commands) -> None:
    """Add the parser of `gates nightly` to the commands."""
    parser = command(
        commands,
        "nightly",
        "watch the champion: drift of the newest rows, with a budget of false alarms",
        "Compare the newest rows with those that the champion learned from. Exit codes: 0 no alarm (with --retrain also: an "
        "alarm that a new champion answered), 1 an alarm that stands, 2 wrong usage or configuration, 3 could not judge.",
    )
    takes_data(parser, "CSV or Parquet file, or https URL (default: the policy's)")
    parser.add_argument(
        "--window",
        default="",
        metavar="WINDOW",
        help="how much of the new rows: '500 rows', '7d' by the time column, or all (default: the policy's)",
    )
    parser.add_argument("--retrain", action="store_true", help="on an alarm, run the whole way on the same data")
    parser.add_argument("--last", type=int, default=14, metavar="N", help="how many nights --json tells (default 14)")
    tells_a_decision(parser)
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Watch the champion for one night and return the exit code. Raises `ConfigError` for a window that is none, and like
    `watch`.
    """
    window = f"{options.window} rows" if options.window.isdecimal() else options.window
    if window and not is_window(window):
        raise ConfigError(
            f"--window {options.window!r} is no window", "write it like '500 rows', '7d' by the time column, or all"
        )
    source = data_of(options)
    session = session_of(options)
    outcomes: list[NightOutcome] = []

    def work() -> NightOutcome:
        outcomes.append(watch(session, NightRequest(source, window, options.retrain)))
        return outcomes[0]

    with hold(session.home.path, purpose="gates nightly", wait=options.wait):
        recorded(session, "nightly", lambda: work().decision)
    return finish(session, outcomes[0].decision, options, **_tell(session, outcomes[0], options.last))


def _tell(session: Session, outcome: NightOutcome, last: int) -> dict[str, object]:
    """Return what the JSON document says of the night, beside the decision."""
    since = outcome.since
    return {
        "night": _plain(outcome.night),
        "nights": [_plain(night, effects=False) for night in outcome.history.nights[-max(1, last) :]],
        "alarms": outcome.history.alarms(session.clock()),
        "budget": session.policy.schedule.false_alarms_per_year,
        "onset": since
        and {"night": since.night, "gradual": since.gradual, "earliest": since.earliest, "latest": since.latest,
             "sentence": since.sentence},
    }  # fmt: skip


def _plain(night: Night, *, effects: bool = True) -> dict[str, object]:
    content = documents.load(to_document(night), "the night")
    return content if effects else {key: value for key, value in content.items() if key != "effects"}
