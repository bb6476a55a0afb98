"""Somebody edits the ledger by hand: SQLite refuses, or opening refuses, or the audit names it, and nothing is promoted on it."""

from __future__ import annotations

import json
import sqlite3

import pytest
from registry.ledger_acts import NAME, NOON, break_glass, go_back, judge, promote, register

from gates.errors import BackendError, PromotionRefused
from gates.registry import Registry

FORBIDDEN = {
    "UPDATE version SET digest = 'x'": "a registered version never changes",
    "DELETE FROM version": "a registered version is never deleted",
    "INSERT OR REPLACE INTO version VALUES ('papers', 1, 'x', 1, 'x', '{}')": "numbered one after the other",
    "INSERT INTO version VALUES ('papers', 9, 'x', 1, 'x', '{}')": "numbered one after the other",
    "UPDATE verdict SET passed = 1": "a kept verdict never changes",
    "DELETE FROM verdict": "a kept verdict is never deleted",
    "INSERT OR REPLACE INTO verdict SELECT digest, name, gate, subject, 1, at FROM verdict": "a kept verdict never changes",
    "UPDATE used SET promotion = 2": "a used verdict stays used",
    "DELETE FROM used": "a used verdict stays used",
    "INSERT OR REPLACE INTO used SELECT verdict, 1 FROM used": "a verdict is used once",
    "UPDATE promotion SET new_version = 2": "the promotion log is append-only",
    "DELETE FROM promotion WHERE epoch = 2": "the promotion log is append-only",
    "INSERT OR REPLACE INTO promotion SELECT * FROM promotion WHERE id = 1": "the promotion log is append-only",
    "UPDATE alias SET version = 1": "the champion moves only by promotion",
    "UPDATE alias SET version = 1, epoch = 1": "the champion moves only by promotion",
    "UPDATE alias SET name = 'other'": "the champion moves only by promotion",
    "DELETE FROM alias": "the champion moves only by promotion",
    "INSERT OR REPLACE INTO alias VALUES ('papers', 1, 1, 'x')": "the champion moves only by promotion",
    "INSERT INTO alias VALUES ('other', 1, 1, 'x')": "the champion moves only by promotion",
    "UPDATE note SET digest = 'x'": "the notes are append-only",
    "DELETE FROM note": "the notes are append-only",
    "INSERT OR REPLACE INTO note SELECT * FROM note": "the notes are append-only",
    "UPDATE run SET state = 'promoted'": "a run that ended never changes",
    "DELETE FROM run": "the history is never deleted",
}


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_sqlite_itself_refuses_to_rewrite_what_happened(ledger, champions, by_hand, statement):
    with by_hand() as connection, pytest.raises(sqlite3.IntegrityError, match=FORBIDDEN[statement]):
        connection.execute(statement)
    assert ledger.audit() == ()


def test_a_ledger_whose_rules_were_lifted_is_not_opened(ledger, champions, home):
    connection = sqlite3.connect(home / "registry.db")
    connection.execute("DROP TRIGGER promotion_stays")
    connection.commit()
    with pytest.raises(
        BackendError, match=r"altered by hand: not as it was made: promotion_stays; nothing was changed"
    ):
        Registry(home)


def test_a_champion_moved_by_hand_is_found_and_serves_nobody(ledger, champions, by_hand):
    with by_hand("alias_is_moved_by_promotion") as connection:
        connection.execute("UPDATE alias SET version = 1")
    (finding,) = ledger.audit()
    assert finding.where == "champion of papers"
    assert (
        finding.what == "the alias says version 1 at epoch 2, the log says version 2 at epoch 2: it was moved by hand"
    )
    with pytest.raises(BackendError, match="does not follow the promotion log: it was moved by hand"):
        ledger.champion(NAME)


@pytest.mark.parametrize("change", ["UPDATE alias SET version = 1, epoch = 1", "DELETE FROM alias"])
def test_nothing_is_promoted_over_a_champion_moved_by_hand(ledger, champions, by_hand, change):
    first, _ = champions
    late = register(ledger, "C")
    verdict = judge(ledger, late)
    with by_hand("alias_is_moved_by_promotion", "alias_is_kept") as connection:
        connection.execute(change)
    with pytest.raises(PromotionRefused, match="does not follow the log: it was moved by hand"):
        promote(ledger, late, verdict, expected=(1, first.digest))
    assert len(ledger.log(NAME)) == 2


def test_an_alias_moved_by_hand_may_be_put_back_to_what_the_log_says(ledger, champions, by_hand):
    with by_hand("alias_is_moved_by_promotion") as connection:
        connection.execute("UPDATE alias SET version = 1")
    with by_hand() as connection:
        connection.execute("UPDATE alias SET version = 2")
    assert ledger.audit() == ()
    assert ledger.champion(NAME).version == champions[1]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE promotion SET at = 'x' WHERE epoch = 1", "hash chain is broken"),
        ("UPDATE promotion SET decision = digest WHERE epoch = 2", "hash chain is broken"),
        ("UPDATE promotion SET new_version = 2, old_version = NULL WHERE epoch = 1", "is not what papers@2 is now"),
        ("DELETE FROM promotion WHERE epoch = 1", "follows epoch 0 of None"),
        (
            "DELETE FROM promotion WHERE epoch = 2",
            "the alias says version 2 at epoch 2, the log says version 1 at epoch 1",
        ),
        ("UPDATE promotion SET id = 9 WHERE epoch = 1", "says that it replaced version None, but follows epoch 2"),
        ("UPDATE promotion SET verdicts = 'no list' WHERE epoch = 1", "a row cannot be read"),
    ],
)
def test_an_edited_log_is_found(ledger, champions, by_hand, change, found):
    with by_hand("promotion_stays", "promotion_is_kept") as connection:
        connection.execute(change)
    findings = ledger.audit()
    assert any(found in finding.what for finding in findings), findings
    assert all(finding.remedy for finding in findings)


def test_an_entry_whose_hash_was_made_again_still_breaks_the_chain(ledger, champions, by_hand):
    from gates.registry.chain import FIELDS, entry_hash

    with by_hand("promotion_stays") as connection:
        row = list(connection.execute(f"SELECT {', '.join(FIELDS)} FROM promotion WHERE epoch = 1").fetchone())
        row[5] = NOON.replace(year=2025).isoformat()
        connection.execute("UPDATE promotion SET at = ?, hash = ? WHERE epoch = 1", (row[5], entry_hash(row)))
    assert [finding.where for finding in ledger.audit()] == ["promotion papers epoch 2"]


def test_a_verdict_made_unused_by_hand_is_found(ledger, champions, by_hand):
    with by_hand("used_is_kept") as connection:
        connection.execute("DELETE FROM used WHERE promotion = 1")
    assert "used 0 verdicts, but its log entry names 1" in str(ledger.audit())


def test_a_refusal_turned_into_a_pass_after_its_use_is_found(ledger, champions, by_hand):
    with by_hand("verdict_stays") as connection:
        connection.execute("UPDATE verdict SET passed = 0")
    assert "which does not carry it" in str(ledger.audit())


def test_a_burnt_verdict_about_another_model_is_found(ledger, champions, by_hand):
    with by_hand("verdict_stays") as connection:
        connection.execute("UPDATE verdict SET subject = ?", (str(champions[0].digest),))
    (finding,) = ledger.audit()
    assert (finding.where, "does not carry it" in finding.what) == ("promotion papers epoch 2", True)


def test_a_version_that_was_pointed_to_other_bytes_is_found_and_serves_nobody(ledger, champions, by_hand):
    other = ledger.blobs.put_bytes(b"other")
    with by_hand("version_stays") as connection:
        connection.execute("UPDATE version SET digest = ? WHERE version = 2", (str(other),))
    assert "is not what papers@2 is now" in str(ledger.audit())
    with pytest.raises(BackendError, match="does not follow the promotion log"):
        ledger.champion(NAME)


def test_a_removed_version_is_found(ledger, champions, by_hand):
    with by_hand("version_is_kept") as connection:
        connection.execute("DELETE FROM version WHERE version = 1")
    told = str(ledger.audit())
    assert "follows version 0: a version was removed" in told
    assert "refers to a row of version that is not there" in told


@pytest.mark.parametrize("value", ["sha256:short", "nonsense"])
def test_a_row_that_names_no_digest_is_a_finding_and_no_crash(ledger, champions, by_hand, value):
    with by_hand("version_stays") as connection:
        connection.execute("UPDATE version SET digest = ? WHERE version = 1", (value,))
    assert "names no digest" in str(ledger.audit())


def test_facts_that_cannot_be_read_are_a_finding_and_no_crash(ledger, champions, by_hand):
    with by_hand("version_stays") as connection:
        connection.execute("UPDATE version SET facts = '{' WHERE version = 1")
    (finding,) = ledger.audit()
    assert str(finding).startswith("registry.db versions: a row cannot be read: Expecting property name")


def test_a_damaged_page_is_a_finding_or_a_refusal(ledger, home):
    for number in range(60):
        register(ledger, str(number))
    ledger.close()
    path = home / "registry.db"
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 3 + 200] = b"\xff" * 200
    path.write_bytes(content)
    try:
        told = str(Registry(home).audit())
    except BackendError as error:
        told = error.message
    assert "damaged" in told


def test_the_audit_changes_nothing(ledger, home, champions):
    def state():
        return {path: path.read_bytes() for path in home.rglob("*") if path.is_file() and path.suffix != ".db-shm"}

    before = state()
    assert ledger.audit() == ()
    assert state() == before


def test_the_chain_says_what_is_hashed(ledger, champions):
    from gates.registry.chain import START, entry_hash

    first, second = ledger.log(NAME)
    verdicts = json.dumps([str(verdict) for verdict in first.verdicts])
    entry = (NAME, None, 1, str(first.digest), 1, NOON.isoformat(), str(first.decision), verdicts, "promotion", START)
    assert first.hash == entry_hash(entry) == second.previous


def test_a_note_that_was_taken_out_breaks_the_chain(ledger, by_hand):
    for words in (b"yes", b"withdrawn", b"yes again"):
        ledger.keep_note(NAME, "approval", words, NOON)
    with by_hand("note_is_kept") as connection:
        connection.execute("DELETE FROM note WHERE id = 2")
    assert [finding.what for finding in ledger.audit()] == [
        "the notes' hash chain is broken: one was edited or removed"
    ]


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("break-glass", "used 1 verdicts, and a break-glass uses none"),
        ("rollback", "used 1 verdicts, and a rollback uses none"),
    ],
)
def test_a_promotion_that_was_given_another_kind_is_found(ledger, champions, by_hand, kind, found):
    with by_hand("promotion_stays") as connection:
        connection.execute("UPDATE promotion SET kind = ? WHERE epoch = 1", (kind,))
    told = str(ledger.audit())
    assert found in told
    assert "hash chain is broken" in told


@pytest.mark.parametrize(
    ("act", "edit", "found"),
    [
        (go_back, "'[]'", "names 0 verdicts, which are not those that may carry it"),
        (break_glass, "(SELECT verdicts FROM promotion WHERE epoch = 1)", "names 1 verdicts, which are not those"),
        (go_back, "kind = 'promotion'", "used 0 verdicts, but its log entry names 1"),
        (break_glass, "kind = 'promotion'", "used 0 verdicts, but its log entry names 0"),
    ],
)
def test_a_rollback_or_break_glass_that_was_made_to_look_better_is_found(ledger, champions, by_hand, act, edit, found):
    act(ledger, champions[0])
    with by_hand("promotion_stays") as connection:
        change = edit if edit.startswith("kind") else f"verdicts = {edit}"
        connection.execute(f"UPDATE promotion SET {change} WHERE epoch = 3")
    assert found in str(ledger.audit())
