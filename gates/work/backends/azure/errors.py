"""Explain refusals of Azure: every error of the SDK becomes one sentence, a remedy and an exit code, without its secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from gates.errors import GatesError
from gates.work.backends.azure.redaction import redact

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_REMEDIES = {
    400: "the request was refused as it stands; correct what the message names",
    401: "sign in again: az login here, azure/login in a workflow; the token may have run out or be for another tenant",
    403: "give the identity the role AzureML Data Scientist on the workspace (and Storage Blob Data Contributor on its storage)",
    404: "check the name, or create it first",
    409: "something else changed or created it at the same time, or it is immutable; look, then run again",
    412: "something else changed it meanwhile; look, then run again",
    429: "Azure asks for patience for longer than was waited; run again later, or raise the quota",
}
_OUTAGE = "Azure failed; run again, and see its status page if it lasts"


class AzureError(GatesError):
    """Azure refused, failed or did not answer. ``status`` is the HTTP status, 0 where there was none."""

    def __init__(self, message: str, remedy: str = "", status: int = 0) -> None:
        super().__init__(message, remedy)
        self.status = status


class WorkspaceMissing(AzureError):
    """Say that the configuration names a workspace that is not there, or that this identity may not see."""

    exit_code = 2


class RolloutFailed(AzureError):
    """Say that a rollout could not be judged or finished; what served before serves on, unless the message says otherwise."""


class RolloutRefused(GatesError):
    """Say that a gate refused; the deployment that served before serves on."""

    exit_code = 1


class AwaitsApproval(GatesError):
    """Say that every gate passed and people have still to approve; the deployment that served before serves on until then."""

    exit_code = 4


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turn whatever the SDK raises while ``doing`` into an `AzureError`; our own errors pass."""
    try:
        yield
    except GatesError:
        raise
    except Exception as error:
        explanation = explain(error, doing)
        if explanation is None:
            raise
        raise explanation from None


def explain(error: Exception, doing: str) -> AzureError | None:
    """Return an error of the SDK as an `AzureError`; None for an error that does not come from it."""
    from azure.core import exceptions
    from azure.identity import CredentialUnavailableError

    if isinstance(error, CredentialUnavailableError):
        return AzureError(f"{doing}: no credential was found: {_first_line(error)}", _REMEDIES[401], 401)
    if isinstance(error, exceptions.HttpResponseError):
        return _of_answer(error, doing)
    if isinstance(error, exceptions.ServiceResponseError):
        return AzureError(f"{doing}: Azure did not answer in time: {_first_line(error)}", _OUTAGE)
    if isinstance(error, exceptions.ServiceRequestError):
        return AzureError(f"{doing}: Azure cannot be reached: {_first_line(error)}", _connection(error))
    if type(error).__module__.partition(".")[0] in ("azure", "msrest", "requests", "urllib3", "jwt"):
        return AzureError(f"{doing}: {type(error).__name__}: {_first_line(error)}", "see docs/azure.md")
    return None


def _of_answer(error: Exception, doing: str) -> AzureError:
    status = int(getattr(error, "status_code", None) or 0)
    answer = _answer_of(error)
    if not status and type(error).__name__ == "ClientAuthenticationError":
        return AzureError(f"{doing}: no token was given: {answer}", _REMEDIES[401], 401)
    if not status or status < 400:
        return AzureError(f"{doing}: the operation failed: {answer}", "see the operation in the Azure portal", status)
    remedy = _REMEDIES.get(status, _OUTAGE if status >= 500 else _REMEDIES[400])
    return AzureError(f"{doing}: Azure answered {status}: {answer}", remedy, status)


def _answer_of(error: Exception) -> str:
    detail = getattr(error, "error", None)
    code, message = getattr(detail, "code", None), getattr(detail, "message", None)
    return redact(f"{code}: {message}") if message else _first_line(error)


def _first_line(error: Exception) -> str:
    """The sentence that says it: the SDK's own errors are pages in colour, with the sentence behind a cross."""
    lines = [line.strip() for line in _COLOUR.sub("", str(error)).splitlines() if line.strip()]
    crossed = [line.removeprefix("(x)").strip() for line in lines if line.startswith("(x)")]
    return redact("; ".join(crossed) or (lines[0] if lines else type(error).__name__))


def _connection(error: Exception) -> str:
    if "certificate" in str(error).lower() or "ssl" in str(error).lower():
        return "the certificate is not trusted: name the authority in REQUESTS_CA_BUNDLE, or look who sits on the line"
    return "check the connection and the proxy"
