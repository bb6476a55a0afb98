"""Ask an endpoint which model it serves: it is named in the answer to a row that the model is known to take."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from gates.documents import read_json
from gates.work.errors import EndpointError
from gates.work.model.golden import read_golden
from gates.work.records import Identity

_LARGEST = 1 << 20
_SECONDS = 30.0


def ask_identity(url: str, golden: Path, key: str = "") -> Identity:
    """Return which model answers at ``url`` (the base, or with ``/score``). Redirects and proxies are not followed.

    Raises `EndpointError` for every answer that names no model.
    """
    address = urlsplit(url)
    local = address.hostname in ("127.0.0.1", "::1", "localhost")
    if address.scheme not in ("http", "https") or not address.hostname:
        raise EndpointError(f"{url!r} is no address of an endpoint", "write it like http://127.0.0.1:8080")
    if key and address.scheme != "https" and not local:
        raise EndpointError(f"{url} would carry the key in clear text", "give an https address")
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.hostname, address.port, timeout=_SECONDS)
    body = json.dumps({"data": [dict(read_golden(golden).rows[0])]})
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    try:
        connection.request("POST", f"{address.path.rstrip('/').removesuffix('/score')}/score", body, headers)
        answer = connection.getresponse()
        status, content = answer.status, answer.read(_LARGEST)
    except (OSError, http.client.HTTPException) as error:
        raise EndpointError(f"{url} does not answer: {error}", "is it running?") from None
    finally:
        connection.close()
    try:
        if status != 200:
            raise ValueError(f"it answered with status {status}")
        named = cast(dict[str, Any], read_json(content))["model"]
        return Identity(str(named["name"]), int(named["version"]), str(named["digest"]))
    except (ValueError, KeyError, TypeError) as error:
        raise EndpointError(
            f"{url} does not say which model it serves: {error}", "is it an endpoint that gates deployed?"
        ) from None
