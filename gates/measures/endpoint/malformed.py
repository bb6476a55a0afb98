"""Requests that are wrong, each in one way, as data. A service must call every one of them faulty and go on serving."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from gates.measures.endpoint.rows import RequestRows, Row, request_body
from gates.measures.shapes import Value

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Malformed:
    """Name one wrong request; ``body`` makes its bytes from good rows."""

    name: str
    body: Callable[[RequestRows], bytes]
    content_type: str | None = JSON

    def __str__(self) -> str:
        return self.name


def _bytes(content: bytes) -> Callable[[RequestRows], bytes]:
    return lambda rows: content


def _request(damage: Callable[[bytes], bytes]) -> Callable[[RequestRows], bytes]:
    """A good request whose bytes are then damaged."""
    return lambda rows: damage(request_body(rows.good[:1]))


def _data(choose: Callable[[RequestRows], object]) -> Callable[[RequestRows], bytes]:
    """A request whose ``data`` are what ``choose`` makes of good rows."""
    return lambda rows: json.dumps({"data": choose(rows)}).encode()


def _cell(token: str) -> Callable[[RequestRows], bytes]:
    """A good row in which a number was replaced by ``token``, as it stands: JSON writers refuse some of these."""

    def build(rows: RequestRows) -> bytes:
        tokens = [json.dumps(value) for value in rows.lists[0]]
        tokens[rows.number] = token
        return f'{{"data": [[{", ".join(tokens)}]]}}'.encode()

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
    Malformed("data under another name", _request(lambda good: good.replace(b'"data"', b'"rows"', 1))),
    Malformed("data is null", _data(lambda rows: None)),
    Malformed("data is a number", _data(lambda rows: 1)),
    Malformed("data is a text", _data(lambda rows: "1, 2, 3")),
    Malformed("data is one record, not a list", _data(lambda rows: rows.records[0])),
    Malformed("data is one row, not a list of rows", _data(lambda rows: rows.lists[0])),
    Malformed("no rows", _data(lambda rows: [])),
    Malformed("a row without values", _data(lambda rows: [[]])),
    Malformed("a record without values", _data(lambda rows: [{}])),
    Malformed("a row that is null", _data(lambda rows: [rows.good[0], None])),
    Malformed("a row that is a number", _data(lambda rows: [rows.good[0], 1])),
    Malformed("one value too few", _data(lambda rows: [rows.lists[0][:-1]])),
    Malformed("one value too many", _data(lambda rows: [[*rows.lists[0], 1.0]])),
    Malformed("rows of different widths", _data(lambda rows: [rows.lists[0], rows.lists[0][:-1]])),
    Malformed("rows one level too deep", _data(lambda rows: [[rows.lists[0]]])),
    Malformed("a list after a record", _data(lambda rows: [rows.records[0], rows.lists[0]])),
    Malformed("a record after a list", _data(lambda rows: [rows.lists[0], rows.records[0]])),
    Malformed("a column missing", _data(_without_last)),
    Malformed("an unknown column", _data(_with_unknown)),
    Malformed("misspelt columns", _data(_misspelt)),
    Malformed("NaN in a row", _cell("NaN")),
    Malformed("infinity in a row", _cell("Infinity")),
    Malformed("minus infinity in a row", _cell("-Infinity")),
    Malformed("a number too large for any machine", _cell("1e999")),
    Malformed("a number of 5,000 digits", _cell("9" * 5000)),
    Malformed("a list in a row", _cell("[1.0]")),
    Malformed("an object in a row", _cell('{"value": 1.0}')),
    Malformed("a text where a number belongs", _data(lambda rows: [_wrong_kind(rows, "abc")])),
    Malformed("a number written as text", _data(lambda rows: [_wrong_kind(rows, "0.5")])),
    Malformed("lists nested 100,000 deep", _bytes(b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")),
    Malformed("objects nested 100,000 deep", _bytes(b'{"data": ' * 100_000 + b"1" + b"}" * 100_000)),
    Malformed("sent as plain text", request := _request(lambda good: good), "text/plain"),
    Malformed("sent as a form", request, "application/x-www-form-urlencoded"),
    Malformed("sent without saying what it is", request, None),
)


def _wrong_kind(rows: RequestRows, text: str) -> list[Value]:
    """A row with a text where a number belongs; where the model takes only texts, a number where a text belongs."""
    row, at = list(rows.lists[0]), rows.number
    row[at] = 0.5 if isinstance(row[at], str) else text
    return row


def null_body(rows: RequestRows) -> bytes:
    """Return a row with one value missing: a model that learned with gaps may answer it, every other must refuse it."""
    return _cell("null")(rows)
