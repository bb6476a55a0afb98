"""A registered model that another tool serves is judged by the endpoint gate, at an address that a person names."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle

import lightgbm
import pandas
import pytest
from command_line import ROOT, Told, call

POLICY = """\
[tool.gates]
extends = "gates:standard"

[tool.gates.endpoint]
request = "mlflow"
settings = { sequential = 200, parallel = 100 }
[tool.gates.endpoint."test_latency.py"]
thresholds.scoring_is_fast = { p50 = "<= 9999", p95 = "<= 9999", p99 = "<= 9999" }
thresholds.callers_wait_briefly = { p50 = "<= 9999", p95 = "<= 9999", p99 = "<= 9999" }

[tool.ml]
name = "cancer"
data = "data.csv"
id = "patient"
target = "diagnosis"
task = "classification"
"""
LABELS = ("benign", "malignant")


class Server(BaseHTTPRequestHandler):
    """Answers as ``mlflow models serve`` does; ``bend`` changes its sound answers."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    booster: lightgbm.Booster
    columns: tuple[str, ...]
    bend: Callable[[list[str]], object] = staticmethod(lambda labels: {"predictions": labels})

    def do_GET(self) -> None:
        self._answer(200 if self.path == "/ping" else 404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            rows = pandas.DataFrame(**json.loads(body, parse_constant=lambda name: 1 / 0)["dataframe_split"])
            shares = self.booster.predict(rows[list(self.columns)].to_numpy(float))
        except Exception as error:
            self._answer(400, {"error_code": "BAD_REQUEST", "message": type(error).__name__})
        else:
            self._answer(200, self.bend([LABELS[share > 0.5] for share in shares]))

    def _answer(self, status: int, content: object) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Told]]:
    """Run the endpoint gate on a service of a registered model, whose answers are bent."""
    folder = tmp_path_factory.mktemp("foreign")
    command = [sys.executable, "-m", "ml.sample", "breast_cancer", str(folder / "data.csv")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (folder / "gates.toml").write_text(POLICY, encoding="utf-8")
    data = pandas.read_csv(folder / "data.csv")
    X, y = data.drop(columns=["patient", "diagnosis"]), (data["diagnosis"] == "malignant").astype(int)
    Server.booster = lightgbm.LGBMClassifier(n_estimators=20, verbose=-1).fit(X, y).booster_
    Server.columns = tuple(X.columns)
    Server.booster.save_model(folder / "model.txt")
    policy, home = ("--policy", str(folder / "gates.toml")), folder / "home"
    registered = call("register", str(folder / "model.txt"), *policy, "--labels", ",".join(LABELS), home=home)
    assert registered.code == 0, registered.err
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def run(bend: Callable[[list[str]], object] | None = None, *more: str) -> Told:
        Server.bend = staticmethod(bend or (lambda labels: {"predictions": labels}))
        url = f"http://127.0.0.1:{server.server_port}/invocations"
        return call("check", "endpoint", *policy, "--endpoint", url, *more, home=home)

    yield run
    server.shutdown()
    server.server_close()


def test_it_passes_and_says_that_parity_stands_for_the_digest(check):
    told = check()
    assert told.code == 0, told.out + told.err
    assert "the endpoint names no digest: that it serves cancer@1 is judged by its predictions" in told.out
    assert told.document["notes"]
    identity = [one for one in told.document["gates"][0]["checks"] if "test_identity.py" in one["id"]]
    assert {one["outcome"] for one in identity} == {"not_applicable"}
    assert all("checked by parity" in one["sentence"] for one in identity)


def test_a_label_that_the_model_does_not_know_is_refused_with_a_code(check):
    told = check(lambda labels: {"predictions": [label.title() for label in labels]})
    assert told.code == 1
    reasons = {reason["check"].rpartition("::test_")[2]: reason["code"] for reason in told.document["reasons"]}
    assert reasons["every_golden_row_keeps_its_label"] == "bound-missed"
    assert reasons["no_request_fails"] == "bound-missed"
    assert told.document["notes"]


MALFORMED_ANSWERS = (
    {"predictions": []},
    b"Internal trouble",
    b"<!doctype html><title>Sign in</title>",
    {"error_code": "INTERNAL_ERROR", "message": "no such model"},
    b'{"predictions": [NaN]}',
    {"predictions": [None]},
    b"",
)


def test_answers_that_are_no_predictions_are_refused_with_a_code(check):
    """Each request meets the next of the malformed answers; what each of them alone does, test_mapped_endpoint.py shows."""
    turns = cycle(MALFORMED_ANSWERS)
    told = check(lambda labels: next(turns))
    assert told.code == 1
    reasons = {reason["check"].rpartition("::test_")[2]: reason["code"] for reason in told.document["reasons"]}
    assert reasons["every_golden_row_keeps_its_label"] == "check-errored"
    assert reasons["two_rows_get_two_predictions"] == "check-failed"
    assert "but the body" in told.out
    assert reasons["no_request_fails"] == "bound-missed"
