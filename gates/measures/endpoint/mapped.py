"""Ask an endpoint that Gates did not build, in its own words: a template of JSON for requests, a path into its answers.

The rule it protects: a mapped answer is read as strictly as one of our own. Status 200 proves nothing; the list under the path
has one text or finite number for each row, or the answer is none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gates.measures.endpoint.answer import Answer
from gates.measures.endpoint.contract import OWN, EndpointContract
from gates.measures.endpoint.faults import EndpointFault
from gates.measures.endpoint.kserve import KServeContract, choose_datatype
from gates.measures.endpoint.prediction import Prediction, parse_json, read_entries, refuse_answer, require_success
from gates.measures.endpoint.rows import RequestRows, Row
from gates.measures.shapes import Golden

WHOLE = "$"


class DeclaredForm(Protocol):
    """Name what a policy says of an endpoint: a form or a template, the path into its answer, the path of its health."""

    @property
    def request(self) -> str: ...
    @property
    def response(self) -> str: ...
    @property
    def health(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Form:
    """Hold a usual form: its template, where its predictions stand, and the paths of scoring and of health."""

    template: str
    response: str
    path: str
    health: str


FORMS: Mapping[str, Form] = {
    "rows": Form('{"data": "$lists"}', WHOLE, "/score", "/"),
    "mlflow": Form(
        '{"dataframe_split": {"columns": "$columns", "data": "$lists"}}', "predictions", "/invocations", "/ping"
    ),
    "azure": Form('{"input_data": {"columns": "$columns", "index": "$index", "data": "$lists"}}', WHOLE, "/score", "/"),
}
KSERVE = {"kserve-v2": False, "kserve-v2-columns": True}  # whether each column is a tensor of its own


def make_contract(declared: DeclaredForm | None, golden: Golden) -> EndpointContract:
    """Return the contract that a policy declares, that of Gates where it declares none; column names come from the golden rows.

    Raises `EndpointFault` for a form that does not exist.
    """
    if declared is None:
        return OWN
    columns = tuple(golden.rows[0])
    if declared.request in KSERVE:
        datatypes = {name: choose_datatype(row[name] for row in golden.rows) for name in columns}
        by_column = KSERVE[declared.request] or not set(datatypes.values()) <= {"INT64", "FP64"}
        return KServeContract(datatypes, by_column, declared.response, declared.health or "/v2/health/ready")
    form = FORMS.get(declared.request) or Form(declared.request, WHOLE, "", "/")
    try:
        template = json.loads(form.template)
    except ValueError:
        raise EndpointFault(f"[tool.gates.endpoint] request is {declared.request!r:.60}, which is no form") from None
    name = declared.request if declared.request in FORMS else "the template"
    return TemplateContract(
        name, template, columns, declared.response or form.response, form.path, declared.health or form.health
    )


@dataclass(frozen=True, slots=True)
class TemplateContract:
    """Hold a form of requests as parsed JSON with ``$lists`` or ``$records``, ``$columns`` and ``$index`` in their places."""

    name: str
    template: object
    columns: tuple[str, ...]
    response: str
    path: str
    health: str
    mapped: bool = True
    refusal: str = "a status that calls it faulty, like 400"

    def rows_of(self, golden: Golden) -> RequestRows:
        """Return the golden rows as records, whose whole numbers are still whole."""
        return RequestRows.of_records(golden, self.name)

    def write(self, rows: Sequence[Row], *, probabilities: bool = False) -> bytes:
        """Return a well-formed request, as strict JSON. ``probabilities`` are never requested."""
        body = self.wrap([dict(zip(self.columns, _values(row), strict=True)) for row in rows])
        assert body is not None
        return body

    def wrap(self, data: object) -> bytes | None:
        """Return a request with ``data`` where its rows belong; None where records stand for lists or lists for records, and the
        form has no place for the difference.
        """
        columns: Sequence[object] = self.columns
        entries = data if isinstance(data, list) else []
        records = [entry for entry in entries if isinstance(entry, Mapping)]
        if self._has("$records"):
            if any(isinstance(entry, list | tuple) for entry in entries):
                return None
        elif isinstance(data, Mapping) or (records and len(records) != len(entries)):
            return None
        elif records:
            columns = tuple(records[0])
            if tuple(columns) != self.columns and not self._has("$columns"):
                return None
            data = [list(record.values()) for record in records]
        index = list(range(len(data))) if isinstance(data, list) else []
        places = {"$lists": data, "$records": data, "$columns": list(columns), "$index": index}
        return json.dumps(_fill(self.template, places)).encode()

    def read(self, answer: Answer, rows: int) -> Prediction:
        """Return the prediction in an answer to ``rows`` rows, without a model and without probabilities.

        Raises `EndpointFault` for every status but 200, for what is not JSON or names an error, where the path leads nowhere, and
        where a row has no text and no finite number.
        """
        require_success(answer)
        content = parse_json(answer)
        if isinstance(content, dict) and (
            named := next((key for key in ("error", "error_code") if key in content), "")
        ):
            refuse_answer(answer, f'holds an "{named}"')
        at = _follow(content, self.response)
        where = "is no list" if self.response == WHOLE else f"has no list under {self.response!r}"
        if not isinstance(at, list):
            refuse_answer(answer, where)
        return Prediction(read_entries(at, rows, answer), None, answer, None)

    def is_refusal(self, answer: Answer) -> bool:
        """Return whether the request was called faulty; its words are the server's own."""
        return answer.is_refusal

    def _has(self, place: str) -> bool:
        return f'"{place}"' in json.dumps(self.template)


def _values(row: Row) -> Sequence[object]:
    return list(row.values()) if isinstance(row, Mapping) else row


def _fill(template: object, places: Mapping[str, object]) -> object:
    if isinstance(template, dict):
        return {key: _fill(part, places) for key, part in template.items()}
    if isinstance(template, list):
        return [_fill(part, places) for part in template]
    return places.get(template, template) if isinstance(template, str) else template


def _follow(content: object, path: str) -> object:
    """What stands under a path of keys and positions, None where it leads nowhere."""
    for step in [] if path == WHOLE else path.split("."):
        if isinstance(content, dict):
            content = content.get(step)
        elif isinstance(content, list) and step.isascii() and step.isdigit() and int(step) < len(content):
            content = content[int(step)]
        else:
            return None
    return content
