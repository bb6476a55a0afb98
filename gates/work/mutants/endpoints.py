"""Endpoints that must not get traffic: dead, lying, flaky, rude. The good endpoint behind them does the work, once for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gates.work.mutants.bending import Bend, EndpointReply
from gates.work.mutants.mutation import NamedFault


def error_with_200(reply: EndpointReply) -> EndpointReply:
    """Answer scoring requests with an error message and status 200."""
    return (
        reply.say(200, b'{"message": "An unexpected error occurred in scoring script."}') if reply.is_score else reply
    )


def another_model(reply: EndpointReply) -> EndpointReply:
    """Name the digest of another model in each answer."""

    def rename(content: dict[str, Any]) -> None:
        content["model"]["digest"] = "sha256:" + "0" * 64

    return reply.edit(rename) if reply.is_good else reply


def another_version(reply: EndpointReply) -> EndpointReply:
    """Name the next version in each answer."""

    def rename(content: dict[str, Any]) -> None:
        content["model"]["version"] = int(content["model"]["version"] or 0) + 1

    return reply.edit(rename) if reply.is_good else reply


def now_and_then_another_model(reply: EndpointReply) -> EndpointReply:
    """Name another model in every tenth answer, as while two deployments share the traffic."""
    return another_model(reply) if reply.number % 10 == 0 else reply


def constant(reply: EndpointReply) -> EndpointReply:
    """Predict the same for every row of every request."""

    def settle(content: dict[str, Any]) -> None:
        first = content["result"][0]
        same = 0 if isinstance(first, int | float) else first
        content["result"] = [same] * len(content["result"])

    return reply.edit(settle) if reply.is_good else reply


def reversed_rows(reply: EndpointReply) -> EndpointReply:
    """Return the predictions in the opposite order."""

    def turn(content: dict[str, Any]) -> None:
        for key in ("result", "probabilities"):
            if isinstance(content.get(key), list):
                content[key] = content[key][::-1]

    return reply.edit(turn) if reply.is_good else reply


def row_lost(reply: EndpointReply) -> EndpointReply:
    """Leave out the last prediction."""
    return reply.edit(lambda content: content["result"].pop()) if reply.is_good else reply


def probabilities_off(reply: EndpointReply) -> EndpointReply:
    """Change each probability by one part in a thousand, as a conversion to another precision does."""

    def blur(content: dict[str, Any]) -> None:
        rows = content.get("probabilities")
        if isinstance(rows, list):
            content["probabilities"] = [[0.999 * share + 0.001 / len(row) for share in row] for row in rows]

    return reply.edit(blur) if reply.is_good else reply


def crash_on_malformed(reply: EndpointReply) -> EndpointReply:
    """Answer malformed requests with status 500."""
    return reply.say(500, b"Internal Server Error") if 400 <= reply.status < 500 else reply


def swallow_malformed(reply: EndpointReply) -> EndpointReply:
    """Answer malformed requests with a prediction."""
    return reply.say(200, b'{"result": [0]}') if 400 <= reply.status < 500 else reply


def traceback(reply: EndpointReply) -> EndpointReply:
    """Answer malformed requests with a traceback."""
    body = b'{"message": "Traceback (most recent call last): File score.py, line 1"}'
    return reply.say(400, body) if 400 <= reply.status < 500 else reply


def flaky(reply: EndpointReply) -> EndpointReply:
    """Answer every 25th scoring request with status 503."""
    return reply.say(503, b'{"message": "busy"}') if reply.is_good and reply.number % 25 == 0 else reply


def slow(reply: EndpointReply) -> EndpointReply:
    """Report two seconds of scoring time in a header; nobody has to wait for it."""
    return EndpointReply(
        reply.status, {**reply.headers, "x-ms-run-fn-exec-ms": "2000"}, reply.body, reply.number, reply.is_score
    )


def redirect(reply: EndpointReply) -> EndpointReply:
    """Redirect scoring requests to another address."""
    return reply.say(307, b"", location="http://127.0.0.1:1/score") if reply.is_score else reply


def unchanged(reply: EndpointReply) -> EndpointReply:
    """Return the good answer: the fault is in how the endpoint serves."""
    return reply


def torn(reply: EndpointReply) -> EndpointReply:
    """Cut each answer in half."""
    return reply.say(200, reply.body[: len(reply.body) // 2]) if reply.is_good else reply


@dataclass(frozen=True, slots=True)
class EndpointMutant:
    """Hold a mutation of an endpoint; without ``bend`` nobody answers at all."""

    mutation: NamedFault
    bend: Bend | None
    one_at_a_time: bool = False


def _mutant(name: str, fault: str, check: str, bend: Bend | None, *, one_at_a_time: bool = False) -> EndpointMutant:
    fault_of = NamedFault(name, "endpoint", fault, f"require gates:endpoint/{check}")
    return EndpointMutant(fault_of, bend, one_at_a_time)


MUTANTS = (
    _mutant("endpoint-dead", "nobody answers", "test_smoke.py::test_it_says_that_it_is_healthy", None),
    _mutant("endpoint-error-with-200", "an error in a body, with status 200", "test_smoke.py", error_with_200),
    _mutant("endpoint-torn-body", "half an answer, with status 200", "test_smoke.py", torn),
    _mutant(
        "endpoint-wrong-model",
        "another model answers",
        "test_identity.py::test_it_serves_the_judged_model",
        another_model,
    ),
    _mutant(
        "endpoint-mixed-models",
        "another model answers every tenth request",
        "test_identity.py::test_no_other_model_answers_under_load",
        now_and_then_another_model,
    ),
    _mutant(
        "endpoint-wrong-version",
        "the model under another version's name",
        "test_identity.py::test_it_names_the_judged_version",
        another_version,
    ),
    _mutant(
        "endpoint-constant",
        "the same prediction for every row",
        "test_parity.py::test_every_golden_row_keeps_its_label",
        constant,
    ),
    _mutant("endpoint-reversed", "predictions in the wrong order", "test_parity.py", reversed_rows),
    _mutant(
        "endpoint-row-lost", "one prediction too few", "test_smoke.py::test_two_rows_get_two_predictions", row_lost
    ),
    _mutant(
        "endpoint-imprecise",
        "probabilities off by a thousandth",
        "test_parity.py::test_every_golden_row_keeps_its_probabilities",
        probabilities_off,
    ),
    _mutant("endpoint-crash-on-malformed", "a malformed request gets 500", "test_malformed.py", crash_on_malformed),
    _mutant(
        "endpoint-swallows-malformed", "a malformed request gets a prediction", "test_malformed.py", swallow_malformed
    ),
    _mutant("endpoint-shows-traceback", "a malformed request gets a traceback", "test_malformed.py", traceback),
    _mutant("endpoint-flaky", "every 25th request fails", "test_latency.py::test_no_request_fails", flaky),
    _mutant("endpoint-slow", "scoring takes two seconds", "test_latency.py::test_scoring_is_fast", slow),
    _mutant(
        "endpoint-one-at-a-time",
        "a slow client keeps everybody else waiting",
        "test_latency.py::test_callers_wait_briefly",
        unchanged,
        one_at_a_time=True,
    ),
    _mutant(
        "endpoint-redirects",
        "the endpoint sends callers to another host",
        "test_access.py::test_it_does_not_redirect",
        redirect,
    ),
)
