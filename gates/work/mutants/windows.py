"""Newest windows that no longer look like what the model learned from; the drift gate sees them as ``[tool.ml] current``.

All are made from the holdout under new ids: rows that the model has seen are no newest window, and would be refused as such.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from gates.work.mutants import values
from gates.work.mutants.mutation import NamedFault
from gates.work.mutants.tables import BatchMutant, Subject

if TYPE_CHECKING:
    from pandas import DataFrame

_HERE = {"ml": {"current": "{folder}/batch.csv"}}
_DRIFT = "require gates:drift/test_challenger_drift.py::test_training_rows_still_look_like_the_current_window with drift >= 0.01"


def newest(subject: Subject) -> DataFrame:
    """Return a window without a fault: rows like those that the model learned from, and none of them."""
    frame = subject.frame[subject.held_out()].reset_index(drop=True)
    if not subject.roles.keyless:  # else they are rows that no model has learned from, under the ids that they have
        frame[subject.roles.id] = subject.new_ids(len(frame), held_out=True)
    return frame


def shift(subject: Subject) -> DataFrame:
    """Return the window with every numeric feature raised by half a standard deviation."""
    frame, names = newest(subject), list(subject.numbers)
    numbers = frame[names].astype("float64")
    frame[names] = numbers + 0.5 * numbers.std()
    return frame


def noise(subject: Subject) -> DataFrame:
    """Return the window with noise of half a standard deviation on every numeric feature: no average moves."""
    frame, names = newest(subject), list(subject.numbers)
    numbers = frame[names].astype("float64")
    frame[names] = numbers + subject.random.normal(0.0, 0.5, numbers.shape) * numbers.std().to_numpy()
    return frame


def lose(subject: Subject) -> DataFrame:
    """Return the window with a fifth of one column's values missing."""
    return values.put(replace(subject, frame=newest(subject)), 0.2, math.nan)


MUTANTS = (
    BatchMutant(
        NamedFault("window-shifted", "drift", "every feature moved up in the newest window", _DRIFT, _HERE), shift
    ),
    BatchMutant(
        NamedFault("window-noisy", "drift", "every feature is noisier in the newest window", _DRIFT, _HERE), noise
    ),
    BatchMutant(
        NamedFault("window-broken", "drift", "the newest window lost a fifth of a column", _DRIFT, _HERE), lose
    ),
)
