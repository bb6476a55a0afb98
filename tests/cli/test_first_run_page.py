"""The commands and the configuration of docs/first-run.md do what it says; its first block runs in end_to_end/test_first_run.py."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gates.cli import build_parser, main
from gates.policy.reader import read_policy
from gates.policy.records import GATES

PAGE = (Path(__file__).parents[2] / "docs" / "first-run.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
COMMANDS = [line for kind, block in BLOCKS if not kind for line in block.splitlines() if line.startswith("gates ")]
WHOLE_RUNS = ("gates init churn.csv", "gates run")
CHILDREN = [command for command in COMMANDS if re.match(r"gates check (data|drift)", command)]
HERE = [command for command in COMMANDS if command not in (*WHOLE_RUNS, *CHILDREN)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project with the policy of the page, and the files that its commands name."""
    monkeypatch.chdir(tmp_path)
    (policy,) = [block for kind, block in BLOCKS if kind == "toml"]
    (tmp_path / "gates.toml").write_text(policy, encoding="utf-8")
    (tmp_path / "data_checks").mkdir()
    draw = np.random.default_rng(0)
    truth = draw.choice(["a", "b"], 2000)
    pd.DataFrame({"label": truth, "city": draw.choice(["x", "y"], 2000)}).to_csv("truth.csv", index=False)
    for name, right in (("a", 0.8), ("b", 0.9)):
        answer = np.where(draw.random(2000) < right, truth, "a")
        pd.DataFrame({"answer": answer}).to_csv(f"{name}.csv", index=False)
    return tmp_path


def test_every_command_of_the_page_is_run_somewhere():
    assert set(WHOLE_RUNS) <= set(COMMANDS)
    assert len(CHILDREN) == 2
    assert len(HERE) == 5


@pytest.mark.parametrize("command", [command for command in HERE if "calibrate" not in command])
def test_a_command_of_the_page_passes(command, folder):
    words = shlex.split(command)[1:]
    if "--slice" not in words and words[:2] == ["check", "model"]:
        pd.read_csv("truth.csv")[["label"]].to_csv("truth.csv", index=False)
    assert main(words) == 0


def test_the_commands_that_start_children_are_those_that_another_test_runs():
    """tests/cli/test_check_without_project.py runs both gates on two files; here their options are read as they stand."""
    for command in CHILDREN:
        options = build_parser().parse_args(shlex.split(command)[1:])
        assert (options.data, options.reference) == ("new.parquet", "old.parquet")


def test_calibrating_without_a_history_says_how_many_runs_it_needs(folder, capsys):
    (tmp := folder / ".gates").mkdir()
    from gates.registry import Registry

    Registry(tmp)
    for command in (command for command in HERE if "calibrate" in command):
        assert main(shlex.split(command)[1:]) == 3
        assert "0 runs on different data, 0.05 needs 19" in capsys.readouterr().out


def test_the_policy_of_the_page_is_sound_and_has_at_most_twenty_lines(folder):
    text = (folder / "gates.toml").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 20
    read_policy(folder / "gates.toml").require(*GATES)
