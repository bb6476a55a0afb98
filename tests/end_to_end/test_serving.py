"""`gates serve` answers with the champion, and follows a promotion on the same address."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

from command_line import ROOT, call

WIDTH = 128
ROWS = {"data": [list(range(1, WIDTH + 1)), list(range(WIDTH, 0, -1))]}  # the lab's smoke request


def score(url):
    request = urllib.request.Request(f"{url}/score", json.dumps(ROWS).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def test_the_endpoint_answers_with_the_new_digest_after_a_promotion(papers, home, first_run):
    _, first = first_run
    before_it = home.with_name("before")
    shutil.copytree(home, before_it, symlinks=True)
    command = [sys.executable, "-m", "gates", "serve", "--home", str(home)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().split(" at ")[1].split()[0]
        before = score(url)
        assert len(before["result"]) == 2
        assert before["model"]["digest"] == first.document["champion"]["digest"]
        assert before["model"]["version"] == 1

        told = call("run", "--data", str(papers), "--param", "estimator=logistic_regression", home=home)
        assert told.document["ending"] == "promoted", told.out
        assert "now serving version 2" in server.stdout.readline()
        after = score(url)
        assert after["model"]["digest"] == told.document["champion"]["digest"] != before["model"]["digest"]

        sound = call("verify", home=home)
        assert sound.code == 0, sound.out
        assert sound.out.endswith(f"sound: every byte is what was recorded and signed; {url} serves the champion\n")
        elsewhere = call("verify", "--endpoint", url, home=before_it)
        assert elsewhere.code == 1
        assert f"endpoint {url}: it serves COVID19Articles_model version 2" in elsewhere.out
        assert "but the champion is COVID19Articles_model version 1" in elsewhere.out
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 130
    time.sleep(0.2)


def test_a_port_may_be_named_and_one_in_use_is_refused(home):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = call("serve", "--port", str(port), home=home)
    assert told.code == 3
    assert f"port {port} of 127.0.0.1 cannot be opened" in told.err


def test_serving_without_a_champion_is_refused(tmp_path):
    told = call("serve", home=tmp_path / "home")
    assert told.code == 3
    assert "has no champion to serve" in told.err
