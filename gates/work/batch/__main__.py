"""``python -m gates.work.batch``: score a CSV or Parquet file of any size with one model.

Exit codes: 0 done, 2 wrong usage, 3 refused.
"""

from __future__ import annotations

import argparse
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from gates.errors import GatesError
from gates.places import place_home
from gates.printing import say
from gates.work.batch.models import open_model
from gates.work.batch.scoring import score
from gates.work.config.settings import read_settings


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of ``python -m gates.work.batch``."""
    parser = argparse.ArgumentParser(
        prog="python -m gates.work.batch",
        description="Score a file of any size in constant memory. What the endpoint would refuse is refused, by row number.",
    )
    parser.add_argument(
        "--model",
        required=True,
        metavar="WHICH",
        help="a model file, a deployment's folder, or NAME@VERSION of the ledger",
    )
    parser.add_argument("--data", type=Path, required=True, metavar="IN", help="CSV or Parquet file")
    parser.add_argument("--out", type=Path, required=True, metavar="OUT", help="where answers go: .csv or .parquet")
    parser.add_argument("--rejects", type=Path, default=None, metavar="FILE", help="put refused rows there, and go on")
    parser.add_argument("--probabilities", action="store_true", help="a share for each class as well")
    parser.add_argument("--replace", action="store_true", help="replace an output that is there")
    parser.add_argument("--digest", default="", metavar="SHA256", help="the digest that the model must have")
    parser.add_argument(
        "--home",
        type=Path,
        default=None,
        metavar="DIR",
        help="the ledger's home (default GATES_HOME, or the nearest .gates)",
    )
    parser.add_argument(
        "--policy",
        type=Path,
        default=None,
        metavar="PATH",
        help="a TOML file whose [tool.ml] allows further types, and names load",
    )
    parser.add_argument("--debug", action="store_true", help="print the traceback of an error")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Score a file from the command line and return the exit code: 0 done, 2 wrong usage, 3 refused, 130 interrupted."""
    options = build_parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that a part is thrown away
    home = options.home or place_home(lambda: options.policy)
    try:
        settings = read_settings(options.policy) if options.policy else None
        if settings is not None:
            sys.path.append(
                str(settings.folder)
            )  # the last place: it stands in for no module of Python or of a package
        trusted, loader, reason = (
            (settings.trusted_types, settings.load, settings.trust_pickle) if settings else ((), "", "")
        )
        model = open_model(
            options.model, home, digest=options.digest, trusted=trusted, loader=loader, trust_pickle=reason
        )
        done = score(
            model,
            options.data,
            options.out,
            probabilities=options.probabilities,
            replace=options.replace,
            rejects=options.rejects,
        )
    except KeyboardInterrupt:
        say("batch: interrupted; nothing was written", sys.stderr)
        return 130
    except GatesError as error:
        if options.debug:
            say(traceback.format_exc(), sys.stderr)
        say(f"batch: {error.message}\n       {error.remedy}", sys.stderr)
        return error.exit_code
    say(f"{done.rows:,} rows scored with {model.signature.model} {model.digest[7:19]} to {options.out}")
    if done.refused:
        say(f"{done.refused:,} rows were refused, see {options.rejects}")
    if done.defused:
        say(f"{done.defused:,} texts begin like a formula and got an apostrophe; Parquet keeps them as they are")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
