"""A ledger whose write-ahead log was cut off: what is left is sound or refused, and a champion that was set back is noticed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from promotion.small_home import NAME, SmallHome, make_small_home
from small_project import Project

from gates.cli import main
from gates.errors import GatesError
from gates.promotion.execute import promote


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of a home whose last promotion stands in the write-ahead log alone, as a killed command leaves it."""
    small = make_small_home(tmp_path_factory.mktemp("live") / "project")
    small.crowned("A")
    writing = small.session
    assert writing.registry.champion(NAME).epoch == 1  # this connection stays open: the log is not folded in
    small.crowned("B")
    log = small.folder / "registry.db-wal"
    assert log.stat().st_size > 4096
    return Path(shutil.copytree(small.project.root, small.project.root.parent / "copy", symlinks=True))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.8, 0.95, 1.0])
def test_a_log_that_was_cut_off_loses_nothing_in_silence(share, live, tmp_path, capsys):
    small = SmallHome(Project(Path(shutil.copytree(live, tmp_path / "project", symlinks=True))))
    log = small.folder / "registry.db-wal"
    with log.open("r+b") as file:
        file.truncate(int(log.stat().st_size * share))
    try:
        champion = small.session.registry.champion(NAME)
    except GatesError:
        return  # in a sentence
    if champion is not None and champion.epoch == 2:
        assert share == 1.0
        assert small.findings() == ()
        return
    assert any("epoch" in finding.what for finding in small.findings())
    with pytest.raises(GatesError, match="epoch"):
        promote(small.session, small.judged("C"))
    assert main(["verify", "--home", str(small.folder), "--policy", str(small.config)]) == 1
    assert "Traceback" not in capsys.readouterr().err
