"""The real scoring server: it answers, it refuses politely, it is exchanged without a gap, and nothing of it is left behind."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from command_line import heed_interrupts

from gates.work.backends.local import boot, servers
from gates.work.backends.local.endpoint import LocalEndpoint
from gates.work.errors import ArtifactError, EndpointError
from gates.work.processes import began
from gates.work.records import Identity

LABS_REQUEST = {"data": [[float(n) for n in range(1, 129)], [float(n) for n in range(128, 0, -1)]]}


def post(endpoint, body, headers=None, method="POST", path="/score"):
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=30)
    try:
        connection.request(method, path, body, headers if headers is not None else {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(content) if content.startswith((b"{", b"[")) else content
    finally:
        connection.close()


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until(holds, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def endpoint(home, numeric):
    with LocalEndpoint(home, "challenger", max_rows=50).start(numeric.model, numeric.identity) as running:
        yield running
    assert not began(running.pid)


def test_the_labs_request_is_answered(endpoint, numeric):
    status, answer = post(endpoint, json.dumps(LABS_REQUEST))
    assert status == 200
    assert len(answer["result"]) == 2
    assert answer["model"] == {"name": "COVID19Articles_model", "version": 3, "digest": numeric.digest}


def test_it_is_healthy_and_describes_itself(endpoint):
    assert post(endpoint, None, {}, "GET", "/") == (200, b"Healthy")
    status, description = post(endpoint, None, {}, "GET", "/swagger.json")
    assert status == 200
    assert len(description["definitions"]["ServiceInput"]["example"]["data"][0]) == 128


def test_only_this_machine_can_reach_it(endpoint):
    listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines() if line.split()[3] == "0A"]
    assert [address for address in listening if address.endswith(f":{endpoint.port:04X}")] == [
        f"0100007F:{endpoint.port:04X}"
    ]


def test_no_secret_of_the_caller_reaches_it(endpoint):
    environment = Path(f"/proc/{children_of(endpoint.pid)[0]}/environ").read_bytes()
    names = {entry.split(b"=")[0].decode() for entry in environment.split(b"\0") if entry}
    plain = {"PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "GATES_PARENT"}
    assert {name for name in names - plain if not name.startswith(("LC_", "AML_", "AZUREML_"))} <= {
        "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PYTHONUNBUFFERED", "PYTHONPATH",
    }  # fmt: skip
    assert "AZUREML_MODEL_DIR" in names


ROW = [0.5] * 128
MALFORMED = {
    "no body": b"",
    "no json": b"{",
    "not utf-8": b'{"data": "\xff\xfe"}',
    "nested too deeply": b'{"data":' + b"[" * 100_000,
    "a number of 5,000 digits": b'{"data": [[' + b"9" * 5000 + b"]]}",
    "a list": b"[]",
    "a text": b'"text"',
    "no data": b'{"rows": []}',
    "no rows": b'{"data": []}',
    "no list": b'{"data": {"a": 1}}',
    "null": b'{"data": null}',
    "a row of null": b'{"data": [null]}',
    "too narrow": json.dumps({"data": [ROW[:-1]]}).encode(),
    "too wide": json.dumps({"data": [[*ROW, 1.0]]}).encode(),
    "ragged": json.dumps({"data": [ROW, ROW[:5]]}).encode(),
    "text in a row": json.dumps({"data": [[*ROW[:-1], "a"]]}).encode(),
    "null in a row": json.dumps({"data": [[*ROW[:-1], None]]}).encode(),
    "nan": json.dumps({"data": [[*ROW[:-1], float("nan")]]}).encode(),
    "infinity": json.dumps({"data": [[*ROW[:-1], float("-inf")]]}).encode(),
    "beyond float32": json.dumps({"data": [[*ROW[:-1], 1e300]]}).encode(),
    "too many rows": json.dumps({"data": [[0.5] * 128] * 51}).encode(),
    "an empty record": b'{"data": [{}]}',
    "an unknown column": json.dumps({"data": [{**{str(n): 0.5 for n in range(128)}, "x": 1}]}).encode(),
    "odd probabilities": json.dumps({"data": [ROW], "probabilities": 1}).encode(),
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_body_gets_400_and_a_sentence_and_the_next_request_an_answer(endpoint, what):
    status, answer = post(endpoint, MALFORMED[what])
    assert status == 400
    assert len(answer["message"]) > 10
    assert post(endpoint, json.dumps({"data": [ROW]}))[0] == 200


def test_a_body_too_large_is_refused_without_reading_it_into_memory(endpoint):
    status, answer = post(endpoint, b'{"data": "' + b"a" * 20_000_000 + b'"}')
    assert status == 413
    assert "at most" in answer["message"]


def test_a_body_that_comes_in_pieces_is_limited_too(endpoint):
    status, answer = post(endpoint, (b"a" * 100_000 for _ in range(50)))
    assert status == 413
    assert "at most" in answer["message"]


def test_a_body_that_comes_in_pieces_is_answered(endpoint):
    body = json.dumps({"data": [ROW]}).encode()
    assert post(endpoint, (body[start : start + 100] for start in range(0, len(body), 100)))[0] == 200


def begin(endpoint, *lines: str, then: bytes = b"") -> socket.socket:
    """A connection that has sent the head of a request and some of its body."""
    connection = socket.create_connection(("127.0.0.1", endpoint.port), 30)
    head = ["POST /score HTTP/1.1", "Host: here", "Content-Type: application/json", *lines, "", ""]
    connection.sendall("\r\n".join(head).encode() + then)
    return connection


@pytest.mark.parametrize(
    "framing",
    [
        b"zz\r\n{}\r\n0\r\n\r\n",
        b"-5\r\n{}\r\n0\r\n\r\n",
        b"5\r\n{}\r\n0\r\n\r\n",
        b"2\r\n{}0\r\n\r\n",
        b"\r\n",
        b"5\n{}",
    ],
)
def test_pieces_that_are_framed_wrongly_get_400_and_the_next_request_an_answer(endpoint, framing):
    with begin(endpoint, "Transfer-Encoding: chunked", then=framing) as connection:
        connection.shutdown(socket.SHUT_WR)
        assert connection.makefile("rb").readline().split()[1] == b"400"
    assert post(endpoint, json.dumps({"data": [ROW]}))[0] == 200


def test_slow_clients_keep_nobody_waiting_and_are_given_up(home, numeric, monkeypatch):
    monkeypatch.setattr(boot, "_READ_SECONDS", 3)
    with LocalEndpoint(home, "slow").start(numeric.model, numeric.identity) as running, contextlib.ExitStack() as held:
        slow = [held.enter_context(begin(running, "Content-Length: 100", then=b"{")) for _ in range(3)]
        assert post(running, json.dumps({"data": [ROW]}))[0] == 200
        for connection in slow:
            connection.settimeout(0.01)
            with pytest.raises(TimeoutError):  # they are waited for, meanwhile
                connection.recv(1)
        for connection in slow:
            connection.settimeout(30)
            assert connection.recv(100).split()[1] == b"408"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/score", 405),
        ("POST", "/nowhere", 404),
        ("GET", "/score", 400),
        ("GET", "/score?data=" + "[" * 20_000, 400),
        ("GET", "/score?data=5", 400),
    ],
)
def test_other_ways_of_asking_get_a_client_error(endpoint, method, path, status):
    found = post(endpoint, b"{}" if method != "GET" else None, None, method, path)[0]
    assert found == status or (len(path) > 8190 and 400 <= found < 500)


def test_another_content_type_is_refused(endpoint):
    assert post(endpoint, json.dumps({"data": [ROW]}), {"Content-Type": "text/plain"})[0] == 415


def test_a_name_is_taken_over_from_a_server_that_a_dead_command_left_behind(endpoint, home):
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    folder = str(servers.folder_of(home) / "champion-x")
    servers.record(home, "champion", servers.Server(left.pid, began(left.pid), 2**22 - 3, "1", "", folder))
    assert servers.recorded(home, "challenger").url == endpoint.url
    endpoint.become("champion")
    assert left.wait(10) == -signal.SIGTERM
    assert servers.recorded(home, "challenger") is None
    assert servers.recorded(home, "champion").pid == endpoint.pid
    assert servers.sweep(home) == ()
    assert post(endpoint, json.dumps({"data": [ROW]}))[0] == 200


def test_a_reload_keeps_port_and_process_and_answers_all_the_while(endpoint, make, sample_text):
    better = make(
        sample_text,
        {"estimator": "logistic_regression"},
        name='"COVID19Articles_model"',
        id='"cord_uid"',
        target='"cluster"',
    )
    before, answers, done = (endpoint.pid, endpoint.port), [], threading.Event()

    def ask():
        while not done.is_set():
            answers.append(post(endpoint, json.dumps({"data": [ROW]})))
            time.sleep(0.02)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        endpoint.reload(better.model, Identity("COVID19Articles_model", 4, better.digest))
    finally:
        done.set()
        asking.join()
    assert (endpoint.pid, endpoint.port) == before
    assert {status for status, _ in answers} == {200}
    assert post(endpoint, json.dumps({"data": [ROW]}))[1]["model"]["version"] == 4
    assert wait_until(lambda: len(children_of(endpoint.pid)) == 1)


@pytest.fixture
def unsound(tmp_path, digest_of):
    """A file with the right digest that is no model."""
    model = tmp_path / "model.skops"
    model.write_bytes(b"not a model")
    return model, Identity("plants", 5, digest_of(model))


def test_a_reload_with_other_bytes_is_refused_before_anything_happens(endpoint, unsound, numeric):
    pid = endpoint.pid
    with pytest.raises(ArtifactError, match="does not hold the model that was meant"):
        endpoint.reload(unsound[0], numeric.identity)
    assert endpoint.pid == pid
    assert post(endpoint, json.dumps({"data": [ROW]}))[1]["model"]["version"] == 4


def test_after_a_reload_that_fails_the_model_before_serves_on(endpoint, home, unsound):
    port = endpoint.port
    with pytest.raises(EndpointError, match=r"the server did not start: model\.skops is not a sound model file"):
        endpoint.reload(*unsound)
    assert endpoint.port == port
    assert servers.recorded(home, "champion").pid == endpoint.pid
    assert post(endpoint, json.dumps({"data": [ROW]}))[1]["model"]["version"] == 4


def test_a_model_that_does_not_load_is_not_served_and_leaves_nothing(home, unsound):
    endpoint = LocalEndpoint(home, "damaged")
    with pytest.raises(EndpointError, match=r"did not start: model\.skops is not a sound model file") as caught:
        endpoint.start(*unsound)
    assert "Traceback" in caught.value.remedy
    assert endpoint.pid == 0
    assert servers.recorded(home, "damaged") is None
    assert not [path for path in (home / "servers").glob("damaged-*") if path.is_dir()]


def test_a_missing_model_is_named(home, numeric, tmp_path):
    with pytest.raises(ArtifactError, match=r"absent.skops cannot be read"):
        LocalEndpoint(home, "absent").start(tmp_path / "absent.skops", numeric.identity)


def test_what_is_not_running_cannot_be_reloaded(home, numeric):
    endpoint = LocalEndpoint(home, "idle")
    endpoint.stop()
    with pytest.raises(EndpointError, match="idle is not running"):
        endpoint.reload(numeric.model, numeric.identity)


KILLED = textwrap.dedent("""
    import sys, time
    from pathlib import Path
    from gates.work.backends.local.endpoint import LocalEndpoint
    from gates.work.records import Identity
    endpoint = LocalEndpoint(Path(sys.argv[1]), "challenger")
    endpoint.start(Path(sys.argv[2]), Identity("plants", 1, sys.argv[3]))
    print(endpoint.pid, flush=True)
    time.sleep(600)
""")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's part exists on Linux only")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_command_that_is_killed_leaves_no_server(mixed, tmp_path, number):
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(mixed.model), mixed.digest]
    parent = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, preexec_fn=heed_interrupts
    )
    server = int(parent.stdout.readline())
    everyone = [server, *children_of(server)]
    assert len(everyone) == 2
    os.kill(parent.pid, number)
    parent.wait(10)
    parent.stdout.close()
    assert wait_until(lambda: not any(began(pid) for pid in everyone))
    assert servers.sweep(tmp_path) == ()
    assert not list((tmp_path / "servers").glob("*.json"))
