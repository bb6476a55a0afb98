"""`gates verify` as a command: what it prints, what it leaves alone, and how it watches."""

import shutil

import pytest
from promotion.small_home import NAME, SmallHome

from gates.cli import main
from gates.errors import PromotionRefused


def test_verify_writes_nothing_beside_sqlites_own_file(home):
    def listing() -> dict[str, bytes]:
        files = (path for path in home.folder.rglob("*") if path.is_file())
        return {str(path): path.read_bytes() for path in files if not path.name.startswith("registry.db")}

    home.session.registry.close()
    before = listing()
    assert main(["verify", "--home", str(home.folder), "--policy", str(home.config)]) == 0
    assert listing() == before


def told(home: SmallHome, *arguments: str, capsys) -> tuple[int, str]:
    code = main(["verify", "--home", str(home.folder), "--policy", str(home.config), *arguments])
    return code, capsys.readouterr().out


def test_a_replaced_blob_is_found_and_named(home, capsys):
    model = home.folder / "blobs" / home.session.registry.version(NAME, 1).digest.hex[:2]
    (blob,) = model.iterdir()
    blob.chmod(0o644)
    blob.write_bytes(b"another model")
    code, out = told(home, capsys=capsys)
    assert code == 1
    assert f"{NAME}@1: {blob.name} no longer holds the bytes that were judged" in out


def test_a_hand_moved_alias_is_found_and_named(home, capsys):
    import sqlite3

    home.judged("B")
    connection = sqlite3.connect(home.folder / "registry.db", isolation_level=None)
    (rule,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'alias_is_moved_by_promotion'").fetchone()
    connection.execute("DROP TRIGGER alias_is_moved_by_promotion")
    connection.execute("UPDATE alias SET version = 2")
    connection.execute(rule)
    connection.close()
    code, out = told(home, capsys=capsys)
    assert code == 1
    assert f"champion of {NAME}: the alias says version 2 at epoch 1, the log says version 1 at epoch 1" in out
    session = home.session
    with pytest.raises(PromotionRefused, match="was moved by hand"):
        session.registry.promote(NAME, 2, expected=(1, None), verdicts=[], decision=b"x")


def test_an_emptied_home_is_found_by_its_landmark(home, capsys):
    for path in home.folder.glob("registry.db*"):
        path.unlink()
    shutil.rmtree(home.folder / "blobs")
    code, out = told(home, capsys=capsys)
    assert code == 1
    assert "this registry knows of none: it was lost or emptied" in out


def test_a_sound_home_is_told_as_sound(home, capsys):
    assert told(home, capsys=capsys) == (
        0,
        "sound: every byte is what was recorded and signed; no endpoint was compared\n",
    )


def test_watching_ends_at_the_first_finding(home, capsys, monkeypatch):
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 2:
            shutil.rmtree(home.folder / "keys" / "public" / "gate")

    monkeypatch.setattr("gates.cli.verify.time.sleep", sleep)
    code, out = told(home, "--watch", "--every", "2m", capsys=capsys)
    assert code == 1
    assert looks == [120.0, 120.0]
    assert out.count("sound: ") == 2
    assert "trusted here: none" in out


@pytest.mark.parametrize("every", ["0s", "soon", "5"])
def test_a_pause_that_is_none_is_refused(every, home, capsys):
    assert main(["verify", "--home", str(home.folder), "--every", every]) == 2
    assert f"--every {every!r} is no length of time" in capsys.readouterr().err
