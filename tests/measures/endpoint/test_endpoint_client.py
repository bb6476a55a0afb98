"""The client trusts nothing: it follows no redirect, waits no longer than it may, and says in a sentence what went wrong."""

from __future__ import annotations

import contextlib
import email.utils
import json
import socket
import threading
import time
from types import SimpleNamespace

import pytest

from gates.measures.endpoint.answer import Answer
from gates.measures.endpoint.client import Endpoint
from gates.measures.endpoint.faults import EndpointFault, quote
from gates.measures.endpoint.prediction import ServedModel, read_prediction
from gates.measures.endpoint.rows import RequestRows


def fault_of(action) -> str:
    with pytest.raises(EndpointFault) as caught:
        action()
    return str(caught.value)


def answered(body: bytes, status: int = 200, **headers: str) -> Answer:
    return Answer(
        "POST /score", status, {name.replace("_", "-"): value for name, value in headers.items()}, body, 0.001
    )


@pytest.fixture
def raw_server():
    """Serves what a test writes, byte by byte, to one caller."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(write) -> str:
        def accept() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):  # the client may leave first
                connection.recv(65536)
                write(connection)

        threading.Thread(target=accept, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield serve
    listener.close()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("ftp://127.0.0.1/", "is not an address; wanted one like http://127.0.0.1:5001"),
        ("", "is not an address"),
        ("http://", "is not an address"),
        ("http://127.0.0.1:0", "is not an address"),
        ("http://127.0.0.1:99999", "is not an address"),
        ("http://me:word@example.org", "the address of example.org has a user, a query or a fragment"),
        ("https://example.org/score?code=1", "the address of example.org has a user, a query or a fragment"),
    ],
)
def test_an_address_that_cannot_be_asked_is_refused(url, sentence):
    said = fault_of(lambda: Endpoint(url))
    assert sentence in said
    assert "word" not in said


def test_a_key_never_travels_in_clear_text_beyond_this_machine():
    assert "would carry the key in clear text; wanted https" in fault_of(
        lambda: Endpoint("http://example.org", "sesame")
    )
    assert Endpoint("http://localhost:5001", "sesame").url == "http://localhost:5001"
    assert Endpoint("https://example.org", "sesame").key == "sesame"


def test_the_scoring_address_of_a_managed_endpoint_is_understood():
    assert Endpoint("https://papers.westeurope.inference.ml.azure.com/score").url.endswith("azure.com")


def test_a_redirect_is_not_followed(service, toys):
    service.respond = lambda asked: toys.Reply(302, b"", {"Location": f"{service.url}/score?key=secret"})
    said = fault_of(lambda: Endpoint(service.url).score(toys.matrix))
    assert f"was redirected (302) to '{service.url}/score'; redirects are refused" in said
    assert len(service.asked) == 1


def test_credentials_and_proxies_of_the_machine_stay_out(service, toys, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password word\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert Endpoint(service.url).score(toys.matrix[:1]).result == ("high",)
    assert "authorization" not in service.asked[0].headers


def test_a_key_is_sent_as_a_bearer_token_and_a_stranger_has_none(service, toys):
    endpoint = Endpoint(service.url, "sesame")
    for caller in (endpoint, endpoint.twin(), endpoint.as_stranger(), endpoint.as_stranger("other")):
        caller.score(toys.matrix)
    given = [asked.headers.get("authorization") for asked in service.asked]
    assert given == ["Bearer sesame", "Bearer sesame", None, "Bearer other"]


def test_a_server_that_is_not_there_is_a_sentence():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    said = fault_of(Endpoint(f"http://127.0.0.1:{port}").health)
    assert said == f"GET / got no answer from http://127.0.0.1:{port}: [Errno 111] Connection refused"


def test_a_silent_server_is_left_after_the_time_out(raw_server):
    url = raw_server(lambda connection: time.sleep(1))
    assert fault_of(Endpoint(url, timeout=0.1).health) == "GET / was not answered within 0.1 s"


def test_a_dripping_server_is_left_after_the_time_out(raw_server):
    def drip(connection) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(40):
            connection.sendall(b"1\r\nx\r\n")
            time.sleep(0.02)

    assert fault_of(Endpoint(raw_server(drip), timeout=0.2).health) == "GET / was not answered within 0.2 s"


def test_a_body_that_breaks_off_is_a_sentence(raw_server):
    url = raw_server(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nHeal"))
    assert "GET / got no answer from" in fault_of(Endpoint(url).health)


def test_bytes_that_are_not_http_are_a_sentence(raw_server):
    url = raw_server(lambda connection: connection.sendall(b"\x1b[31mSSH-2.0\r\n"))
    said = fault_of(Endpoint(url).health)
    assert "GET / got no answer from" in said
    assert "\x1b" not in said


def test_an_endless_body_is_cut(raw_server, monkeypatch):
    monkeypatch.setattr("gates.measures.endpoint.client._LARGEST", 1 << 20)

    def flood(connection) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + b"x" * 9_000_000)

    assert fault_of(Endpoint(raw_server(flood)).health) == "GET / was answered with more than 1 MiB"


@pytest.mark.parametrize("wait", ["0", "date", None])
def test_too_many_requests_are_waited_out_as_asked(wait, service, toys, monkeypatch):
    monkeypatch.setattr("gates.measures.endpoint.client._PAUSE", 0.01)
    told = email.utils.formatdate(time.time() - 5, usegmt=True) if wait == "date" else wait
    busy = toys.Reply(429, b"busy", {} if told is None else {"Retry-After": told})
    service.respond = lambda asked: busy if asked.count < 3 else toys.sound(asked)
    prediction = Endpoint(service.url).score(toys.matrix)
    assert prediction.answer.waits == 2
    assert prediction.answer.seconds < 1


@pytest.mark.parametrize(("wait", "asked"), [("3600", 1), ("1", 1), ("99999999999999999999", 1)])
def test_patience_ends(wait, asked, service, toys):
    service.respond = lambda asked: toys.Reply(429, b"busy", {"Retry-After": wait})
    said = fault_of(Endpoint(service.url, patience=0.5).health)
    assert "GET / was answered with 429 after 0 waits" in said
    assert "at most 0.5 s are waited. Give the endpoint more instances, or ask it less" in said
    assert len(service.asked) == asked


def test_a_wrapped_status_is_the_models_own():
    wrapped = answered(b"no rows", 424, ms_azureml_model_error_statuscode="400")
    assert (wrapped.status, wrapped.is_polite_refusal) == (400, True)
    assert wrapped.sentence == "POST /score was answered with 400, wrapped into 424: 'no rows'"
    assert answered(b"gone", 424, ms_azureml_model_error_statuscode="500").status == 500


@pytest.mark.parametrize("inner", ["", "200", "abc", "-1", "99999"])
def test_a_424_that_names_no_failure_of_the_model_stays_one(inner):
    found = answered(b"?", 424, ms_azureml_model_error_statuscode=inner)
    assert (found.status, found.is_polite_refusal) == (424, False)


@pytest.mark.parametrize("status", [200, 302, 401, 403, 404, 408, 429, 500, 502, 503, 504])
def test_only_a_status_that_blames_the_request_is_a_refusal(status):
    assert not answered(b"no", status).is_polite_refusal


def test_a_crash_of_the_scoring_function_is_no_refusal():
    crashed = answered(b"no", 400, x_ms_run_function_failed="True")
    assert not crashed.is_polite_refusal
    assert "and the server says that its scoring function crashed" in crashed.sentence


@pytest.mark.parametrize("told", ["", "soon", "nan", "inf", "-1"])
def test_a_time_that_is_none_is_not_read(told):
    assert answered(b"", x_ms_run_fn_exec_ms=told).run_ms is None


def test_what_a_server_sends_is_shown_escaped_and_short():
    assert quote(b"\x1b[31mred\n\xff") == r"'\x1b[31mred\n\\xff'"
    assert quote("x" * 1201) == f"'{'x' * 200}' and 1,001 more characters"
    assert quote(b"") == "an empty body"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "is not JSON"),
        (b"Healthy", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[1]", "is not a JSON object"),
        (b'"{}"', "is not a JSON object"),
        (b'{"result": [1], "result": [2]}', "is not JSON (a key occurs twice)"),
        (b'{"result": [NaN]}', "is not JSON (NaN is not a number)"),
        (b'{"result": [1e999]}', "has the result inf, wanted texts or finite numbers"),
        (b'{"result": [null]}', "has the result None, wanted texts or finite numbers"),
        (b'{"result": [[1]]}', "has the result [1], wanted texts or finite numbers"),
        (b'{"result": "5"}', 'has no list "result"'),
        (b'{"message": "error"}', 'has no list "result"'),
        (b'{"result": [1], "error": ""}', 'holds an "error"'),
        (b'{"result": []}', "has 0 results for 1 rows"),
        (b'{"result": [1, 2]}', "has 2 results for 1 rows"),
        (b'{"result": [1], "probabilities": [0.5]}', "has probabilities that are not one list for each of 1 rows"),
        (b'{"result": [1], "probabilities": [[]]}', "has probabilities that are not one list for each of 1 rows"),
        (b'{"result": [1], "probabilities": [[1.5]]}', "has the probability 1.5, wanted numbers from 0 to 1"),
        (b'{"result": [1], "probabilities": [["1"]]}', "has the probability '1', wanted numbers from 0 to 1"),
        (b'{"result": [1], "model": "papers"}', 'has a "model" that is no object'),
        (b'{"result": [1], "model": {"name": "papers"}}', 'has a "model" without a text "name"'),
        (b'{"result": [1], "model": {"name": "p", "version": "1", "digest": "d"}}', 'a whole "version"'),
    ],
)
def test_status_200_with_anything_but_a_prediction_is_a_fault(body, sentence):
    said = fault_of(lambda: read_prediction(answered(body), 1))
    assert said.startswith("POST /score was answered with 200, but the body ")
    assert sentence in said


@pytest.mark.parametrize("status", [201, 204, 301, 400, 500])
def test_another_status_is_no_prediction(status):
    said = fault_of(lambda: read_prediction(answered(b'{"result": [1]}', status), 1))
    assert f"{status}" in said
    assert said.endswith("; wanted 200 with a prediction")


def test_a_prediction_is_read_whole():
    content = {
        "result": ["x", 2, 0.5],
        "probabilities": [[1, 0], [0.5, 0.5], [0, 1]],
        "model": {"name": "p", "version": None, "digest": "d"},
    }
    found = read_prediction(answered(json.dumps(content).encode(), x_ms_run_fn_exec_ms="0.7"), 3)
    assert found.result == ("x", 2, 0.5)
    assert found.required_probabilities[0] == (1.0, 0.0)
    assert found.served == ServedModel("p", None, "d")
    assert found.answer.run_ms == 0.7


def test_smoke_rows_count_up_and_down_like_the_labs():
    names = [str(at) for at in range(128)]
    values = [[at / 7 for at in range(128)], [2 - at for at in range(128)]]
    golden = SimpleNamespace(rows=[dict(zip(names, row, strict=True)) for row in values], matrix=values)
    assert RequestRows.of(golden).smoke == (list(range(1, 129)), list(range(128, 0, -1)))


def test_smoke_rows_leave_flags_flags(golden):
    up, down = RequestRows.of(golden).smoke
    assert up == [1, 2, 3, 0]
    assert down == [4, 3, 2, 1]


def test_smoke_rows_are_golden_rows_where_texts_are_among_them():
    rows = [{"colour": "red", "size": 1.0}, {"colour": "blue", "size": None}]
    found = RequestRows.of(SimpleNamespace(rows=rows, matrix=None))
    assert found.smoke == (rows[0], rows[1])
    assert found.number == 0
    assert list(found.forms) == ["records"]
