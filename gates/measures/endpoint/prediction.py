"""Read a prediction from an answer, strictly: status 200 proves nothing, the body must be the answer to the request.

A prediction is ``{"result": [...], "model": {"name", "version", "digest"}}``, with ``probabilities`` where the request wanted them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn, cast

from gates.measures.endpoint.answer import Answer
from gates.measures.endpoint.faults import EndpointFault, quote

Label = str | int | float | bool


@dataclass(frozen=True, slots=True)
class ServedModel:
    """Name the model that the endpoint says it serves."""

    name: str
    version: int | None
    digest: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """Hold a sound answer: one entry of ``result`` for each row sent, and a row of ``probabilities`` where they came."""

    result: tuple[Label, ...]
    probabilities: tuple[tuple[float, ...], ...] | None
    answer: Answer
    model: ServedModel | None

    @property
    def served(self) -> ServedModel:
        """Return the model that the answer names. Raises `EndpointFault` when it names none."""
        if self.model is None:
            raise EndpointFault(
                f"the answer does not name its model: {quote(self.answer.body)}; "
                'wanted "model": {"name", "version", "digest"} beside "result"'
            )
        return self.model

    @property
    def required_probabilities(self) -> tuple[tuple[float, ...], ...]:
        """Return the probabilities of the answer. Raises `EndpointFault` when it has none."""
        if self.probabilities is None:
            raise EndpointFault(f"the request wanted probabilities, and the answer has none: {quote(self.answer.body)}")
        return self.probabilities


def read_prediction(answer: Answer, rows: int) -> Prediction:
    """Return the prediction in ``answer`` for a request of ``rows`` rows. Raises `EndpointFault` for anything else."""
    require_success(answer)
    content = parse_json(answer)
    if not isinstance(content, dict):
        refuse_answer(answer, "is not a JSON object")
    if "error" in content:
        refuse_answer(answer, 'holds an "error"')
    result = content.get("result")
    if not isinstance(result, list):
        refuse_answer(answer, 'has no list "result"')
    return Prediction(
        read_entries(result, rows, answer), _probabilities(content, rows, answer), answer, _model(content, answer)
    )


def require_success(answer: Answer) -> None:
    """Raise `EndpointFault` for a status other than 200, and where the server says that its scoring function crashed."""
    if answer.status != 200 or answer.run_failed:
        raise EndpointFault(f"{answer.sentence}; wanted 200 with a prediction")


def read_entries(entries: Sequence[object], rows: int, answer: Answer) -> tuple[Label, ...]:
    """Return the entries as predictions of ``rows`` rows. Raises `EndpointFault` for another number of them, and for one that is
    no text and no finite number.
    """
    if len(entries) != rows:
        refuse_answer(answer, f"has {len(entries)} results for {rows} rows")
    for entry in entries:
        if not isinstance(entry, str | int | float) or (isinstance(entry, float) and not math.isfinite(entry)):
            refuse_answer(answer, f"has the result {ascii(entry)[:60]}, wanted texts or finite numbers")
    return cast("tuple[Label, ...]", tuple(entries))


def parse_json(answer: Answer) -> object:
    """Return the parsed body. Raises `EndpointFault` for what is not JSON; NaN and a key that occurs twice are none."""
    try:
        content: object = json.loads(answer.body, object_pairs_hook=_without_repeats, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        refuse_answer(answer, f"is not JSON ({str(error)[:80]})")
    return content


def _probabilities(content: dict[str, object], rows: int, answer: Answer) -> tuple[tuple[float, ...], ...] | None:
    table = content.get("probabilities")
    if table is None:
        return None
    if not isinstance(table, list) or len(table) != rows or not all(isinstance(row, list) and row for row in table):
        refuse_answer(answer, f"has probabilities that are not one list for each of {rows} rows")
    for row in table:
        for share in row:
            if isinstance(share, bool) or not isinstance(share, int | float) or not -1e-6 <= share <= 1 + 1e-6:
                refuse_answer(answer, f"has the probability {ascii(share)[:60]}, wanted numbers from 0 to 1")
    return tuple(tuple(float(share) for share in row) for row in table)


def _model(content: dict[str, object], answer: Answer) -> ServedModel | None:
    model = content.get("model")
    if model is None:
        return None
    if not isinstance(model, dict):
        refuse_answer(answer, 'has a "model" that is no object')
    name, version, digest = model.get("name"), model.get("version"), model.get("digest")
    whole = isinstance(name, str) and isinstance(digest, str)
    if not whole or isinstance(version, bool) or not isinstance(version, int | None):
        refuse_answer(answer, 'has a "model" without a text "name", a whole "version" and a text "digest"')
    return ServedModel(str(name), version, str(digest))


def refuse_answer(answer: Answer, why: str) -> NoReturn:
    """Raise `EndpointFault` with why the body of an answer is no prediction."""
    raise EndpointFault(
        f"{answer.request} was answered with {answer.status}, but the body {why}: {quote(answer.body)}; wanted a prediction"
    )


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a key occurs twice")
    return content


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")
