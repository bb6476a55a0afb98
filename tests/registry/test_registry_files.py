"""A file that is not a sound ledger is refused and left as it is; a ledger is made whole or not at all."""

from __future__ import annotations

import errno
import multiprocessing
import os
from pathlib import Path

import pytest
from registry.ledger_acts import NAME, NOON, crown, register
from registry.ledger_files import execute, refusal_of

from gates.errors import BackendError
from gates.registry import Registry, database

_processes = multiprocessing.get_context("fork")


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
