"""What a night measures: rows against rows, answers against answers, and the columns' effects for the history."""

from __future__ import annotations

import pytest

from data_checks.drift.configured import compare_answers, compare_rows
from model_checks.nightly.columns import write_columns


@pytest.fixture
def row_drift(reference, newest, roles, settings, bound, run_folder):
    """Drift of the newest rows at the alpha of the named bound; leaves the effect of every column beside the run."""

    def compare(name: str):
        drift = compare_rows(reference, newest.frame, roles=roles, settings=settings, alpha=bound(name))
        write_columns(drift, reference, newest.frame, run_folder / "nightly.columns.json")
        return drift

    return compare


@pytest.fixture
def answer_drift(champion, champion_sides, reference, newest, roles, settings, bound):
    """Drift of the champion's answers between its own holdout and the newest rows."""

    def compare(name: str):
        return compare_answers(
            champion, champion_sides.holdout, newest.frame, learned=reference[roles.id], roles=roles, settings=settings,
            alpha=bound(name),
        )  # fmt: skip

    return compare
