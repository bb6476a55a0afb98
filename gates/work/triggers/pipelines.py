"""Tell Azure Pipelines that training data changed: a run of the training pipeline, with the event as its parameters."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from gates.errors import ConfigError
from gates.work.errors import TriggerError
from gates.work.triggers.event import BlobEvent
from gates.work.triggers.web import Service, require_safe

API_VERSION = "7.1"
_REMEDIES = {
    401: "the token is not valid: it may have expired; make a new one",
    403: "the token needs the scope Build (read and execute)",
    404: "check AZURE_DEVOPS_PROJECT and AZURE_DEVOPS_PIPELINE",
    400: "the pipeline has no parameters dataUrl and dataETag; see .pipelines/model-train-register-ci.yml",
    302: "the token is not valid: Azure DevOps asks to sign in",
}


@dataclass(frozen=True, slots=True)
class Pipelines:
    """Start one pipeline of one project, with a token that no representation shows."""

    url: str
    project: str
    pipeline: int
    branch: str
    service: Service

    def __repr__(self) -> str:
        return f"Pipelines({self.project}, {self.pipeline})"

    def send(self, event: BlobEvent) -> str:
        """Start a run; returns a sentence. Raises `TriggerError` where Azure Pipelines did not take it."""
        address = f"{self.url}/{quote(self.project)}/_apis/pipelines/{self.pipeline}/runs?api-version={API_VERSION}"
        answer = self.service.post(address, run_of(event, self.branch))
        try:
            run = json.loads(answer.content)["id"] if answer.status == 200 else None
        except (ValueError, KeyError, TypeError, RecursionError):
            run = None
        if not isinstance(run, int):  # an invalid token gets 203 and the page for signing in
            raise TriggerError(f"Azure Pipelines answered {answer.status} without a run", _REMEDIES[302])
        return f"started run {run} of Azure Pipelines {self.project}"


def run_of(event: BlobEvent, branch: str) -> dict[str, object]:
    """Return the body of the call that starts a run for this event."""
    return {
        "resources": {"repositories": {"self": {"refName": f"refs/heads/{branch}"}}},
        "templateParameters": {"dataUrl": event.url, "dataETag": event.etag},
    }


def open_pipelines(environment: Mapping[str, str], sleep: Callable[[float], None] = time.sleep) -> Pipelines:
    """Return the pipeline that the environment names.

    It reads AZURE_DEVOPS_URL, AZURE_DEVOPS_PROJECT, AZURE_DEVOPS_PIPELINE and AZURE_DEVOPS_EXT_PAT (or SYSTEM_ACCESSTOKEN);
    AZURE_DEVOPS_BRANCH is ``main`` where it is not set. Raises `ConfigError` with every fault.
    """
    project, pipeline = environment.get("AZURE_DEVOPS_PROJECT", ""), environment.get("AZURE_DEVOPS_PIPELINE", "")
    key, bearer = environment.get("AZURE_DEVOPS_EXT_PAT", ""), environment.get("SYSTEM_ACCESSTOKEN", "")
    faults = []
    if not project:
        faults.append("AZURE_DEVOPS_PROJECT is not set")
    if not (pipeline.isascii() and pipeline.isdecimal()):
        faults.append(f"AZURE_DEVOPS_PIPELINE is {pipeline!r:.40}; wanted the pipeline's number")
    token = key or bearer
    if not token or not token.isascii() or not token.isprintable():
        faults.append("neither AZURE_DEVOPS_EXT_PAT nor SYSTEM_ACCESSTOKEN holds a token")
    try:
        url = require_safe(environment.get("AZURE_DEVOPS_URL", ""), "AZURE_DEVOPS_URL")
    except ConfigError as error:
        faults, url = [*faults, *error.faults], ""
    if faults:
        raise ConfigError(tuple(faults), "set the variables in the environment; the token is read from nowhere else")
    authorization = f"Basic {base64.b64encode(f':{key}'.encode()).decode()}" if key else f"Bearer {bearer}"
    service = Service("Azure Pipelines", authorization, token, {"Accept": "application/json"}, _REMEDIES, sleep)
    return Pipelines(url, project, int(pipeline), environment.get("AZURE_DEVOPS_BRANCH") or "main", service)
