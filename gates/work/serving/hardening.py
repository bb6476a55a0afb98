"""Close the gaps through which a malformed body reaches the scoring server as its own failure.

azureml-inference-server-http parses the body before it calls ``run()``. What its parser does not expect (bytes that
are not UTF-8, nesting too deep, a number of 5,000 digits, a body without end, pieces that are framed wrongly) would be answered
with 500, as if the service were broken. This registers handlers on the server's own blueprint while ``init()`` runs, before the
blueprint is sealed: such a body is answered with 400, one that does not come with 408, one that is too large with 413.
"""

from __future__ import annotations

import io
import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from flask import Blueprint, Response

_DRAINED = 256 << 20
_PARSERS = ("_parse_post_input", "_parse_get_input", "_parse_input")


def harden(largest_body: int) -> bool:
    """Register the handlers; bodies over ``largest_body`` bytes are refused.

    False where no such server runs this process.
    """
    try:
        from azureml_inference_server_http.server import routes
    except (ImportError, SystemExit):
        return False
    blueprint: Blueprint = routes.main_blueprint
    for kind in (ValueError, RecursionError):
        blueprint.register_error_handler(kind, _refuse)
    blueprint.before_request(_Limit(largest_body))
    return True


class _Limit:
    """Read the body, and refuse one that is too large after reading it: a client that still sends would see a broken connection."""

    def __init__(self, largest: int) -> None:
        self._largest = largest

    def __call__(self) -> Response | None:
        from flask import request

        environ = request.environ
        try:
            body = self._read(environ["wsgi.input"], environ)
        except OSError as error:
            if isinstance(error, BlockingIOError | TimeoutError):
                return _answer(408, "the rest of the body did not come in time")
            return _answer(400, f"the body could not be read: {str(error)[:200]}")
        except Exception as error:  # what gunicorn says of pieces that are framed wrongly
            return _answer(400, f"the body could not be read: {str(error)[:200]}")
        if body is None:
            return _answer(413, f"the body is too large: at most {self._largest:,} bytes are taken")
        environ["wsgi.input"] = io.BytesIO(body)
        return None

    def _read(self, stream: BinaryIO, environ: Mapping[str, str]) -> bytes | None:
        """Return the whole body, or None where it is too large. Without a length, it comes in pieces."""
        pieces = bool(environ.get("HTTP_TRANSFER_ENCODING"))
        declared = int(environ.get("CONTENT_LENGTH") or "0")
        if pieces or declared <= self._largest:
            body = stream.read(self._largest + 1 if pieces else declared)
            if len(body) <= self._largest:
                return body
        read = 0
        while read < _DRAINED and (piece := stream.read(1 << 20)):
            read += len(piece)
        return None


def _refuse(error: Exception) -> Response:
    if any(frame.name in _PARSERS for frame in traceback.extract_tb(error.__traceback__)):
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        return _answer(400, f"the body could not be read as JSON: {why}")
    return _answer(500, "An unexpected internal error occurred. Check the logs for more info.")


def _answer(status: int, message: str) -> Response:
    from azureml_inference_server_http.api.aml_response import AMLResponse

    answer: Response = AMLResponse({"message": message}, status, json_str=True)
    return answer
