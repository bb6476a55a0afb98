"""The benchmarks of races and kills in their short form: real processes, real ``kill -9``."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(module: str, *options: str) -> str:
    command = [sys.executable, "-m", f"benchmarks.{module}", *options]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_of_two_promoters_exactly_one_wins():
    told = run("registry_races", "--rounds", "20", "--promoters", "2", "--no-peer")
    assert "2 promoters, 20 rounds: 20 with 1 winner; 0 broke, 0 findings" in told


def test_of_six_promoters_exactly_one_wins():
    told = run("registry_races", "--rounds", "5", "--promoters", "6", "--no-peer")
    assert "6 promoters, 5 rounds: 5 with 1 winner; 0 broke, 0 findings" in told


def test_the_race_catches_a_registry_without_compare_and_swap():
    from benchmarks.registry_races import measure, read_then_set

    assert not measure("peer", 2, 1, read_then_set)


def test_kill_9_leaves_a_sound_ledger():
    told = run("registry_kills", "--kills", "30")
    assert "killed at 9 named points: 0 faults" in told
    assert "killed at 30 random moments: 0 faults" in told
    others = re.search(r"of them (\d+) rollbacks and (\d+) by break-glass", told)
    assert sum(map(int, others.groups())) > 0, told
