"""What every mutant of a batch starts from: a table, the roles of its columns, and a seeded source of randomness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gates.work.data.keys import join_key, split_key
from gates.work.data.split import choose_held_out, sides
from gates.work.mutants.mutation import Inapplicable, NamedFault
from gates.work.records import ColumnRoles

if TYPE_CHECKING:
    from numpy.random import Generator
    from pandas import DataFrame, Series


@dataclass(frozen=True, slots=True)
class Subject:
    """Hold a clean batch. ``features`` are the feature columns, ``share`` is the holdout's."""

    frame: DataFrame
    roles: ColumnRoles
    features: tuple[str, ...]
    share: float
    random: Generator

    @property
    def numbers(self) -> tuple[str, ...]:
        """Return the features that hold numbers of more than ten values. Raises `Inapplicable` for fewer than two."""
        from pandas.api.types import is_bool_dtype, is_numeric_dtype

        numeric = tuple(
            name
            for name in self.features
            if is_numeric_dtype(self.frame[name])
            and not is_bool_dtype(self.frame[name])
            and self.frame[name].nunique() > 10
        )
        if len(numeric) < 2:
            raise Inapplicable("fewer than two features hold numbers of more than ten values")
        return numeric

    @property
    def labels(self) -> Series:
        """Return the target of a classification. Raises `Inapplicable` for a regression."""
        if self.roles.task != "classification":
            raise Inapplicable("a regression has no labels")
        return self.frame[self.roles.target]

    def pick(self, share: float) -> list[int]:
        """Return the positions of a random share of the rows, in order."""
        count = max(1, round(share * len(self.frame)))
        return sorted(self.random.choice(len(self.frame), size=count, replace=False).tolist())

    def held_out(self) -> list[bool]:
        """Return for each row whether it is held out."""
        return choose_held_out(self.frame, self.roles, self.share)

    def new_ids(self, count: int, *, held_out: bool) -> list[str]:
        """Return ids that no row has, all on one side of the split: held out, or not."""
        candidates = [self._new_id(number) for number in range(max(1000, round(100 * count)))]
        chosen = [id for id, held in zip(candidates, sides(candidates, self.share), strict=True) if held is held_out]
        return chosen[:count]

    def _new_id(self, number: int) -> str:
        first = f"selftest-{number}"
        known = self.frame[self.roles.id].dropna()
        if not self.roles.key or known.empty:
            return first
        return join_key([first, *split_key(str(known.iloc[0]))[1:]]) or first


Bend = Callable[[Subject], "DataFrame"]


@dataclass(frozen=True, slots=True)
class BatchMutant:
    """Hold a mutation of a batch and the function that makes it. ``bend`` must not change the subject's own table."""

    mutation: NamedFault
    bend: Bend
