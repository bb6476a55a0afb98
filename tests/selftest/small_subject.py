"""A small project whose four gates really look at their subject, its work in a few lines, and faults of that work."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from fakes.work import FakeWork
from small_project import Project, make_project

from gates.registry import Version

HEAD = "from pathlib import Path\n\nimport pytest\n\npytestmark = pytest.mark.gate({gate!r})\n\n\n"
FILES = {
    "pyproject.toml": """
        [tool.gates]
        work = "selftest.small_subject:open_work"
        mutants = "selftest.small_subject:open_mutants"
        first_model = "floors"

        [tool.gates.data]
        suite = "data_checks"
        "test_rows.py".thresholds.there_are_enough_rows = { rows = ">= 3" }

        [tool.gates.model]
        suite = "model_checks/test_floors.py"
        "test_floors.py".thresholds.clears_the_floor = { accuracy = ">= 0.8" }

        [tool.gates.drift]
        suite = "model_checks/test_drift.py"
        "test_drift.py".thresholds.looks_the_same = { rows_now = ">= 3" }

        [tool.gates.endpoint]
        suite = "endpoint_checks"

        [tool.gates.endpoint."test_smoke.py".thresholds]
        it_answers = {}
        it_answers_well = { wrong_answers = "== 0" }

        [tool.small]
        window = ""
        """,
    "conftest.py": """
        from pathlib import Path

        import pytest


        @pytest.fixture
        def model(gate_context):
            return Path(gate_context.challenger.path).read_text()
        """,
    "data_checks/test_rows.py": HEAD.format(gate="data")
    + "def test_there_are_enough_rows(gate_context, evidence):\n"
    + "    rows = Path(gate_context.batch).read_text().splitlines()[1:]\n"
    + "    evidence('rows', len(rows), n=len(rows))\n",
    "model_checks/test_floors.py": HEAD.format(gate="model")
    + "def test_clears_the_floor(model, evidence):\n"
    + "    evidence('accuracy', float(model.split()[0]), n=100)\n",
    "model_checks/test_drift.py": HEAD.format(gate="drift")
    + "import tomllib\n\n\n"
    + "def test_looks_the_same(gate_context, evidence):\n"
    + "    window = tomllib.loads(Path(gate_context.config).read_text())['tool']['small']['window']\n"
    + "    rows = Path(window or gate_context.batch).read_text().splitlines()[1:]\n"
    + "    evidence('rows_now', len(rows), n=len(rows))\n",
    "endpoint_checks/test_smoke.py": HEAD.format(gate="endpoint")
    + "from urllib.request import urlopen\n\n\n"
    + "def test_it_answers(gate_context):\n"
    + "    assert urlopen(gate_context.endpoint_url, timeout=5).status == 200\n\n\n"
    + "def test_it_answers_well(gate_context, evidence):\n"
    + "    answer = urlopen(gate_context.endpoint_url, timeout=5).read()\n"
    + "    evidence('wrong_answers', int(answer != b'good'), n=1)\n",
}


def make_subject(root: Path) -> Project:
    project = make_project(root)
    for stale in ("data_checks", "model_checks", "endpoint_checks"):
        for file in (root / stale).iterdir():
            file.unlink()
    project.write(FILES)
    return project


class Answering:
    """An endpoint that says one word; without a word nobody answers."""

    key: None = None
    name = ""

    def __init__(self, word: bytes | None) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(word or b"")

            def log_message(self, format: str, *args: object) -> None: ...

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.log = Path("/dev/null")
        self._answers = word is not None
        if self._answers:
            threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        else:
            self._server.server_close()

    def stop(self) -> None:
        if self._answers:
            self._server.shutdown()
            self._server.server_close()

    def reload(self, model: Path, identity: Version) -> None: ...


@dataclass(frozen=True)
class SmallMutation:
    name: str
    gate: str
    fault: str = "a fault"
    remedy: str = "a remedy"
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class SmallMutants:
    """One fault for each gate, and one that these data cannot have."""

    mutations: tuple[SmallMutation, ...] = (
        SmallMutation("rows-lost", "data", "rows are missing", "bound the rows"),
        SmallMutation("never-made", "data"),
        SmallMutation("model-bad", "model", "a bad model", "raise the floor"),
        SmallMutation("window-short", "drift", tables={"small": {"window": "{folder}/batch.csv"}}),
        SmallMutation("endpoint-dead", "endpoint", "nobody answers"),
        SmallMutation("endpoint-wrong", "endpoint", "it answers wrongly", "bound the wrong answers"),
    )

    def make(self, names: Sequence[str], batch: Path, digest: str, into: Path) -> Mapping[str, str]:
        header, *rows = batch.read_text().splitlines()
        for name, kept in (
            ("clean", rows),
            ("past", rows[:3]),
            ("window", rows),
            ("rows-lost", rows[:1]),
            ("window-short", rows[:1]),
        ):
            (into / name).mkdir(parents=True)
            (into / name / "batch.csv").write_text("\n".join([header, *kept, ""]))
        if "model-bad" in names:
            (into / "model-bad").mkdir()
            (into / "model-bad" / "model.skops").write_text("0.1 guessed")
            (into / "model-bad" / "golden.json").write_text("golden")
        return {"never-made": "these data have no such column"} if "never-made" in names else {}

    def serve(self, name: str, good: str) -> Answering:
        return Answering(None if name == "endpoint-dead" else b"bad")


def open_work(config: Path) -> FakeWork:
    """Return work whose model is a text: an accuracy, and the data that it learned from."""
    return FakeWork(
        name="small",
        rows="id,x\n1,2\n2,3\n3,4\n4,5\n",
        model="0.9 learned from {digest}",
        golden="golden of {digest}",
        recipe="small",
        serve=lambda: Answering(b"good"),
    )


def open_mutants(config: Path) -> SmallMutants:
    return SmallMutants()
