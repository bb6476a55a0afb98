"""Processes that sweep, copy and audit one store while others write into it: nothing that is referenced is lost."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from registry.folder_store import FolderStore

from gates.digest import Digest
from gates.registry.shared import SharedRegistry
from gates.registry.shared_blobs import SharedBlobs
from gates.registry.sqlite import Registry
from gates.registry.working_copy import STALE, WorkingCopy

ROUNDS = 25
OPEN = {
    "home": "from gates.registry.sqlite import Registry\nopen_ledger = lambda: Registry(place)",
    "shared": (
        "from registry.folder_store import FolderStore\nfrom gates.registry.shared import SharedRegistry\n"
        "open_ledger = lambda: SharedRegistry(FolderStore(place / 'store'), place / 'cache')"
    ),
}
HEAD = """
import json, shutil, sys, tempfile
from datetime import UTC, datetime
from pathlib import Path
place, number = Path(sys.argv[1]), sys.argv[2]
{open}
print("ready", flush=True)
sys.stdin.readline()
"""
WRITER = """
kept = []
ledger = open_ledger()
for turn in range({rounds}):
    digest = ledger.blobs.put_bytes(f"model {{number}} {{turn}}".encode() * 1000)
    ledger.register("papers", digest, {{"run": f"{{number}}-{{turn}}"}})
    kept.append(str(digest))
    at = datetime.now(UTC)
    kept.append(str(ledger.keep_verdict("papers", "model", digest, f"{{number}} {{turn}}".encode(), True, at)))
ledger.close()
print(json.dumps(kept), flush=True)
"""
SWEEPER = """
found, opened = 0, 0
while opened < {rounds}:
    ledger = open_ledger()  # which sweeps as every command does
    ledger.blobs.sweep(older_than=0.0)  # as if a minute had gone by
    found += len(ledger.audit())
    copy = Path(tempfile.mkdtemp(dir=place)) / "copy"
    ledger.copy_into(copy)
    ledger.close()
    shutil.rmtree(copy.parent)
    opened += 1
print(json.dumps(found), flush=True)
"""


def start(place: Path, kind: str, body: str, number: int, rounds: int) -> subprocess.Popen[str]:
    code = HEAD.format(open=OPEN[kind]) + body.format(rounds=rounds)
    paths = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(__file__).parents[2])])
    return subprocess.Popen(
        [sys.executable, "-c", code, str(place), str(number)],
        env={**os.environ, "PYTHONPATH": paths}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def open_ledger(place: Path, kind: str) -> Registry | SharedRegistry:
    return Registry(place) if kind == "home" else SharedRegistry(FolderStore(place / "store"), place / "cache")


@pytest.mark.parametrize("kind", ["home", "shared"])
def test_two_sweepers_lose_nothing_that_two_writers_keep(kind, tmp_path):
    open_ledger(tmp_path, kind).close()
    rounds = ROUNDS if kind == "home" else 6  # a shared ledger is copied and swapped whole at each change
    writers = [start(tmp_path, kind, WRITER, number, rounds) for number in range(2)]
    sweepers = [start(tmp_path, kind, SWEEPER, number, 4) for number in range(2)]
    everybody = [*writers, *sweepers]
    for process in everybody:
        assert process.stdout.readline() == "ready\n"
    for process in everybody:
        process.stdin.write("\n")
        process.stdin.flush()
    ended = [process.communicate(timeout=100) for process in everybody]
    assert [process.returncode for process in everybody] == [0, 0, 0, 0], ended
    kept = [Digest.parse(text) for out, _ in ended[:2] for text in json.loads(out)]
    assert [json.loads(out) for out, _ in ended[2:]] == [0, 0], "an audit saw something missing meanwhile"
    ledger = open_ledger(tmp_path, kind)
    assert len(kept) == 2 * 2 * rounds
    for digest in kept:
        assert ledger.blobs.read(digest)
    assert len(ledger.versions("papers")) == 2 * rounds
    assert ledger.audit() == ()
    assert not list(tmp_path.glob("**/.tmp-*"))
    ledger.close()


def test_the_folder_of_a_process_that_did_nothing_for_a_day_is_not_swept(tmp_path):
    cache = tmp_path / "cache"
    idle = SharedRegistry(FolderStore(tmp_path / "store"), cache)
    (folder,) = cache.glob("work-*")
    os.utime(folder, (0, 0))
    other = SharedRegistry(FolderStore(tmp_path / "store"), cache)
    digest = other.blobs.put_bytes(b"a model")
    other.register("papers", digest, {"run": "1"})
    assert folder.exists()
    assert idle.latest("papers").digest == digest, "it makes its copy anew, in its own folder"
    idle.close()
    other.close()


def test_the_folder_of_a_process_that_is_gone_is_swept_after_a_day(tmp_path):
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom registry.folder_store import FolderStore\n"
        "from gates.registry.shared import SharedRegistry\n"
        "ledger = SharedRegistry(FolderStore(Path(sys.argv[1])), Path(sys.argv[2]))\nos._exit(0)"
    )
    paths = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(__file__).parents[2])])
    command = [sys.executable, "-c", code, str(tmp_path / "store"), str(tmp_path / "cache")]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, check=True, timeout=60)
    (left,) = (tmp_path / "cache").glob("work-*")
    SharedRegistry(FolderStore(tmp_path / "store"), tmp_path / "cache").close()
    assert left.exists(), "it is too new"
    os.utime(left, (0, 0))
    SharedRegistry(FolderStore(tmp_path / "store"), tmp_path / "cache").close()
    assert not left.exists()
    assert STALE == 24 * 3600


def test_what_a_killed_process_fetched_into_the_cache_is_swept(tmp_path):
    left = tmp_path / "cache" / "blobs" / ".tmp-fetched"
    left.mkdir(parents=True)
    (left / "blob").write_bytes(b"half")
    SharedRegistry(FolderStore(tmp_path / "store"), tmp_path / "cache").close()
    assert left.exists(), "it is too new"
    os.utime(left, (0, 0))
    SharedRegistry(FolderStore(tmp_path / "store"), tmp_path / "cache").close()
    assert not left.exists()


def test_a_copy_that_is_being_fetched_is_not_swept(tmp_path):
    class Sweeping(FolderStore):
        def fetch(self, name, into):
            swept.append(SharedBlobs(FolderStore(self.root), tmp_path / "other").sweep(older_than=0.0))
            return super().fetch(name, into)

    swept: list[int] = []
    digest = SharedBlobs(FolderStore(tmp_path / "store"), tmp_path / "one").put_bytes(b"a model")
    assert SharedBlobs(Sweeping(tmp_path / "store"), tmp_path / "other").read(digest) == b"a model"
    assert swept == [0]


def test_a_folder_that_is_swept_before_it_is_locked_is_begun_again(tmp_path, monkeypatch):
    root, locked, lock = tmp_path / "cache", [], fcntl.flock
    digest = SharedBlobs(FolderStore(tmp_path / "store"), tmp_path / "one").put_bytes(b"a model")

    def sweep_first(file, kind):
        if not locked and (unfinished := [*root.glob(".tmp-*")]):
            locked.append(True)
            unfinished[0].rmdir()
        lock(file, kind)

    monkeypatch.setattr("gates.registry.shared_blobs.fcntl.flock", sweep_first)
    assert SharedBlobs(FolderStore(tmp_path / "store"), root).read(digest) == b"a model"
    assert locked


def test_a_working_copy_that_was_removed_leaves_no_folder(tmp_path):
    copy = WorkingCopy(tmp_path, None, None, lambda _: None)
    copy.remove()
    assert list(tmp_path.iterdir()) == []
