"""Which suite a batch is held to: the file first, then what the last accepted batch teaches, then what holds for any table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gates.extras import EXPECTATIONS, require
from gates.measures.data.profile import ALPHA
from gates.measures.data.universal import CONTRADICTIONS
from gates.measures.shapes import Roles

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.expectations.expectation import Expectation
    from pandas import DataFrame


def features_of(roles: Roles, frame: DataFrame) -> tuple[str, ...]:
    """Return the feature columns: those that are named, else every column of ``frame`` that has no other role."""
    taken = (roles.id, roles.target, roles.time, roles.group, roles.weight)
    return tuple(roles.features) or tuple(str(name) for name in frame.columns if str(name) not in taken)


def agree(
    batch: DataFrame,
    roles: Roles,
    *,
    file: Path | None,
    previous: DataFrame | None,
    alpha: float = ALPHA,
    contradictions: float = CONTRADICTIONS,
) -> ExpectationSuite:
    """Return the suite for ``batch``: the expectations of ``file``, completed by those of every type that it does not speak of.

    These are profiled from ``previous`` where there is one, else they are those that hold for any table. ``alpha`` is the chance
    that all profiled expectations together refuse a clean table, ``contradictions`` the share of equal rows with different labels
    that is accepted before there is a ``previous``. Raises `SuiteFileError` for an unusable file, `MissingExtra`
    without Great Expectations.
    """
    require("the data gate", EXPECTATIONS)
    from great_expectations import ExpectationSuite

    sources = [
        _written(file),
        _learnt(previous, roles, alpha),
        _universal(batch, roles, contradictions),
    ]
    chosen, spoken_of, names = [], set[str](), []
    for suite in sources:
        if suite is None:
            continue
        new = [one for one in suite.expectations if one.configuration.type not in spoken_of]
        spoken_of |= {one.configuration.type for one in new}
        chosen += [_with_ids(one, roles, batch) for one in new]
        names += [suite.name] if new else []
    return ExpectationSuite(name=" + ".join(names) or "nothing", expectations=chosen)


def _with_ids(expectation: Expectation, roles: Roles, batch: DataFrame) -> Expectation:
    """The expectation; where it lists columns, with the one of ids that is made where a key is several columns."""
    listed = getattr(expectation, "column_set", None)
    if not getattr(roles, "key", ()) or listed is None or roles.id in listed or roles.id not in batch.columns:
        return expectation
    widened: Expectation = expectation.copy(update={"column_set": [*listed, roles.id]})
    return widened


def _written(file: Path | None) -> ExpectationSuite | None:
    from gates.measures.data.profile import read

    return None if file is None else read(file)


def _learnt(previous: DataFrame | None, roles: Roles, alpha: float) -> ExpectationSuite | None:
    from gates.measures.data.profile import profile

    needed = {roles.target, roles.id or roles.target}
    if previous is None or previous.empty or not needed <= {str(name) for name in previous.columns}:
        return None
    return profile(
        previous,
        id=roles.id or None,
        target=roles.target,
        task="classification" if roles.task == "classification" else "regression",
        alpha=alpha,
        apart=() if roles.group is None else (roles.group,),
    )


def _universal(batch: DataFrame, roles: Roles, contradictions: float) -> ExpectationSuite:
    from gates.measures.data.universal import universal

    return universal(
        batch,
        id=roles.id or None,
        target=roles.target,
        features=roles.features,
        task=roles.task,
        contradictions=contradictions,
    )
