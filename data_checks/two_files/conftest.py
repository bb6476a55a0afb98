"""What the checks of two files share: the profile of the one, and in what the other breaks it."""

from __future__ import annotations

import json

import pytest

from data_checks.drift.configured import compare_rows
from data_checks.two_files.contract import Contract, hold


@pytest.fixture(scope="session")
def contract(pair, run_folder) -> Contract:
    """The current file held to the profile of the reference, which is left beside the run as a file to review."""
    held = hold(pair.reference, pair.current, id=pair.id, target=pair.target, task=pair.roles.task)
    held.write(run_folder / "data_files.profile.json", run_folder / "data_files.violations.json")
    leave_notes(run_folder / "data_files.notes.json", pair.notes)
    return held


@pytest.fixture
def drift(pair, settings, bound, run_folder):
    """Drift between the files at the alpha of the named bound."""
    leave_notes(run_folder / "drift_files.notes.json", pair.notes)

    def compare(name: str):
        return compare_rows(pair.reference, pair.current, roles=pair.roles, settings=settings, alpha=bound(name))

    return compare


def leave_notes(path, notes) -> None:
    path.write_text(json.dumps({"notes": list(notes)}), encoding="utf-8")
