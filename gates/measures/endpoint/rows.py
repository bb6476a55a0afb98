"""Make the rows of requests from the golden rows: what the model takes is known from nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gates.measures.shapes import Golden, Value

Row = Mapping[str, Value] | Sequence[Value]


@dataclass(frozen=True, slots=True)
class RequestRows:
    """Hold good rows, in each form that a request may have; values stand in the model's own order."""

    records: tuple[Mapping[str, Value], ...]
    lists: tuple[tuple[Value, ...], ...]
    numeric: bool
    form: str = "records"

    @classmethod
    def of(cls, golden: Golden) -> RequestRows:
        """Return the golden rows in every form that the model takes."""
        records = tuple(golden.rows)
        numeric = golden.matrix is not None
        lists = golden.matrix if golden.matrix is not None else [tuple(row.values()) for row in records]
        return cls(records, tuple(tuple(row) for row in lists), numeric)

    @classmethod
    def of_records(cls, golden: Golden, form: str) -> RequestRows:
        """Return the golden rows as records alone, with their values as they are; ``form`` names how they are sent."""
        records = tuple(golden.rows)
        return cls(records, tuple(tuple(row.values()) for row in records), False, form)

    @property
    def good(self) -> tuple[Row, ...]:
        """Return every golden row: lists of numbers where the model takes only numbers, else records by column name."""
        return self.lists if self.numeric else self.records

    @property
    def forms(self) -> Mapping[str, tuple[Row, ...]]:
        """Return the same rows in every form that the model takes, by the name of the form."""
        return {"lists": self.lists, "records": self.records} if self.numeric else {self.form: self.records}

    @property
    def smoke(self) -> tuple[Row, Row]:
        """Return two rows that count up and down: ``1..n`` and ``n..1``, as the lab's smoke test sends them.

        A column that holds nothing but 0 and 1 counts modulo 2. A model that takes more than numbers gets two golden rows.
        """
        if not self.numeric:
            return self.records[0], self.records[-1]
        columns = list(zip(*self.lists, strict=True))
        flags = [set(column) <= {0, 1} for column in columns]
        up = [at % 2 if flag else at for at, flag in enumerate(flags, 1)]
        down = [at % 2 if flag else at for at, flag in zip(range(len(flags), 0, -1), flags, strict=True)]
        return up, down

    @property
    def number(self) -> int:
        """Return the position of a column that holds numbers, and more than flags where there is one; 0 where there is none."""
        columns = list(zip(*self.lists, strict=True))
        for legal in ({0, 1}, set[Value]()):
            for at, column in enumerate(columns):
                plain = all(isinstance(value, int | float) and not isinstance(value, bool) for value in column)
                if plain and not set(column) <= legal:
                    return at
        return 0

    def repeat(self, times: int) -> list[Row]:
        """Return the first good row, again and again."""
        return [self.good[0]] * times


def request_body(rows: Sequence[Row], *, probabilities: bool = False) -> bytes:
    """Return a well-formed request, as strict JSON."""
    content: dict[str, object] = {"data": rows}
    return json.dumps(content | {"probabilities": True} if probabilities else content, allow_nan=False).encode()
