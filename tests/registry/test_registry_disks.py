"""A disk that says no, because it is full or read-only, leaves the champion where it was."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from registry.ledger_acts import NAME, judge, promote, register, standing

from gates.errors import GatesError
from gates.registry import Registry

_processes = multiprocessing.get_context("fork")
NOBODY = 65534


def in_child(act) -> str:
    """What ``act`` says in a process of its own: the message of its refusal, or its answer."""
    reading, writing = _processes.Pipe(duplex=False)

    def run() -> None:
        try:
            writing.send(str(act()))
        except GatesError as error:
            writing.send(error.message)

    child = _processes.Process(target=run)
    child.start()
    writing.close()
    said = str(reading.recv()) if reading.poll(60) else "it said nothing"
    child.join(60)
    return said


def limit_files_to(size: int) -> None:
    """From here on this process cannot make a file longer than that: what a full disk does, without one."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_full_disk_takes_no_blob_and_leaves_no_orphan(made):
    def put() -> object:
        registry = Registry(made)
        limit_files_to(100_000)
        return registry.blobs.put_bytes(os.urandom(1_000_000))

    assert "cannot take a blob: File too large; nothing was promoted" in in_child(put)
    assert list((made / "blobs").glob(".tmp-*")) == []


def test_a_full_disk_takes_no_promotion_and_the_champion_stays(made):
    registry = Registry(made)
    version = register(registry, "B")
    verdict = judge(registry, version)
    registry.close()

    def fill_up_and_promote() -> object:
        def fill_up(moment: str) -> None:
            if moment == "checked":
                limit_files_to(1)

        return promote(Registry(made, moment=fill_up), version, verdict, expected=(1, registered.digest))

    registered = Registry(made).version(NAME, 1)
    said = in_child(fill_up_and_promote)
    assert "cannot be written" in said
    assert "nothing was promoted" in said
    again = Registry(made)
    assert (standing(again)[0], again.used(verdict), again.audit()) == (1, False, ())
    assert promote(again, version, verdict) == 2


FULL = """
import sys
from pathlib import Path
sys.path.insert(0, "tests")
from registry.ledger_acts import crown, promote, register, judge, standing
from gates.errors import GatesError
from gates.registry import Registry
home = Path(sys.argv[1]) / "home"
registry = Registry(home)
said = set()
for number in range(2000):
    before = standing(registry)
    try:
        crown(registry, f"{number} " + "x" * 3000)
    except GatesError as error:
        said.add(error.message)
        assert standing(registry) == before
        assert not list((home / "blobs").glob(".tmp-*"))
        if len(said) == 1 and number < 1990:
            (Path(sys.argv[1]) / "ballast").unlink(missing_ok=True)
        else:
            break
print(len(registry.log("papers")) == standing(registry)[0], len(registry.audit()), sorted(said))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux") or os.geteuid() != 0, reason="mounting needs root on Linux")
def test_a_really_full_disk_stops_promotions_and_harms_nothing(tmp_path):
    script = textwrap.dedent(FULL)
    mounted = (
        f'mount -t tmpfs -o size=1536k tmpfs "{tmp_path}" && '
        f'dd if=/dev/zero of="{tmp_path}/ballast" bs=1k count=400 2>/dev/null && exec "$0" -c "$1" "{tmp_path}"'
    )
    ended = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mounted, sys.executable, script],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if "permission denied" in ended.stderr.lower() or "not permitted" in ended.stderr.lower():
        pytest.skip("this machine lets nobody mount")
    assert ended.stderr == ""
    assert ended.stdout.startswith("True 0 ")
    assert "nothing was promoted" in ended.stdout


def make_read_only(home: Path) -> None:
    for path in (home, *home.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)


def as_nobody(act):
    """For root no folder is read-only, so the act is done by somebody who is not."""

    def run() -> object:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        return act()

    return run


@pytest.fixture
def open_folders(tmp_path):
    """Let nobody pass on the way to the home."""
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if folder.stat().st_uid == os.geteuid() and folder != Path(folder.anchor):
            folder.chmod(folder.stat().st_mode | 0o055)


def test_a_read_only_home_is_a_sentence(made, open_folders):
    make_read_only(made)
    said = in_child(as_nobody(lambda: register(Registry(made), "B")))
    assert "cannot" in said
    assert "for writing" in said or "cannot take a blob: Permission denied" in said


def test_no_ledger_is_made_in_a_read_only_home(home, open_folders):
    home.mkdir()
    make_read_only(home)
    assert "cannot be opened for writing" in in_child(as_nobody(lambda: Registry(home)))


def test_an_unreadable_ledger_is_a_sentence(made, open_folders):
    (made / "registry.db").chmod(0o000)
    assert "cannot be opened for writing" in in_child(as_nobody(lambda: Registry(made)))
