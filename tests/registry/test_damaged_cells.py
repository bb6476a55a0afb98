"""Whatever stands in a cell of the ledger: looking at it names the damage in a sentence, and nothing is promoted on it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from promotion.small_home import NAME, SmallHome, make_small_home
from small_project import Project

from gates.cli import main
from gates.promotion.rollback import roll_back

TEXTS = (b"\xff\xfe", b"", b"[1, {}]", b"9" * 5000)
NUMBERS = (-(2**62), 2**62)
COMMANDS = (("status",), ("verify",), ("rollback", "--reason", "it errs"))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project whose champion came back by a rollback."""
    home = make_small_home(tmp_path_factory.mktemp("sound") / "project")
    home.crowned("A")
    home.crowned("B")
    roll_back(home.session, "it errs")
    return home.project.root


def cells(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Every column of every table: its table, name and type."""
    with sqlite3.connect(folder / ".gates/registry.db") as connection:
        for (table,) in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ):
            for _, column, kind, *_ in connection.execute(f"PRAGMA table_info({table})"):
                yield table, column, kind


def put(folder: Path, table: str, column: str, value: object, kind: str) -> None:
    """Write a value into the last row of a table, as somebody does who lifts the rules and puts them back."""
    connection = sqlite3.connect(folder / ".gates/registry.db", isolation_level=None)
    connection.execute("PRAGMA ignore_check_constraints = 1")
    rules = [sql for (sql,) in connection.execute("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")]
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    written = "CAST(? AS TEXT)" if kind == "TEXT" else "?"
    connection.execute(
        f"UPDATE {table} SET {column} = {written} WHERE rowid = (SELECT max(rowid) FROM {table})", (value,)
    )
    for sql in rules:
        connection.execute(sql)
    connection.close()


@pytest.mark.slow
@pytest.mark.parametrize("table", ["version", "alias", "verdict", "promotion", "used", "note", "run"])
def test_a_damaged_cell_is_a_finding_or_a_sentence(table, sound, tmp_path, capsys, monkeypatch):
    faults = []
    for of, column, kind in cells(sound):
        for value in (NUMBERS if kind == "INTEGER" else TEXTS) if of == table else ():
            folder = tmp_path / "project"
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(sound, folder, symlinks=True)
            small = SmallHome(Project(folder))
            before = small.session.registry.champion(NAME)
            try:
                put(small.project.root, table, column, value, kind)
            except sqlite3.IntegrityError:
                continue  # the table itself refuses it
            for command in COMMANDS:
                capsys.readouterr()
                code = main([*command, "--home", str(small.folder), "--policy", str(small.config)])
                said = capsys.readouterr()
                if "fault in gates" in said.err or code not in (0, 1, 3):
                    faults.append((column, value, command[0], said.err[:300]))
            assert before is not None
    assert faults == []


def test_the_damaged_row_is_named(sound, tmp_path, capsys):
    small = SmallHome(Project(shutil.copytree(sound, tmp_path / "project", symlinks=True)))
    put(small.project.root, "version", "created", b"", "TEXT")
    assert main(["status", "--home", str(small.folder), "--policy", str(small.config)]) == 3
    assert "the ledger holds a damaged version: Invalid isoformat string: ''" in capsys.readouterr().err
