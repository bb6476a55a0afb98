"""A column that groups the rows is found where nobody declared it; columns that do not are left alone."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

from gates.measures.data.undeclared_groups import find_undeclared_groups

ROLES = SimpleNamespace(
    id="id", target="y", task="classification", features=(), time="at", slices=(), group=None, weight=None
)


def visits(patients=60, each=10, *, noise=0.05, seed=3):
    """Visits of patients whose values hardly change, with a label that is drawn for the patient alone."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), each)
    values = rng.normal(size=(patients, 4))[patient] + noise * rng.normal(size=(patients * each, 4))
    frame = pd.DataFrame(values, columns=list("abcd"))
    return frame.assign(id=range(len(frame)), patient=patient, y=rng.integers(0, 2, patients)[patient])


def parted(frame, seed=0):
    held = np.random.default_rng(seed).random(len(frame)) < 0.33
    return frame[~held], frame[held]


@pytest.mark.parametrize(
    "name", [str, int, float, lambda n: f"größe {n}", lambda n: f"2026-01-01T{n // 60:02}:{n % 60:02}"]
)
def test_visits_of_a_patient_are_found_whatever_the_column_holds(name):
    frame = visits()
    frame["patient"] = [name(n) for n in frame["patient"]]
    met = find_undeclared_groups(*parted(frame), ROLES)
    assert met.column == "patient"
    assert met.share > 0.9
    assert met.chance < 0.05
    assert "write group = 'patient' in [tool.ml]" in met.describe()


def test_a_declared_group_is_not_looked_at():
    roles = SimpleNamespace(**{**vars(ROLES), "group": "patient"})
    met = find_undeclared_groups(*parted(visits()), roles)
    assert (met.share, met.column) == (0.0, "")
    assert met.describe() == "no column has rare values that most holdout rows share with training rows"


def test_rows_that_only_carry_a_number_in_common_are_no_group():
    frame = visits()
    frame["patient"] = np.random.default_rng(1).permutation(frame["patient"])
    assert find_undeclared_groups(*parted(frame), ROLES).share < 0.15


def test_groups_that_stand_on_one_side_are_no_leak():
    frame = visits()
    assert find_undeclared_groups(frame[frame["patient"] < 40], frame[frame["patient"] >= 40], ROLES).share == 0.0


def test_a_column_and_its_double_are_no_group():
    rng = np.random.default_rng(2)
    price = rng.integers(0, 300, 900)
    frame = pd.DataFrame({"id": range(900), "price": price, "gross": price * 119, "x": rng.normal(size=900), "y": 0})
    assert find_undeclared_groups(*parted(frame), ROLES).share < 0.1


def test_a_category_with_many_rows_in_each_value_is_no_group():
    frame = visits(4, 200)
    assert find_undeclared_groups(*parted(frame), ROLES).share == 0.0


@pytest.mark.parametrize("load", ["iris", "wine", "breast_cancer", "digits", "diabetes"])
def test_the_data_of_scikit_learn_have_no_group(load):
    loaded = getattr(datasets, f"load_{load}")(as_frame=True)
    frame = loaded.frame.rename(columns={"target": "y"}).assign(id=range(len(loaded.frame)))
    assert find_undeclared_groups(*parted(frame), ROLES).share <= 0.4  # the bound is 0.5


@pytest.mark.parametrize(
    "damage",
    [
        lambda f: f.assign(a=np.nan, b=np.inf, c=None, d=1.0),
        lambda f: f[["id", "patient", "y"]],
        lambda f: f.assign(patient=None),
        lambda f: f.assign(**{"=SUM(A1)": "x", "größe": [f"t{n}" for n in range(len(f))]}),
    ],
    ids=["nothing to measure", "no other column", "all missing", "strange names and free text"],
)
def test_odd_tables_give_a_share_and_no_crash(damage):
    met = find_undeclared_groups(*parted(damage(visits())), ROLES)
    assert 0.0 <= met.share <= 1.0
    assert met.n > 0


def test_a_category_takes_part_in_the_distance():
    frame = visits().drop(columns=list("abcd"))
    rng = np.random.default_rng(5)
    for column in "efghij":  # six categories of ten values that belong to the patient
        frame[column] = [f"v{n}" for n in rng.integers(0, 10, 60)[frame["patient"]]]
    assert find_undeclared_groups(*parted(frame), ROLES).column == "patient"


def test_a_common_value_beside_rare_ones_groups_nothing():
    """The pixels of a picture: a third of them are white, and pictures that are alike are alike there."""
    shape = np.random.default_rng(5).normal(size=(900, 2))
    pixel = np.where(shape[:, 0] < -0.3, 0, np.clip(np.round(20 * (shape[:, 0] + 0.3)), 1, 60)).astype(int)
    frame = pd.DataFrame(shape, columns=list("ab")).assign(id=range(900), pixel=pixel, y=0)
    assert (pixel == 0).mean() > 0.3
    met = find_undeclared_groups(*parted(frame), ROLES)
    assert met.column == "pixel"
    assert met.share < 0.3
