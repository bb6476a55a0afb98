"""Ask a model for the behaviours of a file, and count the rows of the file that it breaks.

The rule it protects: an answer that is no answer (no class that the model has, a number that is not finite, shares that do not
add up) is never taken for one, and an exception is a refusal only where the row of the file allows one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gates.measures.model.behaviour_cases import Cases, Ground
from gates.measures.model.behaviour_file import EXPECTATIONS, Behaviour, UnusableBehaviour
from gates.measures.model.subjects import Array, Model, Rows

Flags: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Held:
    """Count what was broken: ``broken`` of ``n`` rows of the file; ``detail`` names them, with the first of their cases."""

    broken: int
    n: int
    detail: str


@dataclass(frozen=True, slots=True)
class _Outcome:
    """One row of the file: which of its cases broke it, and the exception of a part, if there was one."""

    cases: tuple[str, ...]
    broken: Flags
    exception: str = ""


def hold(kind: str, file: Sequence[Behaviour], model: Model, holdout: Rows, training: Rows, task: str) -> Held:
    """Ask for all rows of one kind that are meant for this task.

    Raises `UnusableBehaviour` for a row that speaks of what is not there.
    """
    ground = Ground(holdout, training, task)
    broken, rows_of_file, cases, left_out = [], 0, 0, []
    for behaviour in file:
        if behaviour.kind != kind or behaviour.task not in ("", task):
            continue
        try:
            outcome = _ask(behaviour, model, ground)
        except UnusableBehaviour as error:
            raise UnusableBehaviour(f"{kind} {behaviour.name!r}: {error}") from None
        if outcome is None:
            left_out.append(behaviour.name)
            continue
        rows_of_file += 1
        cases += len(outcome.cases)
        if outcome.broken.mean() > behaviour.allow:
            broken.append(_tell(behaviour, outcome))
    sentences = [f"{rows_of_file} rows of the file, {cases:,} cases", *broken]
    sentences += [f"left out, they name no column that can change: {', '.join(left_out)}"] if left_out else []
    return Held(len(broken), rows_of_file, "; ".join(sentences))


def _tell(behaviour: Behaviour, outcome: _Outcome) -> str:
    first = ", ".join(name for name, wrong in zip(outcome.cases, outcome.broken, strict=True) if wrong)
    shown = first if len(first) <= 80 else f"{first[:77]}..."
    allowed = f", allowed {behaviour.allow:.0%}" if behaviour.allow else ""
    raised = f"; it raised {outcome.exception}" if outcome.exception else ""
    return f"broken: {behaviour.name} ({int(outcome.broken.sum()):,} of {len(outcome.broken):,} cases{allowed}: {shown}{raised})"


def _ask(behaviour: Behaviour, model: Model, ground: Ground) -> _Outcome | None:
    """The outcome of a row, or None where there is nothing to change. Where all cases at once are refused, part by part."""
    parts = ground.build(behaviour)
    if not parts:
        return None
    whole = _join(parts)
    try:
        return _Outcome(whole.names, _judge(behaviour, model, whole, ground))
    except UnusableBehaviour:
        raise
    except Exception as error:  # whatever a model can raise is its answer here
        if not behaviour.or_refuse:
            return _Outcome(
                whole.names, np.ones(len(whole), dtype=np.bool_), f"{type(error).__name__}: {str(error)[:120]}"
            )
    broken, raised = [], ""
    for part in parts:
        try:
            broken.append(_judge(behaviour, model, part, ground))
        except Exception as error:
            plain = bool(str(error).strip())
            raised = raised if plain else f"{type(error).__name__} without a word"
            broken.append(np.full(len(part), not plain))
    return _Outcome(whole.names, np.concatenate(broken), raised)


def _join(parts: Sequence[Cases]) -> Cases:
    if len(parts) == 1:
        return parts[0]
    before, after = (
        pd.concat([getattr(part, side) for part in parts], ignore_index=True) for side in ("before", "after")
    )
    return Cases(
        before,
        after,
        tuple(c for part in parts for c in part.classes),
        tuple(name for part in parts for name in part.names),
    )


def _judge(behaviour: Behaviour, model: Model, cases: Cases, ground: Ground) -> Flags:
    """Which cases break the behaviour."""
    if behaviour.kind == "direction":
        return _against(behaviour, model, cases, ground)
    answers = model.predict(cases.after)
    wrong = ~_plain(model, cases.after, answers, ground)
    if behaviour.kind == "invariance":
        return wrong | _moved(model.predict(cases.before), answers, behaviour.tolerance, ground)
    expect = behaviour.expect
    if isinstance(expect, tuple):
        return wrong | ~_between(answers, *expect)
    if expect == "a value in range":
        return wrong | ~_between(answers, float(ground.labels.min()), float(ground.labels.max()))
    if expect == "its class":
        if any(label is None for label in cases.classes):
            raise UnusableBehaviour(
                "expect is 'its class', and the rows have none; start from the holdout or the classes"
            )
        return wrong | np.asarray(
            [a != b for a, b in zip(answers.tolist(), cases.classes, strict=True)], dtype=np.bool_
        )
    if expect in EXPECTATIONS["minimum"]:
        return wrong
    if ground.task == "classification" and expect not in ground.labels.tolist():
        raise UnusableBehaviour(
            f"expect is {expect!r}, which is no class of the training rows and none of the known words"
        )
    return wrong | (answers != expect)


def _plain(model: Model, X: pd.DataFrame, answers: Array, ground: Ground) -> Flags:
    """Which answers are answers: a class that is known with shares that add up, or a finite number."""
    if len(answers) != len(X):
        return np.zeros(len(X), dtype=np.bool_)
    if ground.task == "regression":
        return np.asarray(np.isfinite(answers.astype(np.float64)))
    known = set(model.classes or ground.labels.tolist())
    fine = np.asarray([answer in known for answer in answers.tolist()], dtype=np.bool_)
    shares = model.predict_proba(X)
    if shares is None:
        return fine
    with np.errstate(invalid="ignore"):
        inside = (shares >= -1e-9).all(axis=1) & (shares <= 1 + 1e-6).all(axis=1)
        return np.asarray(fine & inside & (np.abs(shares.sum(axis=1) - 1) < 1e-3))


def _moved(before: Array, after: Array, tolerance: float, ground: Ground) -> Flags:
    if ground.task == "classification":
        return np.asarray(before != after, dtype=np.bool_)
    unit = float(np.std(ground.labels.astype(np.float64))) or 1.0
    return np.asarray(~(np.abs(before.astype(np.float64) - after.astype(np.float64)) <= tolerance * unit))


def _between(answers: Array, low: float, high: float) -> Flags:
    numbers = answers.astype(np.float64)
    return np.asarray((numbers >= low) & (numbers <= high))


def _against(behaviour: Behaviour, model: Model, cases: Cases, ground: Ground) -> Flags:
    """Which answers do not move the way they should: strictly, or by less than the tolerance the other way."""
    sign = 1.0 if behaviour.expect == "up" else -1.0
    old, new = (_height(behaviour, model, X, cases.classes, ground) for X in (cases.before, cases.after))
    return np.asarray(~(sign * (new - old) > -behaviour.tolerance))  # NaN is no direction


def _height(
    behaviour: Behaviour, model: Model, X: pd.DataFrame, classes: Sequence[object], ground: Ground
) -> NDArray[np.float64]:
    """The number predicted, or the probability of the class that is spoken of."""
    if ground.task == "regression":
        return model.predict(X).astype(np.float64)
    shares, known = model.predict_proba(X), list(model.classes or ())
    if shares is None:
        raise UnusableBehaviour("a direction of a class needs probabilities, and the model gives none")
    wanted = list(classes) if behaviour.of is None else [behaviour.of] * len(X)
    if strange := [label for label in wanted if label not in ground.labels.tolist()]:
        raise UnusableBehaviour(
            f"it speaks of {strange[0]!r}, which is no class of the training rows; say which with of"
        )
    wide = np.column_stack([shares, np.zeros(len(X))])  # a class that the model does not know is never likely
    return np.asarray(wide[np.arange(len(X)), [known.index(c) if c in known else -1 for c in wanted]], dtype=np.float64)
