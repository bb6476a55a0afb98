"""alibi-detect and its scipy twin say the same, and neither is ever asked or believed about what is not finite."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from beside import needs_lab

from gates.measures.drift import DetectorFault, DriftFault, detect
from gates.measures.drift.arrays import ColumnTests
from gates.measures.drift.table import tabulate
from gates.measures.drift.univariate import adjust, choose_backend, compare_columns, guard


def mixed(rng: np.random.Generator, rows: int, shift: float = 0.0) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "age": rng.normal(40 + shift, 10, rows),
            "steps": rng.poisson(3, rows),
            "town": rng.choice(["Bern", "Graz", "Linz"], rows, p=[0.5, 0.3, 0.2]),
            "member": rng.random(rows) < 0.3,
            "income": rng.lognormal(10, 1, rows),
            "plan": pd.Categorical(rng.choice(["a", "b"], rows)),
        }
    )
    frame.loc[rng.random(rows) < 0.1, "income"] = np.nan
    frame.loc[rng.random(rows) < 0.1, "town"] = None
    return frame


def test_both_backends_give_equal_p_values_on_every_kind_of_column(rng):
    table = tabulate(mixed(rng, 300), mixed(rng, 150, shift=4.0))
    alibi, scipy = (compare_columns(table, backend=name, alpha=0.01) for name in ("alibi-detect", "scipy"))
    assert len(alibi) == 8  # six columns, two of them also by what is missing
    assert [(one.name, one.kind, one.p_value, one.distance) for one in alibi] == [
        (one.name, one.kind, one.p_value, one.distance) for one in scipy
    ]


@needs_lab
def test_both_backends_give_equal_answers_on_the_lab_file(lab):
    alibi, scipy = (detect(lab[:600], lab[600:], backend=name) for name in ("alibi-detect", "scipy"))
    assert alibi.p_value == scipy.p_value
    assert [one.p_value for one in alibi.columns] == [one.p_value for one in scipy.columns]


def test_alibi_detect_alone_fails_open_which_is_why_it_is_guarded(rng):
    backend = choose_backend("alibi-detect")
    shifted = rng.normal(5, 1, (200, 1))
    shifted[0] = np.nan
    assert not (backend(rng.normal(0, 1, (200, 1)), shifted, (), 0.01).p_values < 0.01).any()
    with pytest.raises(DetectorFault, match="1 values that are not finite"):
        guard(backend)(rng.normal(0, 1, (200, 1)), shifted, (), 0.01)


@pytest.mark.parametrize("p", [np.array([np.nan]), np.array([1.5]), np.array([-0.1]), np.array([0.5, 0.5])])
def test_a_p_value_that_is_none_is_not_believed(p):
    backend = guard(lambda *_: ColumnTests(p, np.zeros_like(p)))
    with pytest.raises(DetectorFault, match="do not trust"):
        backend(np.zeros((3, 1)), np.zeros((3, 1)), (), 0.01)


def test_an_empty_side_never_reaches_a_detector():
    with pytest.raises(DetectorFault, match="current would reach the detector with no values"):
        guard(choose_backend("scipy"))(np.zeros((3, 1)), np.zeros((0, 1)), (), 0.01)


def test_an_unknown_backend_is_named():
    frame = pd.DataFrame({"a": [1.0, 2.0]})
    with pytest.raises(DriftFault, match="'scypi', wanted 'alibi-detect' or 'scipy'"):
        detect(frame, frame, backend="scypi")
    with pytest.raises(DriftFault, match="'scypi', wanted"):
        choose_backend("scypi")


def test_false_discovery_adjustment_is_that_of_benjamini_and_hochberg():
    assert adjust([0.01, 0.04, 0.03, 0.5]) == pytest.approx((0.04, 0.16 / 3, 0.16 / 3, 0.5))
    assert adjust([]) == ()
