"""Requests that are wrong, each in one way, as data. A service must call every one of them faulty and go on serving.

An endpoint that Gates did not build may be more generous where its form leaves it open: it may ignore a column that it does not
know, read a number written as text, or take a value that is not there for a missing one. Such a request (``open``) may be answered
with a sound prediction there, and one that is meant to break a parser (``attack``) with 500. The next good request must be
answered all the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gates.measures.endpoint.answer import Answer
from gates.measures.endpoint.contract import OWN, EndpointContract, is_prediction
from gates.measures.endpoint.rows import RequestRows, Row
from gates.measures.shapes import Value

JSON = "application/json"
FAILED = 500
_MARK = "the value that is replaced"
Build = Callable[[RequestRows, EndpointContract], bytes | None]


@dataclass(frozen=True, slots=True)
class Malformed:
    """Name one wrong request; ``build`` makes its bytes from good rows, or None where a form of requests cannot say it.

    ``open`` is whether an endpoint that Gates did not build may answer it, with predictions for ``rows`` rows; ``attack`` is
    whether it may fail at it with a status of 500, because usual servers do (``mlflow models serve`` 3.17).
    """

    name: str
    build: Build
    content_type: str | None = JSON
    open: bool = False
    rows: int = 1
    attack: bool = False

    def __str__(self) -> str:
        return self.name

    def body(self, rows: RequestRows, contract: EndpointContract = OWN) -> bytes | None:
        """Return the bytes of the request, or None where the contract's form cannot say it."""
        return self.build(rows, contract)

    def is_met(self, answer: Answer, contract: EndpointContract) -> bool:
        """Return whether an endpoint of this contract may answer the request so."""
        answered = self.open and is_prediction(answer, self.rows, contract)
        failed = self.attack and answer.status == FAILED
        return contract.is_refusal(answer) or (contract.mapped and (answered or failed))


def is_too_large_met(answer: Answer, rows: int, contract: EndpointContract) -> bool:
    """Return whether a request of very many ``rows`` may be answered so: only an endpoint that Gates built promises a limit."""
    return contract.is_refusal(answer) or (contract.mapped and is_prediction(answer, rows, contract))


def _bytes(content: bytes) -> Build:
    return lambda rows, contract: content


def _request(damage: Callable[[bytes], bytes]) -> Build:
    """A good request whose bytes are then damaged."""
    return lambda rows, contract: damage(contract.write(rows.good[:1]))


def _renamed(rows: RequestRows, contract: EndpointContract) -> bytes | None:
    """A good request whose first key has another name."""
    good = contract.write(rows.good[:1])
    damaged = good.replace(b'{"', b'{"no such ', 1)
    return None if damaged == good else damaged


def _data(choose: Callable[[RequestRows], object]) -> Build:
    """A request whose rows are what ``choose`` makes of good rows."""
    return lambda rows, contract: contract.wrap(choose(rows))


def _row(choose: Callable[[RequestRows], Sequence[object]]) -> Build:
    """A request of one row with the values that ``choose`` makes of good rows: as a list, or as a record where it has to be one."""

    def build(rows: RequestRows, contract: EndpointContract) -> bytes | None:
        values = list(choose(rows))
        body = contract.wrap([values])
        return body if body is not None else contract.wrap([dict(zip(rows.records[0], values, strict=True))])

    return build


def _cell(token: str) -> Build:
    """A good row in which a number was replaced by ``token``, as it stands: JSON writers refuse some of these."""

    def build(rows: RequestRows, contract: EndpointContract) -> bytes | None:
        values: list[object] = list(rows.lists[0])
        values[rows.number] = _MARK
        body = _row(lambda rows: values)(rows, contract)
        return None if body is None else body.replace(json.dumps(_MARK).encode(), token.encode())

    return build


def _without_last(rows: RequestRows) -> list[Row]:
    return [dict(list(rows.records[0].items())[:-1])]


def _with_unknown(rows: RequestRows) -> list[Row]:
    stranger: dict[str, Value] = {"no such column": 1.0}
    return [{**rows.records[0], **stranger}]


def _misspelt(rows: RequestRows) -> list[Row]:
    return [{f"{name} ": value for name, value in rows.records[0].items()}]


MALFORMED = (
    Malformed("an empty body", _bytes(b"")),
    Malformed("a body that is not JSON", _bytes(b"1, 2, 3 and so on")),
    Malformed("half a request", _request(lambda good: good[: len(good) // 2])),
    Malformed("text after the request", _request(lambda good: good + b"}")),
    Malformed("bytes that are not UTF-8", _bytes(b'{"data": [["\xff\xfe"]]}')),
    Malformed("null instead of a request", _bytes(b"null")),
    Malformed("a list instead of a request", _request(lambda good: b"[" + good + b"]")),
    Malformed("a text instead of a request", _bytes(b'"data"')),
    Malformed("a request without data", _bytes(b"{}")),
    Malformed("data under another name", _renamed),
    Malformed("data is null", _data(lambda rows: None), open=True, rows=0),
    Malformed("data is a number", _data(lambda rows: 1)),
    Malformed("data is a text", _data(lambda rows: "1, 2, 3")),
    Malformed("data is one record, not a list", _data(lambda rows: rows.records[0])),
    Malformed("data is one row, not a list of rows", _data(lambda rows: rows.lists[0])),
    Malformed("no rows", _data(lambda rows: []), open=True, rows=0),
    Malformed("a row without values", _data(lambda rows: [[]])),
    Malformed("a record without values", _data(lambda rows: [{}])),
    Malformed("a row that is null", _data(lambda rows: [rows.good[0], None])),
    Malformed("a row that is a number", _data(lambda rows: [rows.good[0], 1])),
    Malformed("one value too few", _data(lambda rows: [rows.lists[0][:-1]])),
    Malformed("one value too many", _data(lambda rows: [[*rows.lists[0], 1.0]])),
    Malformed("rows of different widths", _data(lambda rows: [rows.lists[0], rows.lists[0][:-1]]), open=True, rows=2),
    Malformed("rows one level too deep", _data(lambda rows: [[rows.lists[0]]]), open=True),
    Malformed("a list after a record", _data(lambda rows: [rows.records[0], rows.lists[0]])),
    Malformed("a record after a list", _data(lambda rows: [rows.lists[0], rows.records[0]])),
    Malformed("a column missing", _data(_without_last)),
    Malformed("an unknown column", _data(_with_unknown), open=True),
    Malformed("misspelt columns", _data(_misspelt)),
    Malformed("NaN in a row", _cell("NaN"), open=True),
    Malformed("infinity in a row", _cell("Infinity"), open=True),
    Malformed("minus infinity in a row", _cell("-Infinity"), open=True),
    Malformed("a number too large for any machine", _cell("1e999"), open=True),
    Malformed("a number of 5,000 digits", _cell("9" * 5000), open=True, attack=True),
    Malformed("a list in a row", _cell("[1.0]"), open=True),
    Malformed("an object in a row", _cell('{"value": 1.0}')),
    Malformed("a text where a number belongs", _row(lambda rows: _wrong_kind(rows, "abc"))),
    Malformed("a number written as text", _row(lambda rows: _wrong_kind(rows, "0.5")), open=True),
    Malformed("lists nested 100,000 deep", _bytes(b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"), attack=True),
    Malformed("objects nested 100,000 deep", _bytes(b'{"data": ' * 100_000 + b"1" + b"}" * 100_000), attack=True),
    Malformed("sent as plain text", request := _request(lambda good: good), "text/plain", open=True),
    Malformed("sent as a form", request, "application/x-www-form-urlencoded", open=True),
    Malformed("sent without saying what it is", request, None, open=True, attack=True),
)


def _wrong_kind(rows: RequestRows, text: str) -> list[Value]:
    """A row with a text where a number belongs; where the model takes only texts, a number where a text belongs."""
    row, at = list(rows.lists[0]), rows.number
    row[at] = 0.5 if isinstance(row[at], str) else text
    return row


def null_body(rows: RequestRows, contract: EndpointContract = OWN) -> bytes | None:
    """Return a row with one value missing: a model that learned with gaps may answer it, every other must refuse it.

    None where the contract's form cannot say it.
    """
    return _cell("null")(rows, contract)
