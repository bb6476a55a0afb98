"""Two files are compared in an empty folder, without any configuration; whatever needs a model still needs a project."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from command_line import run_gates

from gates.cli import main


def table(rows: int, seed: int, shift: float = 0.0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "key": [f"{seed}-{row}" for row in range(rows)],
            "height": draw.normal(170 + shift, 10, rows).round(1),
            "city": draw.choice(["Köln", "東京"], rows),
        }
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder beside three files: an old one, a new one like it, and one that is 30 cm taller and from elsewhere."""
    for name, frame in {
        "old": table(600, 1),
        "new": table(500, 2),
        "tall": table(500, 3, shift=30).assign(city="Paris"),
    }.items():
        frame.to_parquet(tmp_path / f"{name}.parquet", index=False)
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    return empty


@pytest.mark.parametrize("gate", ["data", "drift"])
def test_one_gate_judges_two_files_in_an_empty_folder(gate, folder):
    words = ["check", gate, "--reference", "../old.parquet", "--id", "key"]
    good = run_gates([*words, "--data", "../new.parquet"], {}, folder=folder)
    assert good.returncode == 0, good.stdout + good.stderr
    assert "passed: new.parquet matches old.parquet" in good.stdout
    assert "no target was named: no column counts as a label" in good.stdout
    bad = run_gates([*words, "--data", "../tall.parquet"], {}, folder=folder)
    assert bad.returncode == 1, bad.stdout + bad.stderr
    assert "refused: tall.parquet does not match old.parquet" in bad.stdout
    assert {path.name for path in folder.iterdir()} == {".gates"}


def test_a_column_that_neither_file_has_is_named(folder):
    words = ["check", "data", "--data", "../new.parquet", "--reference", "../old.parquet", "--id", "kee"]
    done = run_gates(words, {}, folder=folder)
    assert done.returncode == 2, done.stdout
    assert "--id names 'kee'" in done.stdout + done.stderr


@pytest.mark.parametrize("gate", ["data", "model", "endpoint"])
def test_a_gate_of_a_model_needs_a_project(gate, folder, capsys):
    assert main(["check", gate, "--data", "../new.parquet"]) == 2
    assert "no gates.toml and no pyproject.toml with [tool.gates] here or above" in capsys.readouterr().err
    assert list(folder.iterdir()) == []
