"""An Azure Function that Event Grid calls when a blob is written: it tells GitHub, once for each content.

Application settings: WATCHED_CONTAINER, WATCHED_PATH, GATES_MARKS (a blob container's URL, or a folder), GITHUB_REPOSITORY and
GITHUB_TOKEN (a reference to Key Vault). A setting that is missing answers 503, so that no event is lost.
"""

from __future__ import annotations

import json
import logging
import os

import azure.functions as func

from gates.errors import ConfigError, GatesError
from gates.work.triggers.github import open_github
from gates.work.triggers.marks import open_marks
from gates.work.triggers.receive import EventReply, Receiver, open_receiver

app = func.FunctionApp()


@app.function_name("training_data_changed")
@app.route(route="training-data-changed", methods=["POST"], auth_level=func.AuthLevel.FUNCTION)
def training_data_changed(req: func.HttpRequest) -> func.HttpResponse:
    """Answer one delivery, or the handshake of a new subscription."""
    try:
        reply = _receiver().receive(req.get_body())
    except GatesError as error:
        reply = EventReply(503, {"message": error.message})
    logging.info("%s %s", reply.status, "handshake" if "validationResponse" in reply.body else reply.body)
    return func.HttpResponse(json.dumps(reply.body), status_code=reply.status, mimetype="application/json")


def _receiver() -> Receiver:
    location = os.environ.get("GATES_MARKS", "")
    if not location:
        raise ConfigError("GATES_MARKS is not set", "name a blob container, or a folder")
    return open_receiver(os.environ, open_marks(location), open_github(os.environ).send)
