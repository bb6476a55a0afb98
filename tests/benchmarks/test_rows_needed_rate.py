"""The rows that an inconclusive comparison names are the right ones: an equal model then passes in 70 to 90 %."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.verdicts.rows_needed import WORLDS, World, measure_rate

BY_NAME = {world.name: world for world in WORLDS}
KEPT = Path(__file__).resolve().parents[2] / "benchmarks" / "verdicts" / "results" / "rows_needed.md"


@pytest.mark.parametrize(
    "name",
    [
        "three equal classes, accuracy",
        "one class in ten rows, macro-F1",
        "3 positives of 2,695 against the majority, macro-F1",
    ],
)
def test_the_named_number_of_rows_passes_an_equal_model_in_70_to_90_percent(name):
    passed, named = measure_rate(BY_NAME[name], 60, seed=1)
    assert 0.70 <= passed.share <= 0.90
    assert named > BY_NAME[name].pilot


def test_a_world_without_an_inconclusive_pilot_has_no_rate():
    certain = World("certain", "macro_f1", 0.9, 50, BY_NAME["three equal classes, macro-F1"].draw)
    with pytest.raises(ValueError, match="certain: only 0 of 100 pilots are inconclusive"):
        measure_rate(certain, 1)


def test_the_kept_table_shows_every_world_within_70_to_90_percent():
    shares = re.findall(r"\| (\d+\.\d) % \(", KEPT.read_text(encoding="utf-8"))
    assert len(shares) == len(WORLDS)
    assert all(70 <= float(share) <= 90 for share in shares)
