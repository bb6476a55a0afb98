"""What came back over the wire, before anybody believes it.

A managed online endpoint wraps every answer of its model that is not 200 into 424 and names the model's own status in a header;
`Answer.status` is the model's own, so that a check reads the same for a local and a managed endpoint.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from gates.measures.endpoint.faults import quote, quote_location

WRAPPED = 424
MODEL_STATUS = "ms-azureml-model-error-statuscode"
RUN_MS = "x-ms-run-fn-exec-ms"
RUN_FAILED = "x-ms-run-function-failed"

# Statuses by which a server says that the request itself is at fault. 401, 403, 404, 408 and 429 say something else: a request
# that met one of them was never looked at.
_REFUSALS = frozenset({400, 405, 406, 411, 413, 414, 415, 422, 431})
_DENIALS = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold one HTTP answer. ``headers`` have lower-case names; ``seconds`` is the time of the last attempt; ``waits`` counts
    429s.
    """

    request: str
    outer_status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    waits: int = 0

    @property
    def status(self) -> int:
        """Return the model's own status, also where a managed endpoint wrapped it into 424."""
        inner = self.headers.get(MODEL_STATUS, "")
        wrapped = self.outer_status == WRAPPED and inner.isascii() and inner.isdigit()
        return int(inner) if wrapped and 400 <= int(inner) < 600 else self.outer_status

    @property
    def is_redirect(self) -> bool:
        """Return whether the answer leads elsewhere (3xx)."""
        return 300 <= self.outer_status < 400

    @property
    def is_denial(self) -> bool:
        """Return whether the caller was turned away (401 or 403)."""
        return self.outer_status in _DENIALS

    @property
    def is_refusal(self) -> bool:
        """Return whether the request was called faulty (4xx) without a crash of the scoring function."""
        return self.status in _REFUSALS and not self.run_failed

    @property
    def is_polite_refusal(self) -> bool:
        """Return whether the request was called faulty (4xx), with a word about why, without a crash or a stack trace."""
        says_why = bool(self.body.strip()) and b"Traceback (most recent call last)" not in self.body
        return self.is_refusal and says_why

    @property
    def run_failed(self) -> bool:
        """Return whether the server says that the scoring function crashed."""
        return self.headers.get(RUN_FAILED, "").strip().lower() == "true"

    @property
    def run_ms(self) -> float | None:
        """Return the milliseconds that the server says the scoring function took, or None."""
        try:
            milliseconds = float(self.headers.get(RUN_MS, ""))
        except ValueError:
            return None
        return milliseconds if math.isfinite(milliseconds) and milliseconds >= 0 else None

    @property
    def sentence(self) -> str:
        """Return the request, the status and the beginning of the body, like ``POST /score was answered with 500: '...'``."""
        if self.is_redirect:
            target = quote_location(self.headers.get("location", ""))
            return f"{self.request} was redirected ({self.outer_status}) to {target}; redirects are refused"
        status = f"{self.status}, wrapped into {WRAPPED}" if self.status != self.outer_status else str(self.status)
        crashed = ", and the server says that its scoring function crashed" if self.run_failed else ""
        return f"{self.request} was answered with {status}{crashed}: {quote(self.body)}"
