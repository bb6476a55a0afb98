"""What a request and an answer look like: the contract of an endpoint that Gates built, and what every contract can do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import ClassVar, Protocol

from gates.measures.endpoint.answer import Answer
from gates.measures.endpoint.faults import EndpointFault
from gates.measures.endpoint.prediction import Prediction, read_prediction
from gates.measures.endpoint.rows import RequestRows, Row, request_body
from gates.measures.shapes import Golden


class EndpointContract(Protocol):
    """Write requests to an endpoint and read its answers.

    ``mapped`` is whether the endpoint was not built by Gates: it then promises no model's digest, no probabilities, no time of
    its own and no words with a refusal. ``refusal`` completes the words "wanted ..." about a request that is wrong.
    """

    @property
    def mapped(self) -> bool: ...
    @property
    def refusal(self) -> str: ...
    @property
    def path(self) -> str:
        """Return the path of predictions where the address has none."""

    @property
    def health(self) -> str:
        """Return the path, from the root of the server, that is answered with 200 when it is up."""

    def rows_of(self, golden: Golden) -> RequestRows:
        """Return the golden rows as they are sent."""

    def write(self, rows: Sequence[Row], *, probabilities: bool = False) -> bytes:
        """Return a well-formed request."""

    def wrap(self, data: object) -> bytes | None:
        """Return a request with ``data`` where its rows belong, whatever they are; None where this form cannot say it."""

    def read(self, answer: Answer, rows: int) -> Prediction:
        """Return the prediction in an answer to ``rows`` rows. Raises `EndpointFault` for anything else."""

    def is_refusal(self, answer: Answer) -> bool:
        """Return whether the request was called faulty, as this contract promises it."""


class GatesContract:
    """Hold the contract of an endpoint that Gates built: ``{"data": rows}`` and ``{"result": [...], "model": {...}}``."""

    mapped: ClassVar[bool] = False
    refusal: ClassVar[str] = "400 with a sentence"
    path: ClassVar[str] = "/score"
    health: ClassVar[str] = "/"

    def rows_of(self, golden: Golden) -> RequestRows:
        """Return the golden rows in every form that the model takes."""
        return RequestRows.of(golden)

    def write(self, rows: Sequence[Row], *, probabilities: bool = False) -> bytes:
        """Return a well-formed request, as strict JSON."""
        return request_body(rows, probabilities=probabilities)

    def wrap(self, data: object) -> bytes | None:
        """Return a request with ``data`` as its rows."""
        return json.dumps({"data": data}).encode()

    def read(self, answer: Answer, rows: int) -> Prediction:
        """Return the prediction in an answer to ``rows`` rows. Raises `EndpointFault` for anything else."""
        return read_prediction(answer, rows)

    def is_refusal(self, answer: Answer) -> bool:
        """Return whether the request was called faulty, with a word about why, without a crash or a stack trace."""
        return answer.is_polite_refusal


OWN: EndpointContract = GatesContract()


def is_prediction(answer: Answer, rows: int, contract: EndpointContract = OWN) -> bool:
    """Return whether ``answer`` holds a prediction for ``rows`` rows."""
    try:
        contract.read(answer, rows)
    except EndpointFault:
        return False
    return True
