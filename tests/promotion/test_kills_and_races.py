"""The benchmarks of whole commands in their short form: real `gates promote` and `gates run`, real ``kill -9``, real races."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from benchmarks import promotion_races

ROOT = Path(__file__).parents[2]


def run(module: str, *options: str) -> str:
    command = [sys.executable, "-m", f"benchmarks.{module}", *options]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_kill_9_of_a_command_leaves_a_sound_home_and_no_process():
    told = run("command_kills", "--promotions", "5", "--runs", "3", "--load", "1")
    assert re.search(r"gates promote: 5 killed, .*; 0 faults", told)
    assert re.search(r"gates run: 3 killed, .*; 0 faults", told)


def test_of_several_promoters_with_fresh_verdicts_exactly_one_wins():
    told = run("promotion_races", "--rounds", "3", "--commands", "1")
    assert "promotion: 2 promoters, 3 rounds: 3 with 1 winner; 3 refused, the champion moved 3 times, 0 faults" in told
    assert "promotion: 6 promoters, 3 rounds: 3 with 1 winner; 15 refused, the champion moved 3 times, 0 faults" in told
    assert "gates promote: 2 promoters, 1 rounds: 1 with 1 winner; 1 refused" in told


def test_a_race_with_two_winners_would_be_told(monkeypatch, capsys):
    both = promotion_races.Counter({promotion_races.WON: 2})
    monkeypatch.setattr(promotion_races, "play", lambda *_, **__: both)
    monkeypatch.setattr(promotion_races, "faults", lambda home: [])
    assert not promotion_races.measure("promotion", 2, 1)
    assert "1 with 2 winners" in capsys.readouterr().out
