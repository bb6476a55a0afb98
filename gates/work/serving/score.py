"""The entry script of azureml-inference-server-http: ``init()`` verifies and loads the model, ``run()`` answers
requests.

The server imports this file by its path and calls both; ``AZUREML_MODEL_DIR`` names the folder of the model. A model
whose bytes are not those of its identity is not served: ``init()`` raises, and the server ends with exit code 3.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from azureml_inference_server_http.api.aml_response import AMLResponse
from inference_schema.parameter_types.standard_py_parameter_type import StandardPythonParameterType
from inference_schema.schema_decorators import input_schema, output_schema

from gates.errors import GatesError
from gates.printing import say
from gates.work.errors import EndpointError
from gates.work.serving.hardening import harden
from gates.work.serving.scorer import BadRequest, Scorer, example, open_scorer

if TYPE_CHECKING:
    from flask import Response

_FOLDER = Path(os.environ.get("AZUREML_MODEL_DIR", "."))
_ANSWER = {"result": [0], "model": {"name": "name", "version": 1, "digest": "sha256:"}}
_served: Scorer | None = None


def init() -> None:
    """Load the model that the folder's identity names.

    Raises `ArtifactError` or `EndpointError`; the server then ends.
    """
    global _served
    if "AZUREML_MODEL_DIR" not in os.environ:
        raise EndpointError("AZUREML_MODEL_DIR is not set", "start the server with the folder of the model")
    try:
        _served = open_scorer(_FOLDER)
    except GatesError as error:
        say(f"worker {os.getpid()} refuses: {error.message}")
        raise
    harden(_served.largest_body)
    say(f"worker {os.getpid()} serves {_served.identity.name} {_served.identity.digest}")


@input_schema("data", StandardPythonParameterType(example(_FOLDER)), convert_to_provided_type=False)  # type: ignore[untyped-decorator]
@input_schema("probabilities", StandardPythonParameterType(False), convert_to_provided_type=False, optional=True)  # type: ignore[untyped-decorator]
@output_schema(StandardPythonParameterType(_ANSWER))  # type: ignore[untyped-decorator]
def run(data: object, probabilities: object = False) -> dict[str, object] | Response:
    """Answer one request; a request that cannot be answered gets 400 and a sentence."""
    if _served is None:
        raise EndpointError("init() has not run", "let the server call init() first")
    try:
        return _served.answer(data, probabilities)
    except BadRequest as error:
        refusal: Response = AMLResponse({"message": str(error)}, 400, json_str=True)
        return refusal
