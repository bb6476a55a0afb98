"""Ask an endpoint of the Open Inference Protocol (KServe V2): tensors with name, shape and datatype, in JSON.

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md describes the requests of
``POST /v2/models/NAME/infer``. The data of a tensor are flat, row by row.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gates.measures.endpoint.answer import Answer
from gates.measures.endpoint.prediction import Prediction, parse_json, read_entries, refuse_answer, require_success
from gates.measures.endpoint.rows import RequestRows, Row
from gates.measures.shapes import Golden, Value

MATRIX = "input-0"


@dataclass(frozen=True, slots=True)
class KServeContract:
    """Hold the datatype of each column by its name, and whether each is a tensor of its own; else the rows are one matrix.

    ``output`` names the tensor of predictions, where the answer has several.
    """

    datatypes: Mapping[str, str]
    by_column: bool
    output: str
    health: str
    path: str = ""
    mapped: bool = True
    refusal: str = "a status that calls it faulty, like 400"

    def rows_of(self, golden: Golden) -> RequestRows:
        """Return the golden rows as records, whose whole numbers are still whole."""
        return RequestRows.of_records(golden, "tensors")

    def write(self, rows: Sequence[Row], *, probabilities: bool = False) -> bytes:
        """Return a well-formed request. ``probabilities`` are never requested."""
        table = [list(row.values()) if isinstance(row, Mapping) else list(row) for row in rows]
        if self.by_column:
            return self._tensors(list(self.datatypes), table)
        return _body([_matrix([len(table), len(self.datatypes)], [value for row in table for value in row])])

    def wrap(self, data: object) -> bytes | None:
        """Return a request with ``data`` as its tensor.

        None for records of a matrix, for lists by column, and for the values of one row.
        """
        entries = data if isinstance(data, list) else []
        records = [entry for entry in entries if isinstance(entry, Mapping)]
        if records:
            if len(records) != len(entries) or not self.by_column:
                return None
            return self._tensors([str(name) for name in records[0]], [list(record.values()) for record in records])
        if isinstance(data, Mapping | tuple) or self.by_column:  # the values of one row, in a row, are a good tensor
            return None
        flat = [value for row in entries for value in (row if isinstance(row, list | tuple) else [row])]
        return _body([_matrix([max(1, len(entries)), len(self.datatypes)], flat if entries else data)])

    def read(self, answer: Answer, rows: int) -> Prediction:
        """Return the prediction in the output tensor, whose first dimension counts ``rows`` and whose others are 1.

        Raises `EndpointFault` for every status but 200, and for an answer without just that tensor.
        """
        require_success(answer)
        content = parse_json(answer)
        if not isinstance(content, dict):
            refuse_answer(answer, "is not a JSON object")
        if "error" in content:
            refuse_answer(answer, 'holds an "error"')
        outputs = content.get("outputs")
        if not isinstance(outputs, list) or not all(isinstance(one, dict) for one in outputs):
            refuse_answer(answer, 'has no list "outputs" of tensors')
        chosen = [one for one in outputs if not self.output or one.get("name") == self.output]
        if len(chosen) != 1:
            names = ", ".join(ascii(one.get("name"))[:40] for one in outputs[:8])
            refuse_answer(
                answer, f"has the outputs {names or 'none'}, and response names {self.output or 'none'!r} of them"
            )
        shape, data = chosen[0].get("shape"), chosen[0].get("data")
        sizes = shape if isinstance(shape, list) and all(type(size) is int for size in shape) else []
        if not sizes or sizes[0] != rows or math.prod(sizes[1:]) != 1:
            refuse_answer(
                answer, f"has an output of shape {ascii(shape)[:60]} for {rows} rows, wanted [{rows}] or [{rows}, 1]"
            )
        if not isinstance(data, list):
            refuse_answer(answer, "has an output without a list of data")
        flat = [entry[0] if isinstance(entry, list) and len(entry) == 1 else entry for entry in data]
        return Prediction(read_entries(flat, rows, answer), None, answer, None)

    def is_refusal(self, answer: Answer) -> bool:
        """Return whether the request was called faulty; its words are the server's own."""
        return answer.is_refusal

    def _tensors(self, names: Sequence[str], table: Sequence[Sequence[Value]]) -> bytes:
        columns = zip(names, zip(*table, strict=True), strict=True)
        return _body(
            [
                {"name": name, "shape": [len(table), 1], "datatype": self.datatypes.get(name, "FP64"), "data": values}
                for name, values in columns
            ]
        )


def _body(tensors: Sequence[Mapping[str, object]]) -> bytes:
    return json.dumps({"inputs": tensors}).encode()


def _matrix(shape: list[int], data: object) -> Mapping[str, object]:
    return {"name": MATRIX, "shape": shape, "datatype": "FP64", "data": data}


def choose_datatype(values: Iterable[Value]) -> str:
    """Return the datatype of a column's tensor: BOOL, INT64, FP64, and BYTES for texts and for a mixture."""
    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {bool}:
        return "BOOL"
    if kinds and kinds <= {int}:
        return "INT64"
    return "FP64" if kinds <= {int, float} else "BYTES"
