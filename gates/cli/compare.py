"""`gates compare`: test whether one model's file of predictions is no worse than another's, wherever the models came from."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gates.cli.options import Commands, command, read_missing
from gates.cli.own_metrics import read_own_metric
from gates.digest import Digest
from gates.errors import BackendError, ConfigError, SubjectError
from gates.missing import MISSING
from gates.ports import ComparisonAnswer, find_comparison
from gates.reports.progress import Progress

SCHEMA = 1
COMPARISON = "gates.measures.model.compare_files:compare_files"
_FILES = ("truth", "champion", "challenger")


def add(commands: Commands) -> None:
    """Add the parser of `gates compare` to the commands."""
    parser = command(
        commands,
        "compare",
        "compare two models by files of their predictions",
        "Compare two models by files of their predictions (CSV or Parquet), on the rows of a file of truth. A file of"
        " predictions has one column of labels or values, or one column of probabilities for each class, named by its label.",
    )
    parser.add_argument("--truth", type=Path, required=True, metavar="FILE", help="the true labels or values")
    parser.add_argument(
        "--champion", type=Path, required=True, metavar="FILE", help="what the model that serves predicts"
    )
    parser.add_argument(
        "--challenger", type=Path, required=True, metavar="FILE", help="what the model predicts that wants its place"
    )
    parser.add_argument(
        "--metric",
        required=True,
        metavar="NAME",
        help="accuracy, macro_f1, log_loss, roc_auc_ovr, r2, mae, ..., or one of [tool.gates.metrics]",
    )
    parser.add_argument(
        "--margin", type=_margin, required=True, metavar="M", help="what may be lost, in the metric's unit"
    )
    parser.add_argument(
        "--level", type=_level, default=0.95, metavar="L", help="one-sided confidence level (default 0.95)"
    )
    parser.add_argument("--target", default=None, metavar="COLUMN", help="the column of truth (default: the only one)")
    parser.add_argument(
        "--id",
        default=None,
        metavar="COLUMN",
        help="the column that aligns rows, or several like store,day (default: the one that all files share without repeats)",
    )
    parser.add_argument(
        "--group",
        "--groups",
        dest="groups",
        default=None,
        metavar="COLUMN",
        help="a column of truth: rows that belong together",
    )
    parser.add_argument("--weight", default=None, metavar="COLUMN", help="a column of truth: how much each row counts")
    parser.add_argument(
        "--with",
        dest="comparison",
        default=COMPARISON,
        metavar="MODULE:NAME",
        help="another comparison than model_checks'",
    )
    parser.add_argument("--json", type=Path, default=None, metavar="PATH", help="write what was found as JSON")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Compare two files of predictions and return 0 where the challenger is no worse, else 1.

    Raises `ConfigError` for options that make no sense, `SubjectError` for files that cannot be compared, and `BackendError`
    where the JSON file cannot be written.
    """
    for name in _FILES:
        if options.json is not None and options.json.resolve() == getattr(options, name).resolve():
            raise ConfigError(
                f"--json {options.json} is the file of --{name}, which it would overwrite", "name another file"
            )
    answer = _ask(options)
    Progress().line(answer.sentence, "good" if answer.passed else "bad")
    if options.json is not None:
        _write(options.json, answer, {name: getattr(options, name) for name in _FILES})
    return 0 if answer.passed else 1


def _ask(options: argparse.Namespace) -> ComparisonAnswer:
    compare = find_comparison(options.comparison)
    missing = read_missing(options)
    chosen: dict[str, Any] = {"weight": options.weight} if options.weight else {}
    chosen |= {} if missing == MISSING else {"missing": missing}
    own = read_own_metric(options, options.metric)
    chosen |= {} if own is None else {"own": own}
    try:
        return compare(
            *(getattr(options, name) for name in _FILES),
            metric=options.metric,
            margin=options.margin,
            level=options.level,
            target=options.target,
            id=options.id,
            groups=options.groups,
            **chosen,
        )
    except ValueError as error:
        if getattr(error, "misconfigured", False):
            raise ConfigError(str(error), "gates compare --help lists what may be compared") from None
        raise SubjectError(str(error), "nothing was compared; correct the files and ask again") from None


def _write(path: Path, answer: ComparisonAnswer, files: Mapping[str, Path]) -> None:
    named = {name: {"path": str(file), "digest": str(Digest.of(file))} for name, file in files.items()}
    document = {
        "schema": SCHEMA,
        "passed": answer.passed,
        "sentence": answer.sentence,
        **answer.document,
        "files": named,
    }
    try:
        path.write_text(json.dumps(document, allow_nan=False, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise BackendError(
            f"{path} cannot be written: {error.strerror}; the decision was: {answer.decision}",
            "name a file in a writable folder",
        ) from None


def _margin(text: str) -> float:
    if not (math.isfinite(margin := float(text)) and margin >= 0):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no margin; wanted what may be lost, a number of at least 0, like 0.05"
        )
    return margin


def _level(text: str) -> float:
    if not 0.5 < (level := float(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no level; wanted a share between 0.5 and 1, like 0.95")
    return level
