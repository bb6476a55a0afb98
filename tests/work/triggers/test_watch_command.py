"""`gates watch`: each content once, at least once, by one at a time, and nothing lost to a failure or a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from command_line import ROOT
from loopback import Answer
from small_project import PYPROJECT, make_project
from work.triggers.conftest import TOKEN

from gates.errors import BackendError, ConfigError
from gates.workflow.watching import LONGEST, watch_on, watch_once

ML = """
[tool.ml]
name = "papers"
data = "papers.csv"
id = "id"
target = "y"
task = "classification"
train = "ml.training:fit"

[tool.gates]
triggers = "gates.work.triggers:open_triggers"
"""


@pytest.fixture
def project(tmp_path):
    make_project(tmp_path, **{"pyproject.toml": PYPROJECT.replace("[tool.gates]\n", ML)})
    (tmp_path / "papers.csv").write_text("id,x,y\n1,2,3\n")
    return tmp_path


def start(project, *options, **env):
    command = [
        sys.executable,
        "-m",
        "gates",
        "watch",
        "--policy",
        str(project / "pyproject.toml"),
        "--home",
        str(project / "home"),
    ]
    return subprocess.Popen(
        [*command, "--settle", "0.05s", *options],
        cwd=ROOT, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def once(project, *options, **env):
    with start(project, "--once", *options, **env) as process:
        out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def github(server, **more):
    return {"GITHUB_REPOSITORY": "acme/papers", "GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": server.url, **more}


# --- the loop, without processes


class Fake:
    """A watch that gives what a test puts in, and remembers what was dealt with."""

    source = "papers.csv"

    def __init__(self, *sightings):
        self.sightings = list(sightings)
        self.dealt_with = []

    @contextmanager
    def look(self):
        event = self.sightings.pop(0)
        if isinstance(event, BaseException):
            raise event
        yield event and Seen(event, self.dealt_with)


class Seen:
    def __init__(self, event, dealt_with):
        self.event, self._dealt_with = event, dealt_with

    def handled(self):
        self._dealt_with.append(self.event)


@pytest.mark.parametrize(
    ("code", "dealt_with"), [(0, True), (1, True), (4, True), (2, False), (3, False), (130, False), (-9, False)]
)
def test_only_a_decision_deals_with_a_content(code, dealt_with):
    watch = Fake("a")
    assert watch_once(watch, lambda _: code) == code
    assert watch.dealt_with == (["a"] if dealt_with else [])


def test_an_action_that_breaks_leaves_the_content_new():
    watch = Fake("a")
    with pytest.raises(RuntimeError):
        watch_once(watch, lambda _: (_ for _ in ()).throw(RuntimeError("killed")))
    assert watch.dealt_with == []


def loop(watch, act, every=60.0):
    """Run the loop until the watch is used up; returns the pauses and what was told."""
    pauses, told = [], []

    def sleep(seconds):
        pauses.append(seconds)
        if not watch.sightings:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch_on(watch, act, lambda text, style: told.append(text), every=every, sleep=sleep)
    return pauses, told


def test_a_failure_puts_the_next_look_off_and_is_told_once():
    watch = Fake(*[BackendError("no network", "wait")] * 3, "a", None)
    pauses, told = loop(watch, lambda _: 0)
    assert pauses == [60, 120, 240, 60, 60]
    assert told == ["no network; wait; looking again"]
    assert watch.dealt_with == ["a"]


def test_the_next_look_is_never_put_off_for_ever():
    pauses, _ = loop(Fake(*["a"] * 12), lambda _: 3)
    assert max(pauses) == LONGEST
    assert loop(Fake(*["a"] * 3), lambda _: 3, every=7200.0)[0] == [7200.0] * 3


def test_a_fault_of_the_configuration_ends_the_watch():
    told = []
    assert watch_on(Fake("a"), lambda _: 2, lambda text, style: told.append(text), every=1, sleep=None) == 2
    assert "misconfigured" in told[0]
    with pytest.raises(ConfigError):
        watch_on(Fake(ConfigError("wrong")), lambda _: 0, print, every=1, sleep=None)


def test_an_error_of_unknown_kind_is_not_swallowed():
    with pytest.raises(ZeroDivisionError):
        watch_on(Fake(ZeroDivisionError()), lambda _: 0, print, every=1, sleep=None)


# --- the command


def test_the_event_is_one_json_line_and_comes_once(project):
    code, out, err = once(project)
    assert code == 0, err
    (line,) = out.splitlines()
    event = json.loads(line)
    assert event["eventType"] == "Microsoft.Storage.BlobCreated"
    assert event["data"]["url"] == (project / "papers.csv").as_uri()
    code, out, err = once(project)
    assert (code, out) == (0, "")
    assert "nothing new at papers.csv" in err


def test_github_is_told_and_a_refusal_leaves_the_content_new(project, server):
    server.answers = [Answer(401, json.dumps({"message": f"bad credentials {TOKEN}"}).encode()), Answer(204)]
    code, out, err = once(project, "--then", "github", **github(server))
    assert code == 3
    assert "GitHub answered 401" in err
    assert "may have expired" in err
    assert TOKEN not in out + err
    code, out, err = once(project, "--then", "github", **github(server))
    assert code == 0
    assert "sent storage-blobupdated to GitHub acme/papers" in err
    assert len(server.asked) == 2
    assert once(project, "--then", "github", **github(server))[0] == 0
    assert len(server.asked) == 2
    assert all(TOKEN.encode() not in path.read_bytes() for path in (project / "home").rglob("*") if path.is_file())


def test_a_token_that_is_missing_is_told_before_anything_is_seen(project, server):
    code, out, err = once(project, "--then", "github", **github(server, GITHUB_TOKEN="", GH_TOKEN=""))
    assert (code, out) == (2, "")
    assert "GITHUB_TOKEN is not set" in err


@pytest.mark.parametrize(
    ("options", "code", "expected"),
    [
        (("--data", "nowhere.csv"), 3, "nowhere.csv is not there"),
        (("--data", "https://127.0.0.1:1/x?sig=SECRET"), 3, "https://127.0.0.1:1/x cannot be reached"),
        (("--data", "http://127.0.0.1:1/x"), 2, "is neither a file nor an https URL"),
        (("--every", "often"), 2, "--every 'often' is no length of time"),
        (("--settle", "0s"), 2, "no length of time"),
    ],
)
def test_what_cannot_be_watched_ends_with_a_sentence(project, options, code, expected):
    ended, out, err = once(project, *options)
    assert (ended, out) == (code, "")
    assert expected in err
    assert "SECRET" not in err


def test_a_policy_without_triggers_is_told(project):
    policy = project / "pyproject.toml"
    policy.write_text(
        policy.read_text().replace("gates.work.triggers:open_triggers", "gates.work.triggers:open_trigger")
    )
    code, _, err = once(project)
    assert code == 2
    assert "[tool.gates] triggers = 'gates.work.triggers:open_trigger' cannot be imported" in err
    policy.write_text(policy.read_text().replace('triggers = "gates.work.triggers:open_trigger"', ""))
    code, _, err = once(project)
    assert code == 2
    assert "names no triggers" in err


def wait_for(what, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found


def test_two_watches_at_once_tell_each_content_once(project, server):
    watches = [start(project, "--every", "0.1s", "--then", "github", **github(server)) for _ in range(2)]
    try:
        wait_for(lambda: len(server.asked) == 1)
        (project / "papers.csv").write_text("id,x,y\n1,2,4\n")
        wait_for(lambda: len(server.asked) == 2)
        time.sleep(1.0)
        assert len(server.asked) == 2
    finally:
        for watch in watches:
            watch.terminate()
        told = [watch.communicate(timeout=60) for watch in watches]
    assert [watch.returncode for watch in watches] == [130, 130], told
    assert sum(len(out.splitlines()) for out, _ in told) == 2


def test_a_watch_killed_between_event_and_mark_tells_again(project, server):
    server.answers = [Answer(204, delay=30.0), Answer(204)]
    with start(project, "--then", "github", **github(server)) as watch:
        wait_for(lambda: server.asked)
        watch.send_signal(signal.SIGKILL)
        watch.wait(timeout=60)
    code, _, err = once(project, "--then", "github", **github(server))
    assert code == 0, err
    assert len(server.asked) == 2
    assert len({asked.json["client_payload"]["id"] for asked in server.asked}) == 1


def test_a_file_that_is_deleted_and_comes_back_is_told_again(project, server):
    papers = project / "papers.csv"
    with start(project, "--every", "0.1s", "--then", "github", **github(server)) as watch:
        wait_for(lambda: len(server.asked) == 1)
        papers.unlink()
        time.sleep(0.5)
        papers.write_text("id,x,y\n1,2,4\n")
        wait_for(lambda: len(server.asked) == 2)
        watch.terminate()
        _, err = watch.communicate(timeout=60)
    assert "is not there" in err


def test_a_run_that_could_not_judge_leaves_the_content_new(tmp_path):
    papers = tmp_path / "papers.csv"
    papers.write_bytes(b"\x00\x01 no table")
    options = ("--policy", str(ROOT / "pyproject.toml"), "--data", str(papers), "--then", "run")
    code, out, err = once(tmp_path, *options)
    assert code == 3, err
    assert len(out.splitlines()) == 1
    assert "papers.csv" in err
    assert once(tmp_path, *options)[1] == out


@pytest.mark.slow
def test_new_data_are_run_and_a_refusal_is_dealt_with(tmp_path):
    """The real pipeline on the stand-in's first rows: too few, so the data gate refuses, and that is a decision."""
    papers = tmp_path / "papers.csv"
    subprocess.run([sys.executable, "-m", "ml.sample", "lab", str(papers)], cwd=ROOT, check=True, capture_output=True)
    papers.write_text("".join(papers.read_text().splitlines(keepends=True)[:80]))
    options = ("--policy", str(ROOT / "pyproject.toml"), "--data", str(papers), "--then", "run")
    code, _, err = once(tmp_path, *options)
    assert code == 1, err
    assert "refused by the data gate" in err
    assert once(tmp_path, *options)[:2] == (0, "")
    assert Path(tmp_path / "home" / "registry.db").exists()
