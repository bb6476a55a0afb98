"""Read the form of requests and answers of an endpoint that Gates did not build: ``request``, ``response`` and ``health``.

The rule it protects: a request that is not what its author meant is a fault of the policy, found before anything is sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from gates.toml_reader import Key, KeyKind, Table, nearest

FORMS = ("rows", "mlflow", "kserve-v2", "kserve-v2-columns", "azure")
ROWS = ("$lists", "$records")  # where the rows stand in a template; it needs one of them
PLACES = (*ROWS, "$columns", "$index")
_EXAMPLE = """'{"instances": "$lists"}'"""
_STEP = r"[^.\s]+"
ENDPOINT = (
    Key(
        "request", KeyKind.TEXT, f"The form of requests to an endpoint that Gates did not build: {', '.join(FORMS)}, or JSON with "
        f"{' or '.join(ROWS)} where the rows stand.", pattern=rf"{'|'.join(FORMS)}|\s*[\[{{][\s\S]*",
        wanted=f"{', '.join(FORMS)}, or JSON like {_EXAMPLE}",
    ),
    Key(
        "response", KeyKind.TEXT, "Where its predictions stand in the answer: a path like predictions or outputs.0.data, $ for the "
        "whole answer; for kserve-v2 the name of an output.", pattern=rf"{_STEP}(\.{_STEP})*",
        wanted="a path like 'predictions' or 'outputs.0.data', or '$' for the whole answer",
    ),
    Key(
        "health", KeyKind.TEXT, "The path that its server answers with 200 when it is up, like /ping.", pattern=r"/\S*",
        wanted="a path like '/ping'",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class EndpointMap:
    """Hold the form of an endpoint's requests and answers.

    ``request`` is one of `FORMS`, or a JSON text with one of `ROWS`; an empty ``response`` or ``health`` is that of the form.
    """

    request: str
    response: str = ""
    health: str = ""


def read_endpoint_map(table: Table) -> EndpointMap | None:
    """Return the map in the table of the endpoint gate, None where it has none; whatever is wrong is a fault of the table."""
    request, response, health = (table.optional(key) for key in ("request", "response", "health"))
    if table.raw("request") is None:
        for key, value in (("response", response), ("health", health)):
            if value is not None:
                table.fault(
                    key, f"is given without request, wanted request beside it: {', '.join(FORMS)}, or {_EXAMPLE}"
                )
        return None
    if not request:
        return None
    if request not in FORMS and request.strip()[:1] in ("{", "["):
        _look_at_template(request, table)
    return EndpointMap(request, response or "", health or "")


def _look_at_template(request: str, table: Table) -> None:
    try:
        template = json.loads(request)
    except (ValueError, RecursionError) as error:
        table.fault("request", f"is not JSON ({str(error)[:80]}), wanted JSON like {_EXAMPLE}")
        return
    places = [text for text in _texts(template) if text.startswith("$")]
    for place in places:
        if place not in PLACES:
            table.fault("request", f"has the place {place!r:.60}, wanted {', '.join(PLACES)}{nearest(place, PLACES)}")
    if (n := sum(place in ROWS for place in places)) != 1:
        table.fault("request", f"has {n} places for rows, wanted one of {' and '.join(ROWS)}, once, like {_EXAMPLE}")


def _texts(content: object) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    inside = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    for part in inside:
        yield from _texts(part)
