"""The shared ledger keeps the contract of every ledger, on a folder here and on Azurite in test_registry_azurite.py."""

from __future__ import annotations

import itertools
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest
from registry.folder_store import FolderStore, unreachable
from registry.ledger_acts import NAME, NOON, crown, judge, promote, register, standing
from registry.registry_contract import LedgerContract

from gates.digest import Digest
from gates.errors import BackendError, PromotionRefused, SubjectError
from gates.registry.shared import SharedRegistry

ROOT = Path(__file__).parents[2]


class TestSharedLedger(LedgerContract):
    """Each opening is a machine of its own: it has a cache of its own and shares nothing but the store."""

    @pytest.fixture
    def open_ledger(self, tmp_path):
        opened: list[SharedRegistry] = []
        numbers = itertools.count()

        def open_once_more():
            store = FolderStore(tmp_path / "store")
            opened.append(SharedRegistry(store, tmp_path / f"machine-{next(numbers)}", lambda: NOON))
            return opened[-1]

        yield open_once_more
        for registry in opened:
            registry.close()


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "store")


@pytest.fixture
def machine(tmp_path, store):
    """Open the ledger of one more machine."""
    numbers = itertools.count()

    def start(**options):
        return SharedRegistry(store, tmp_path / f"cache-{next(numbers)}", lambda: NOON, sleep=lambda _: None, **options)

    return start


def test_what_one_machine_promotes_the_other_sees(machine):
    one, other = machine(), machine()
    first = crown(one, "A")
    assert standing(other) == (1, first.digest)
    second = crown(other, "B")
    assert standing(one) == (2, second.digest)
    assert other.blobs.read(first.digest) == b"model A"
    assert one.audit() == other.audit() == ()


def test_a_promotion_that_lost_the_race_is_refused_and_leaves_no_trace(machine, store):
    """The other machine promotes at the very moment at which this one is about to swap."""
    one, other = machine(), machine()
    mine, theirs = register(one, "A"), register(other, "B")
    verdict = judge(one, mine)
    raced = []

    def overtaken(what):
        if what == "write" and not raced:
            raced.append(what)
            promote(other, theirs, expected=(0, None))

    store.fail = overtaken
    with pytest.raises(PromotionRefused, match="the champion changed since the gates judged"):
        promote(one, mine, verdict, expected=(0, None))
    store.fail = lambda _: None
    assert raced
    assert standing(one) == standing(other) == (1, theirs.digest)
    assert not one.used(verdict)
    assert [entry.new_version for entry in one.log(NAME)] == [theirs.version]
    assert one.audit() == ()


def test_changes_that_do_not_contradict_each_other_are_both_kept(machine, store):
    one, other = machine(), machine()
    raced = []

    def overtaken(what):
        if what == "write" and not raced:
            raced.append(what)
            register(other, "B")

    names_before = one.names()
    store.fail = overtaken
    mine = register(one, "A")
    store.fail = lambda _: None
    assert names_before == ()
    assert sorted(version.facts["recipe"] for version in one.versions(NAME)) == ["A", "B"]
    assert mine.version == 2, "the other machine was quicker"
    assert one.audit() == ()


def test_many_machines_promote_at_once_and_every_epoch_has_one_winner(machine):
    machines = [machine() for _ in range(4)]
    versions = [register(one, str(number)) for number, one in enumerate(machines)]
    ended = []

    def race(one, version):
        try:
            ended.append(promote(one, version, expected=(0, None)))
        except PromotionRefused as refused:
            ended.append(refused)

    runners = [Thread(target=race, args=pair) for pair in zip(machines, versions, strict=True)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    assert len(ended) == 4
    assert [end for end in ended if end == 1] == [1]
    assert machines[0].champion(NAME).epoch == 1
    assert all(one.audit() == () for one in machines)


# --- an answer that never came


@pytest.mark.parametrize("lost", ["write", "write+"])
def test_a_write_whose_answer_was_lost_is_looked_up(machine, store, lost):
    """Before the write it is an error and nothing changed; after it, the promotion stands and is told as done."""
    one = machine()
    version = register(one)
    verdict = judge(one, version)
    once = []

    def fail(what):
        if what == lost and not once:
            once.append(what)
            unreachable()

    store.fail = fail
    if lost == "write":
        with pytest.raises(BackendError, match="cannot be reached"):
            promote(one, version, verdict)
        assert machine().champion(NAME) is None
        assert promote(one, version, verdict) == 1
    else:
        assert promote(one, version, verdict) == 1
    assert standing(machine()) == (1, version.digest)
    assert len(one.log(NAME)) == 1


def test_a_repeated_write_that_finds_itself_is_no_loss(machine, store):
    """A client that sends again after a lost answer is told that the tag changed: it was changed by itself."""
    one = machine()
    version = register(one)
    verdict = judge(one, version)
    write = store.write

    def again(name, content, *, tag):
        write(name, content, tag=tag)
        return write(name, content, tag=tag)

    store.write = again
    assert promote(one, version, verdict) == 1
    assert len(one.log(NAME)) == 1


@pytest.mark.parametrize("call", ["tag", "read", "put", "fetch"])
def test_a_store_that_cannot_be_reached_is_told_and_changes_nothing(machine, store, call):
    one = machine()
    first = crown(one, "A")
    store.fail = lambda what: unreachable() if what == call else None
    with pytest.raises(BackendError, match="cannot be reached"):
        promote(machine(), register(machine(), "B") if call == "put" else first)
    store.fail = lambda _: None
    assert standing(machine()) == (1, first.digest)
    assert machine().audit() == ()


def test_a_ledger_that_others_change_all_the_time_is_given_up(machine, store):
    one, other = machine(), machine()
    numbers = itertools.count()
    busy = []

    def fail(what):
        if what == "write" and not busy:
            busy.append(what)
            register(other, f"other {next(numbers)}")
            busy.clear()

    register(other)
    store.fail = fail
    with pytest.raises(BackendError, match="was changed by others 60 times in a row; nothing was changed from here"):
        register(one, "mine")


# --- killed


@pytest.mark.parametrize("moment", ["registered", "checked", "logged", "moved", "committed", "swapping", "swapped"])
def test_a_machine_that_is_killed_leaves_the_old_or_the_new_state(tmp_path, machine, moment):
    code = f"""
import os, signal
from pathlib import Path
from registry.folder_store import FolderStore
from registry.ledger_acts import NOON, crown
from gates.registry.shared import SharedRegistry

crown(SharedRegistry(FolderStore(Path({str(tmp_path / "store")!r})), Path({str(tmp_path / "a")!r}), lambda: NOON), "A")
armed = []
def kill(at):
    if armed and at == {moment!r}:
        os.kill(os.getpid(), signal.SIGKILL)
ledger = SharedRegistry(FolderStore(Path({str(tmp_path / "store")!r})), Path({str(tmp_path / "b")!r}), lambda: NOON, moment=kill)
ledger.names()
armed.append(1)
crown(ledger, "B")
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == -9, done.stderr
    left = machine()
    assert standing(left)[1] in (Digest.of_bytes(b"model A"), Digest.of_bytes(b"model B"))
    assert left.audit() == ()
    crown(left, "C")
    assert left.audit() == ()


# --- tampering


def test_a_blob_that_was_changed_in_the_store_is_found_although_the_copy_here_is_sound(machine, store):
    one = machine()
    version = crown(one)
    place = store.root / "blobs" / version.digest.hex[:2] / version.digest.hex
    place.write_bytes(b"model X")
    (finding,) = one.audit()
    assert "holds other bytes than its name says" in finding.what
    with pytest.raises(SubjectError, match="no longer holds the bytes that were judged"):
        machine().blobs.path(version.digest)


def test_a_blob_that_was_deleted_in_the_store_is_missing_although_a_copy_is_here(machine, store):
    one = machine()
    version = crown(one)
    (store.root / "blobs" / version.digest.hex[:2] / version.digest.hex).unlink()
    with pytest.raises(SubjectError, match="is missing"):
        one.blobs.path(version.digest)
    assert "is missing" in " ".join(finding.what for finding in one.audit())


def test_a_copy_that_was_changed_here_is_fetched_again(machine, tmp_path):
    one = machine()
    version = crown(one)
    copy = one.blobs.path(version.digest)
    copy.chmod(0o644)
    copy.write_bytes(b"model X")
    assert one.blobs.read(version.digest) == b"model A"


def test_a_stray_name_among_the_blobs_is_found(machine, store):
    one = machine()
    crown(one)
    (store.root / "blobs" / "notes.txt").write_text("x")
    (finding,) = one.audit()
    assert "is no blob" in finding.what


def test_a_ledger_that_was_moved_by_hand_is_found(machine, store):
    one = machine()
    crown(one, "A")
    crown(one, "B")
    with closing(sqlite3.connect(store.root / "registry.db", isolation_level=None)) as connection:
        rule = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'promotion_stays'").fetchone()[0]
        connection.execute("DROP TRIGGER promotion_stays")
        connection.execute("UPDATE promotion SET at = '2020-01-01T00:00:00+00:00' WHERE epoch = 1")
        connection.execute(rule)
    other = machine()
    assert "the log's hash chain is broken" in " ".join(finding.what for finding in other.audit())


def test_an_older_copy_that_is_put_back_is_noticed_by_who_saw_the_newer_one(machine, store):
    one = machine()
    crown(one, "A")
    old = (store.root / "registry.db").read_bytes()
    crown(one, "B")
    store.write("registry.db", old, tag=store.tag("registry.db"))
    with pytest.raises(BackendError, match="does not go on from what it was: an older copy was put back"):
        one.champion(NAME)


def test_a_ledger_that_is_gone_is_not_made_anew(machine, store):
    crown(machine())
    (store.root / "registry.db").unlink()
    with pytest.raises(BackendError, match=r"holds no registry\.db, but what belongs to it; no new registry was made"):
        machine().champion(NAME)


def test_a_ledger_that_is_no_database_is_told(machine, store):
    crown(machine())
    store.write("registry.db", b"not a database", tag=store.tag("registry.db"))
    with pytest.raises(BackendError, match="is damaged or not a registry"):
        machine().champion(NAME)


def test_a_copy_costs_one_question_while_nothing_changes(machine, store):
    one = machine()
    crown(one)
    store.calls.clear()
    for _ in range(5):
        one.champion(NAME)
    assert store.calls == ["tag"] * 5


def test_nothing_is_left_behind_here(machine, tmp_path):
    one = machine()
    crown(one)
    one.close()
    assert [path.name for path in (tmp_path / "cache-0").iterdir()] == ["blobs"]
