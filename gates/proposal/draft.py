"""Try on a table what the gates will do with it, and return what a policy for it has to say.

The rule it protects: nothing of this looks at the answers of a model on the holdout; floors come from the training side alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from gates.errors import ConfigError, GatesError
from gates.missing import describe_missing
from gates.plain import show
from gates.proposal.columns import read_times
from gates.proposal.floors import FOLDS, MOST_ROWS, ProposedFloor, propose_floors
from gates.proposal.training import Estimator, load_training, write_training
from gates.work.data import features
from gates.work.data.content_ids import without_content_ids
from gates.work.data.rows import name_features
from gates.work.data.split import Split, split
from gates.work.errors import DataError
from gates.work.records import ColumnRoles

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from pandas import DataFrame, Series

HOLDOUT_SHARE = 0.33  # the default of [tool.ml]
FEWEST_ROWS = 100  # what gates:standard wants of a batch
DRIFT_ALPHA = 0.01


@dataclass(frozen=True, slots=True)
class Draft:
    """Hold what was found on a table with given roles.

    ``left_out`` are the columns that are no features, each with the reason. ``leaks`` counts holdout rows whose features equal a
    training row's, exactly and nearly. ``drift_rows`` are the rows of the smaller side and those the drift test needs for a small
    shift. ``age_days`` is the age of the newest row. ``validated`` are the rows that floors were cross-validated on.
    """

    rows: int
    training_rows: int
    holdout_rows: int
    features: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    estimator: Estimator
    training: str
    floors: tuple[ProposedFloor, ...]
    validated: int
    leaks: tuple[int, int]
    drift_rows: tuple[int, int]
    drift: float
    age_days: float | None


def make_draft(frame: DataFrame, roles: ColumnRoles, now: datetime) -> Draft:
    """Return the draft for a table as `gates.work.data.reading.read` gives it.

    Raises `DataError` for a table that cannot be gated with these roles: too few rows, a target with gaps or of one class, a key
    that is missing or repeats, nothing to learn from.
    """
    require_sound_roles(frame, roles)
    sides = split(frame, roles, HOLDOUT_SHARE)
    chosen = features.choose(frame, roles)
    X, y = features.normalise(sides.training, chosen.features), _target(sides.training, roles)
    features.refuse_infinite(X)
    kinds = {feature.kind for feature in chosen.features}
    best = _choose_estimator(X, y, roles, sides, categories="category" in kinds, numbers=kinds != {"category"})
    estimator, text, floors = best
    named = name_features(roles, frame.columns)
    learned = replace(roles, features=chosen.names)
    drift, rows = _drift(sides, learned)
    return Draft(
        rows=len(frame),
        training_rows=len(sides.training),
        holdout_rows=len(sides.holdout),
        features=chosen.names,
        left_out=_left_out(chosen.notes, roles),
        estimator=estimator,
        training=text,
        floors=floors,
        validated=min(len(X), MOST_ROWS),
        leaks=_leaks(sides, named),
        drift_rows=rows,
        drift=drift,
        age_days=None if roles.time is None else _age(frame[roles.time], now),
    )


def profile_suite(frame: DataFrame, roles: ColumnRoles) -> ExpectationSuite:
    """Return the expectations that further batches of this table's source have to keep."""
    from gates.measures.data.profile import profile

    return profile(
        without_content_ids(frame), id=None if roles.keyless else roles.id, target=roles.target, task=roles.task
    )


def require_sound_roles(frame: DataFrame, roles: ColumnRoles) -> None:
    """Raise `ConfigError` for a role whose column is absent or has another role, `DataError` for one that cannot have it."""
    named = {role: name for role in ("id", "target", "time", "group") if (name := getattr(roles, role))}
    columns = [str(name) for name in frame.columns]
    for role, name in named.items():
        if name not in columns:
            raise ConfigError(
                f"--{role} names {name!r}, which is no column of the data: {', '.join(columns[:12])}",
                f"name a column with --{role}",
            )
    if len(set(named.values())) < len(named):
        raise ConfigError(
            f"two roles name one column: {', '.join(f'{role} {name!r}' for role, name in named.items())}",
            "name a column of its own for each",
        )
    if len(frame) < FEWEST_ROWS:
        raise DataError(
            f"the data have {len(frame)} rows, and the data gate wants {FEWEST_ROWS} at least",
            "give more rows; the gates need some hundred",
        )
    ids, target = frame[roles.id], frame[roles.target]
    if missing := 0 if roles.keyless else int(ids.isna().sum()):
        raise DataError(
            f"{missing:,} of {len(ids):,} rows have no {roles.id!r}, so it cannot be the id",
            "name a column without gaps with --id",
        )
    if repeated := 0 if roles.keyless else int(ids.duplicated().sum()):
        raise DataError(
            f"{repeated:,} of {len(ids):,} values of {roles.id!r} repeat an earlier one, so it cannot be the id",
            "name a column that never repeats with --id",
        )
    if missing := int(target.isna().sum()):
        raise DataError(
            f"{missing:,} of {len(target):,} rows have no {roles.target!r}, the target",
            "leave those rows out, or name another column with --target; a label that is spelt like a missing value has to be"
            f" written otherwise, or kept in a Parquet file: {describe_missing(roles.missing)}",
        )
    if target.nunique() < 2:
        raise DataError(
            f"the target {roles.target!r} is {show(target.iloc[0])} in every row",
            "give rows of at least two classes, or name another column with --target",
        )
    if roles.time is not None and int(read_times(frame[roles.time]).isna().sum()):
        raise DataError(
            f"{roles.time!r} holds values that are no times, so it cannot be the time",
            "name a column of dates with --time, or none",
        )


def _choose_estimator(
    X: DataFrame, y: Series, roles: ColumnRoles, sides: Split, *, categories: bool, numbers: bool
) -> tuple[Estimator, str, tuple[ProposedFloor, ...]]:
    """The linear model, which is fast and can be read; boosting where that one is not clearly above a model without features."""
    group = roles.group
    groups = None if group is None else sides.training[group]
    tried = []
    names: tuple[Estimator, ...] = ("linear", "boosting")
    for name in names:
        text = write_training(name, roles.task, categories=categories, numbers=numbers)
        try:
            floors = propose_floors(
                load_training(text), X, y, task=roles.task, holdout_rows=len(sides.holdout), groups=groups
            )
        except GatesError:
            raise
        except Exception as error:
            raise DataError(
                f"a default model cannot learn from these {len(X):,} rows: {type(error).__name__}: {error}",
                f"look at the columns; at least {FOLDS} rows are needed on the training side",
            ) from error
        if all(floor.floor is not None for floor in floors):
            return name, text, floors
        tried.append((name, text, floors))
    return max(tried, key=lambda one: (sum(floor.floor is not None for floor in one[2]), one[2][-1].reached))


def _target(frame: DataFrame, roles: ColumnRoles) -> Series:
    values = frame[roles.target]
    if roles.task == "classification":
        return values.infer_objects()
    try:
        return values.astype("float64")
    except (TypeError, ValueError):
        raise DataError(
            f"the target {roles.target!r} is not numeric, as a regression needs",
            "leave --task out, or name another column",
        ) from None


def _left_out(notes: tuple[str, ...], roles: ColumnRoles) -> tuple[tuple[str, str], ...]:
    apart = [(roles.id, "it identifies the row"), (roles.target, "it is what is predicted")]
    if roles.time is not None:
        apart.append((roles.time, "it dates the row"))
    if (group := roles.group) is not None:
        apart.append((group, "it says which rows belong together"))
    return (*apart, *((note.partition(" was left out: ")[0], note.partition(" was left out: ")[2]) for note in notes))


def _leaks(sides: Split, roles: ColumnRoles) -> tuple[int, int]:
    from gates.measures.data.leakage import find_leaks

    exact, near = (find_leaks(sides.holdout, sides.training, roles, nearly=nearly).count for nearly in (False, True))
    return exact, near


def _drift(sides: Split, roles: ColumnRoles) -> tuple[float, tuple[int, int]]:
    """The p-value between both sides of the split, and the rows of the smaller side with those the test needs."""
    from gates.measures.drift.configured import compare_rows

    report = compare_rows(
        sides.training, sides.holdout, roles=roles, settings={"drift": {"backend": "scipy"}}, alpha=DRIFT_ALPHA
    )
    return report.p_value, (report.n, report.needed_n)


def _age(values: Series, now: datetime) -> float:
    return float((now - read_times(values).max()).total_seconds() / 86400)
