"""The project of docs/own_work.md, run as it stands there: it passes four gates, and a worse model is refused."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from command_line import ROOT, Told, champion_of

from gates import api

PAGE = (ROOT / "docs/own_work.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"File `([\w./]+)`:\n\n```\w+\n(.*?)```", PAGE, re.DOTALL))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder with every file of the page, and the fruit."""
    folder = tmp_path / "fruit_project"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    subprocess.run([sys.executable, "make_fruit.py"], cwd=folder, check=True, timeout=60)
    return folder


@pytest.fixture
def fruit(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Return the module of the page, and forget it afterwards."""
    monkeypatch.syspath_prepend(project)
    yield importlib.import_module("fruit")
    del sys.modules["fruit"]


def run(project: Path, *arguments: str) -> Told:
    """Run a command in the project as a user does."""
    account = project / "account.json"
    account.unlink(missing_ok=True)
    done = subprocess.run(
        [str(Path(sys.executable).with_name("gates")), *arguments, "--json", str(account)],
        cwd=project,
        env={name: value for name, value in os.environ.items() if not name.startswith(("GATES", "PYTEST"))},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Told(done.returncode, done.stdout, done.stderr, json.loads(account.read_text(encoding="utf-8")))


@pytest.mark.slow
def test_the_page_is_a_project_that_promotes_and_refuses(project):
    first = run(project, "run")
    assert first.code == 0, first.out + first.err
    assert first.document["ending"] == "promoted"
    assert {gate["gate"]: gate["passed"] for gate in first.document["gates"]} == dict.fromkeys(
        ("data", "model", "drift", "endpoint"), True
    )

    worse = run(project, "run", "--param", "cut=112")
    assert worse.code == 1, worse.out + worse.err
    refusals = {(reason["code"], reason["check"], reason["evidence"]) for reason in worse.document["reasons"]}
    assert refusals == {
        ("bound-missed", "checks/model/test_cut.py::test_it_clears_the_floor", "accuracy"),
        ("bound-missed", "checks/model/test_cut.py::test_it_is_no_worse", "accuracy"),
    }
    assert champion_of(project / ".gates", "lemons") == 1


def test_the_work_of_the_page_has_every_member_and_no_other(project, fruit):
    """The table of the page, the class and the protocol name the same members."""
    wanted = {name for name in vars(api.Work) if not name.startswith("_")}
    assert {name for name in vars(fruit.Fruit) if not name.startswith("_")} == wanted
    assert set(re.findall(r"^\| `(\w+)[(`]", PAGE, re.M)) == wanted
    work = fruit.open_work(project / "pyproject.toml")
    with pytest.raises(api.SubjectError, match=r"there is no absent\.csv"):
        work.take("absent.csv", project)


def test_the_endpoint_of_the_page_reloads_and_says_when_a_port_is_taken(project, fruit):
    identity = type("Named", (), {"name": "lemons", "version": 1, "digest": "sha256:" + "0" * 64})()
    model = project / "model.json"
    model.write_text('{"cut": 100}', encoding="utf-8")
    work = fruit.open_work(project / "pyproject.toml")
    deployment = work.deploy(project, "champion", model, identity)
    try:
        assert deployment.answer([90.0])["predictions"] == ["lime"]
        model.write_text('{"cut": 80}', encoding="utf-8")
        deployment.reload(model, identity)
        assert deployment.answer([90.0])["predictions"] == ["lemon"]
        taken = int(deployment.url.rpartition(":")[2])
        with pytest.raises(api.BackendError, match="cannot be opened"):
            work.deploy(project, "challenger", model, identity, port=taken)
    finally:
        deployment.stop()
