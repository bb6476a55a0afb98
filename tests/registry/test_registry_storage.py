"""A file that is not a sound ledger is refused and left as it is; a disk that says no leaves the champion where it was."""

from __future__ import annotations

import errno
import multiprocessing
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from registry.ledger_acts import NAME, NOON, crown, judge, promote, register, standing

from gates.errors import BackendError, GatesError
from gates.registry import Registry, database

_processes = multiprocessing.get_context("fork")
NOBODY = 65534


def refusal_of(home: Path) -> BackendError:
    """The refusal to open, after which every file is what it was."""
    before = {path: path.read_bytes() for path in home.iterdir() if path.is_file()}
    with pytest.raises(BackendError) as refusal:
        Registry(home)
    after = {path: path.read_bytes() for path in home.iterdir() if path.name.endswith(".db") and path.is_file()}
    assert after == {path: content for path, content in before.items() if path.name.endswith(".db")}
    assert refusal.value.remedy
    return refusal.value


@pytest.fixture
def made(home):
    """A home with a champion, closed."""
    registry = Registry(home)
    crown(registry)
    registry.close()
    return home


def execute(home: Path, *statements: str) -> None:
    connection = sqlite3.connect(home / "registry.db")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


# --- what is not a ledger


def test_a_ledger_of_an_older_schema_is_refused(made):
    execute(made, "PRAGMA user_version = 1")
    assert "was written by an older gates (schema 1, wanted 3); nothing was changed" in refusal_of(made).message


def test_a_ledger_of_a_newer_schema_is_refused(made):
    execute(made, "PRAGMA user_version = 9")
    assert "was written by a newer gates (schema 9, wanted 3)" in refusal_of(made).message


@pytest.mark.parametrize("table", ["run", "used", "alias"])
def test_a_half_written_ledger_is_refused(made, table):
    execute(made, "PRAGMA foreign_keys = OFF", f"DROP TABLE {table}")
    assert "is half-written or was altered by hand: not as it was made:" in refusal_of(made).message
    assert f" {table}" in refusal_of(made).message


def test_a_table_of_somebody_else_is_refused(made):
    execute(made, "CREATE TABLE notes (text TEXT)")
    assert "not as it was made: notes" in refusal_of(made).message


def test_a_column_that_was_added_is_refused(made):
    execute(made, "ALTER TABLE version ADD COLUMN note TEXT")
    assert "not as it was made: version" in refusal_of(made).message


def test_an_emptied_file_is_refused_and_never_made_anew(made):
    (made / "registry.db").write_bytes(b"")
    assert "is empty: it was never finished, or was emptied" in refusal_of(made).message


def test_a_lost_file_is_not_made_anew(made):
    (made / "registry.db").unlink()
    assert "is missing, but" in refusal_of(made).message
    assert not (made / "registry.db").exists()


def test_a_lost_file_whose_log_is_still_there_is_not_made_anew(home):
    home.mkdir()
    (home / "registry.db-wal").write_bytes(b"what was committed last")
    assert "is missing, but" in refusal_of(home).message
    assert (home / "registry.db-wal").read_bytes() == b"what was committed last"


@pytest.mark.parametrize("content", [b"no database at all" * 500, b"SQLite format 3\0", b"\0" * 5000, b"x"])
def test_a_file_that_is_no_database_is_refused(home, content):
    home.mkdir()
    (home / "registry.db").write_bytes(content)
    assert "nothing was changed" in refusal_of(home).message


def test_a_truncated_ledger_is_refused_or_found_damaged(made):
    path = made / "registry.db"
    path.write_bytes(path.read_bytes()[: 4096 * 3 + 100])
    assert "damaged" in refusal_of(made).message


def test_a_database_of_something_else_is_refused(home):
    home.mkdir()
    execute(home, "CREATE TABLE experiments (id INTEGER)")
    assert "is a database of something else" in refusal_of(home).message


def test_a_folder_in_the_ledgers_place_is_refused(home):
    (home / "registry.db").mkdir(parents=True)
    assert "is not a file" in refusal_of(home).message


def test_a_symbolic_link_in_the_ledgers_place_is_refused(made, tmp_path):
    (made / "registry.db").rename(tmp_path / "elsewhere")
    (made / "registry.db").symlink_to(tmp_path / "elsewhere")
    assert "is a symbolic link" in refusal_of(made).message


def test_a_home_that_is_a_file_is_refused(home):
    home.touch()
    with pytest.raises(BackendError, match="cannot be made"):
        Registry(home)


# --- making one


def test_what_a_killed_maker_left_is_in_nobodys_way(home):
    home.mkdir()
    left = home / ".registry-0123"
    left.write_bytes(b"half a database")
    os.utime(left, (0, 0))
    crown(Registry(home))
    assert not left.exists()


def test_several_makers_at_once_make_one_ledger(home):
    barrier = _processes.Barrier(6)

    def make(number: int) -> None:
        barrier.wait(60)
        register(Registry(home), str(number))

    makers = [_processes.Process(target=make, args=(number,)) for number in range(6)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join(60)
    assert [maker.exitcode for maker in makers] == [0] * 6
    ledger = Registry(home)
    assert [version.version for version in ledger.versions(NAME)] == [1, 2, 3, 4, 5, 6]
    assert ledger.audit() == ()
    assert list(home.glob(".registry-*")) == []


def test_a_file_system_without_hard_links_is_told_so(home, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    with pytest.raises(BackendError, match="cannot be made: Operation not permitted") as refusal:
        Registry(home)
    assert "local disk" in refusal.value.remedy
    assert list(home.iterdir()) == []


def test_the_ledger_waits_for_the_disk_at_every_commit(ledger):
    asked = [
        ledger._db.row(f"PRAGMA {name}")[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
    ]
    assert asked == ["wal", 2, 1, 0]


# --- busy


def test_a_busy_ledger_is_a_sentence_and_nothing_is_promoted(made):
    impatient = Registry(made, patience=0.1)
    version = register(impatient, "B")
    verdict = judge(impatient, version)
    other = sqlite3.connect(made / "registry.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BackendError, match="the registry is busy; nothing was promoted"):
        promote(impatient, version, verdict)
    assert standing(impatient)[0] == 1
    other.execute("ROLLBACK")
    assert promote(impatient, version, verdict) == 2


def test_a_busy_ledger_can_still_be_read_and_audited(made):
    other = sqlite3.connect(made / "registry.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    reader = Registry(made, patience=0.1)
    assert standing(reader)[0] == 1
    assert reader.audit() == ()


def test_an_audit_beside_a_promotion_sees_one_moment(made, monkeypatch):
    from gates.registry import audit as module

    busy = Registry(made)
    real = module._chain

    def promote_after_the_chain_was_read(db, needs):
        yield from real(db, needs)
        crown(busy, "B")

    promote_after_the_chain_was_read.__name__ = "_chain"
    monkeypatch.setattr(module, "_chain", promote_after_the_chain_was_read)
    assert Registry(made).audit() == ()
    assert standing(busy)[0] == 2


# --- full and read-only disks


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


# --- runs and processes


def test_a_run_whose_process_was_killed_is_interrupted(made):
    def start_and_die() -> None:
        Registry(made).keep_run("killed", "started", b"{}")
        os.kill(os.getpid(), signal.SIGKILL)

    child = _processes.Process(target=start_and_die)
    child.start()
    child.join(60)
    assert Registry(made).run("killed").state == "interrupted"


def test_a_run_whose_process_is_dead_and_not_yet_buried_is_interrupted(made):
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    while Path(f"/proc/{child.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    execute(made, f"INSERT INTO run VALUES ('r', 'started', {child.pid}, 'born', '{NOON.isoformat()}', x'7b7d')")
    assert Registry(made).run("r").state == "interrupted"
    child.wait()


def test_another_process_with_the_same_number_is_not_taken_for_the_run(made):
    registry = Registry(made)
    registry.keep_run("mine", "started", b"{}")
    assert registry.run("mine").state == "started"
    execute(made, "UPDATE run SET born = 'an earlier boot/17'")
    assert registry.run("mine").state == "interrupted"


def test_without_proc_a_process_is_asked_whether_it_lives(monkeypatch, tmp_path):
    from gates.registry import processes

    monkeypatch.setattr(processes, "_PROC", tmp_path)
    assert processes.birth(os.getpid()) == "alive"
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    assert processes.birth(child.pid) == ""


def test_an_error_of_sqlite_outside_its_codes_is_still_a_sentence(ledger):
    ledger.close()
    with pytest.raises(BackendError, match="is damaged or not a registry"):
        ledger.names()


def test_a_rule_that_sqlite_holds_is_a_sentence(home):
    Registry(home).close()
    db = database.Database(home / "registry.db", 1.0)
    with pytest.raises(
        BackendError, match=r"refused the change .the champion moves only by promotion.; nothing was changed"
    ):
        db.rows("INSERT INTO alias VALUES ('papers', 1, 1, 'x')")


def test_a_clock_without_a_zone_is_refused(home):
    with pytest.raises(BackendError, match="has no zone"):
        register(Registry(home, lambda: NOON.replace(tzinfo=None)))
