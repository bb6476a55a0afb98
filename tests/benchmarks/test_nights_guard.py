"""A short simulated season: the bounds are such that a night that keeps its alpha misses them with a probability below 1e-6."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.verdicts import nights
from benchmarks.verdicts.nights import Champion, Source, catch_creep, catch_step, count_alarms, stability


@pytest.fixture(scope="module")
def source():
    """Eight correlated columns and three classes: nights of a twentieth of a second."""
    rng = np.random.default_rng(5)
    labels = pd.Series(rng.integers(0, 3, 900))
    mixed = rng.standard_normal((900, 8)) @ (np.eye(8) + 0.3 * rng.standard_normal((8, 8)))
    return Source.fit(pd.DataFrame(mixed + labels.to_numpy()[:, None], columns=[f"c{i}" for i in range(8)]), labels)


def test_quiet_nights_stay_quiet(source, tmp_path):
    alarms = count_alarms(source, 40, 1, tmp_path)
    assert alarms["gates nightly"] <= 4, "P(at least 5 of 40 nights at 1/365) is below 1e-7"
    assert alarms["KS, any column, 0.05"] >= 1, (
        "the peers look at the same rows: 8 columns, 40 nights, P(none) is below 1e-6"
    )


def test_a_shift_of_one_column_is_caught_on_its_first_night(source, tmp_path):
    caught = [catch_step(source, seed, tmp_path).alarms["gates nightly"] for seed in range(3)]
    assert caught == [True] * 3


def test_a_slow_drift_is_caught_and_its_onset_told(source, tmp_path, monkeypatch):
    monkeypatch.setattr(nights, "CREEP", 0.04)  # a quarter of the nights
    monkeypatch.setattr(nights, "CALM_BEFORE", 10)
    found = catch_creep(source, 1, tmp_path, most=30)
    assert found is not None
    assert 1 <= found.night <= 30
    assert found.onset is not None
    assert -9 <= found.onset <= found.night
    assert "least-squares change point" in found.sentence


def test_the_generator_draws_what_it_was_fitted_to(source):
    rows, labels = source.draw(4000, np.random.default_rng(3))
    assert rows.shape == (4000, 8)
    assert np.bincount(labels) / 4000 == pytest.approx(source.shares, abs=0.05)
    for label in range(3):
        assert rows[labels == label].mean().to_numpy() == pytest.approx(source.centres[label], abs=0.2)


def test_the_stability_index_is_above_a_fifth_where_a_column_moved(source):
    rng = np.random.default_rng(4)
    champion = Champion.learn(source, rng)
    rows = source.draw(2000, rng)[0]
    assert not stability(champion, rows)
    assert stability(champion, rows.assign(c3=rows["c3"] + 2.0))
