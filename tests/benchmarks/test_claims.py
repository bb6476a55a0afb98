"""What README and docs claim of the verdicts stands in the tables that `make verdicts` printed and that were kept."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "benchmarks" / "verdicts" / "results"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
RATE = re.compile(r"\d+\.\d % \([\d,]+ of [\d,]+; \d+\.\d to \d+\.\d\)")
TOLD = [(page, rate) for page in PAGES for rate in sorted(set(RATE.findall(" ".join(page.read_text("utf-8").split()))))]


def test_the_pages_tell_rates_with_counts_and_intervals():
    assert {page.name for page, _ in TOLD} >= {"README.md", "verdicts.md"}


@pytest.mark.parametrize(("page", "rate"), TOLD, ids=[f"{page.name} {rate}" for page, rate in TOLD])
def test_a_rate_that_is_claimed_was_printed_by_the_benchmark(page, rate):
    held = [table.name for table in KEPT.glob("*.md") if rate in table.read_text("utf-8")]
    assert held, f"{page.name} claims {rate}, which no table in {KEPT.name} holds: run make verdicts SAVE=1"


@pytest.mark.parametrize("table", sorted(KEPT.glob("*.md")), ids=lambda table: table.name)
def test_a_kept_table_says_where_it_comes_from(table):
    lines = table.read_text("utf-8").splitlines()
    assert re.fullmatch(r"`python -m benchmarks\.verdicts --only \w+.*`", lines[2])
    assert re.match(r"20\d\d-\d\d-\d\d, .*Python 3\.\d+\.\d+, numpy ", lines[4])
    assert re.fullmatch(r"Measured in [\d,]+ CPU seconds\.", lines[-1])
