"""Run the form of `gates check model` that needs no model: two files of predictions, held to each other on the same truth."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from gates.cli.options import read_missing
from gates.cli.own_metrics import read_own_metric
from gates.errors import ConfigError, SubjectError
from gates.judgement.decision import Decision, Ending
from gates.missing import MISSING
from gates.ports import ComparisonAnswer, find, find_comparison
from gates.reason import Code, Reason
from gates.session import Session

COMPARISON = "gates.measures.model.compare_files:compare_files"
SLICES = "gates.measures.model.compare_file_slices:compare_file_slices"
_FILES = ("truth", "champion", "challenger")
_ONLY_HERE = ("metric", "margin", "slice", "level")
_Answer = TypeVar("_Answer")


class ComparedSlice(Protocol):
    """Describe the comparison on one part of the rows; ``answer`` is None where there was none, and ``why`` says why."""

    value: str
    rows: int
    answer: ComparisonAnswer | None
    why: str
    collapsed: bool


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options of the files of predictions to the parser of `gates check`."""
    group = parser.add_argument_group("files of predictions (model)", "judge models from anywhere by what they predict")
    group.add_argument("--truth", type=Path, default=None, metavar="FILE", help="the true labels or values")
    group.add_argument(
        "--champion", type=Path, default=None, metavar="FILE", help="what the model that serves predicts"
    )
    group.add_argument(
        "--challenger", type=Path, default=None, metavar="FILE", help="what predicts the model that wants its place"
    )
    group.add_argument(
        "--metric",
        action="append",
        default=[],
        metavar="NAME[=M]",
        help="a metric and what may be lost in it; may be repeated",
    )
    group.add_argument(
        "--margin", default=None, metavar="M", help="what may be lost in a metric that names none, and in a slice"
    )
    group.add_argument(
        "--slice",
        action="append",
        default=[],
        metavar="NAME",
        help="a column of truth: no value of it may collapse; may be repeated",
    )
    group.add_argument("--level", default=None, metavar="L", help="one-sided confidence level (default 0.95)")


def is_wanted(options: argparse.Namespace) -> bool:
    """Return whether files of predictions are to be judged. Raises `ConfigError` for options that do not go together."""
    named = [name for name in _FILES if getattr(options, name) is not None]
    if not named:
        if lone := [f"--{name}" for name in _ONLY_HERE if getattr(options, name)]:
            raise ConfigError(
                f"{', '.join(lone)} belongs to files of predictions",
                "name them with --truth, --champion and --challenger",
            )
        return False
    if options.gate != "model":
        raise ConfigError(f"the {options.gate} gate judges no files of predictions", "they go with gates check model")
    if absent := [f"--{name}" for name in _FILES if name not in named]:
        raise ConfigError(
            f"{', '.join(absent)} is missing: two models are compared on the rows of a truth", "name all three files"
        )
    if options.model != "challenger" or options.endpoint or options.data is not None or options.reference is not None:
        raise ConfigError(
            "files of predictions are compared without any model and data",
            "leave out --model, --data, --reference and --endpoint",
        )
    if not options.metric:
        raise ConfigError("no metric was named", "name one or more with --metric, like --metric accuracy=0.02")
    if options.slice and not options.target:
        raise ConfigError(
            "--slice without --target: beside a slice the truth has several columns",
            "name the column of truth with --target",
        )
    return True


def judge_files(session: Session, options: argparse.Namespace) -> tuple[Decision, list[dict[str, object]]]:
    """Compare in each metric, and in the first of them on each slice; return the decision, and what was compared as plain data.

    It is refused where a loss is proved, or a slice is proved worse; with too few rows it could not be judged.
    Raises `ConfigError` for what makes no sense, and `SubjectError` for files that cannot be compared.
    """
    metrics = dict(_read_metrics(options))
    level = _number(options.level or "0.95", "--level", "a share between 0.5 and 1", lambda value: 0.5 < value < 1)
    files = [getattr(options, name) for name in _FILES]
    compare = find_comparison(COMPARISON)
    reasons: list[Reason] = []
    compared: list[dict[str, object]] = []
    for metric, margin in metrics.items():
        answer = _in_a_sentence(
            partial(
                compare,
                *files,
                metric=metric,
                margin=margin,
                level=level,
                target=options.target or None,
                id=options.id or None,
                groups=None,
                **_chosen(options, metric),
            )
        )
        session.progress.line(f"  {_word(answer):13}  {metric}  {answer.sentence}", "good" if answer.passed else "bad")
        compared.append({"metric": metric, "passed": answer.passed, **answer.document})
        if not answer.passed:
            code = Code.INCONCLUSIVE if answer.decision == "inconclusive" else Code.BOUND_MISSED
            reasons.append(Reason(code, f"{metric}: {answer.sentence}"))
    first, margin = next(iter(metrics.items()))
    by_slice = cast("Callable[..., Sequence[ComparedSlice]]", find(SLICES, SLICES, SLICES))
    for column in options.slice:
        wanted = {"column": column, "metric": first, "margin": margin, "level": level}
        about = {"target": options.target, "id": options.id or None, **wanted, **_chosen(options, first)}
        parts = _in_a_sentence(partial(by_slice, *files, **about))
        for part in parts:
            compared.append(_tell_slice(session, column, first, part))
            if part.collapsed and part.answer is not None:
                reasons.append(
                    Reason(Code.BOUND_MISSED, f"{first} where {column} is {part.value!r}: {part.answer.sentence}")
                )
        if all(part.answer is None for part in parts):
            reasons.append(Reason(Code.INCONCLUSIVE, f"no value of {column!r} could be compared in {first}"))
    return _decide(tuple(reasons), options), compared


def _chosen(options: argparse.Namespace, metric: str) -> dict[str, Any]:
    """What the policy says of missing values and of this metric, where it says something."""
    missing, own = read_missing(options), read_own_metric(options, metric)
    return {**({} if missing == MISSING else {"missing": missing}), **({} if own is None else {"own": own})}


def _decide(reasons: tuple[Reason, ...], options: argparse.Namespace) -> Decision:
    names = f"{options.challenger.name} against {options.champion.name}"
    if not reasons:
        return Decision(Ending.PASSED, f"passed: {names}")
    if all(reason.code is Code.INCONCLUSIVE for reason in reasons):
        return Decision(Ending.COULD_NOT_JUDGE, f"could not judge: too few rows to tell, {names}", reasons)
    return Decision(Ending.REFUSED, f"refused: {names}", reasons)


def _tell_slice(session: Session, column: str, metric: str, part: ComparedSlice) -> dict[str, object]:
    where = f"{metric} where {column} is {part.value!r} (n = {part.rows:,})"
    if part.answer is None:
        session.progress.line(f"  {'not compared':13}  {where}  {part.why}", "mild")
        return {"metric": metric, "slice": column, "value": part.value, "rows": part.rows, "why": part.why}
    session.progress.line(
        f"  {'worse' if part.collapsed else 'not worse':13}  {where}  {part.answer.sentence}",
        "bad" if part.collapsed else "good",
    )
    return {
        "metric": metric,
        "slice": column,
        "value": part.value,
        "rows": part.rows,
        "collapsed": part.collapsed,
        **part.answer.document,
    }


def _word(answer: ComparisonAnswer) -> str:
    return "passed" if answer.passed else "inconclusive" if answer.decision == "inconclusive" else "failed"


def _read_metrics(options: argparse.Namespace) -> Iterator[tuple[str, float]]:
    for text in options.metric:
        name, equals, margin = text.partition("=")
        margin = margin if equals else options.margin
        if margin is None:
            raise ConfigError(f"--metric {name} names no margin", f"write --metric {name}=0.02, or add --margin 0.02")
        yield (
            name,
            _number(
                margin, f"the margin of {name}", "what may be lost, a number of at least 0", lambda value: value >= 0
            ),
        )


def _number(text: str, what: str, wanted: str, accepts: Callable[[float], bool]) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and accepts(value)):
        raise ConfigError(f"{what} is {text!r}, wanted {wanted}", "gates check --help lists what may be said")
    return value


def _in_a_sentence(ask: Callable[[], _Answer]) -> _Answer:
    try:
        return ask()
    except ValueError as error:
        if getattr(error, "misconfigured", False):
            raise ConfigError(str(error), "gates check --help lists what may be compared") from None
        raise SubjectError(str(error), "nothing was judged; correct the files and run again") from None
