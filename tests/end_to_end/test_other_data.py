"""Data of another kind work by configuration alone: two classes with text labels, a regression, and dates and free text."""

import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from command_line import ROOT, call, champion_of


@pytest.mark.parametrize("name", ["breast_cancer", "diabetes"])
def test_another_data_set_goes_the_whole_way_by_configuration(name, tmp_path):
    data, home = tmp_path / f"{name}.csv", tmp_path / "home"
    subprocess.run([sys.executable, "-m", "ml.sample", name, str(data)], cwd=ROOT, check=True, capture_output=True)
    policy = ("--policy", f"docs/examples/{name}.toml", "--data", str(data))

    told = call("run", *policy, home=home)
    assert (told.code, told.document["ending"]) == (0, "promoted"), told.out
    assert champion_of(home, name) == 1

    worse = call("run", *policy, "--param", "estimator=decision_tree", "--param", "max_depth=1", home=home)
    assert worse.code == 1, worse.out
    refused = {(reason["code"], reason["check"].partition("[")[0]) for reason in worse.document["reasons"]}
    compared = ("test_champion.py::test_challenger_is_no_worse", "test_slices.py::test_no_class_collapses")
    assert refused & {("bound-missed", f"gates:model/{check}") for check in compared}, refused
    assert champion_of(home, name) == 1


CUSTOMERS = """
[tool.ml]
name = "churn"
id = "kunde"
target = "left"
task = "classification"
train = "ml.training:fit"
params = { estimator = "logistic_regression" }

[tool.gates]
extends = "breast_cancer.toml"

[tool.gates.model.checks]
"model_checks/test_floors.py::test_challenger_clears_the_floor" = { accuracy = ">= 0.70", macro_f1 = ">= 0.40" }
"""


def write_customers(path):
    """Numbers with gaps, categories, truth values, dates and free text, under awkward names; one class has one member."""
    draw = np.random.default_rng(3)
    rows = 900
    size, city, vip = draw.normal(size=rows), draw.choice(["Köln", "=SUM(A1)", "東京"], rows), draw.random(rows) < 0.3
    score = size + 1.2 * vip + 1.5 * (city == "Köln") + draw.normal(scale=0.6, size=rows)
    left = np.where(score > 1, "yes", "no").astype(object)
    left[7] = "=maybe"
    columns = {
        "kunde": [f"{row:05d}" for row in range(rows)],
        "größe": size.round(6),
        "=cmd|x": city,
        "vip": vip,
        "income €": np.where(draw.random(rows) < 0.1, np.nan, draw.lognormal(3, 0.5, rows)),
        "seen": pd.date_range("2026-01-01", periods=rows, freq="h"),
        "remarks": [f"remark {row} about {draw.integers(10**9)}" for row in range(rows)],
        "left": left,
    }
    pd.DataFrame(columns).to_parquet(path, index=False)


def test_a_table_of_mixed_types_goes_the_whole_way_and_is_told_what_was_left_out(project, tmp_path):
    home, data = tmp_path / "home", tmp_path / "customers.parquet"
    write_customers(data)
    shutil.copytree(ROOT / "docs" / "examples", project / "docs" / "examples")
    policy = project / "docs" / "examples" / "churn.toml"
    policy.write_text(CUSTOMERS, encoding="utf-8")

    told = call("run", "--policy", str(policy), "--data", str(data), home=home)
    assert (told.code, told.document["ending"]) == (0, "promoted"), told.out
    assert "seen was left out: it holds dates" in told.out
    assert "remarks was left out: 900 distinct texts" in told.out
    assert champion_of(home, "churn") == 1


RAW = """
[tool.ml]
name = "orders"
id = "kunde"
target = "left"
task = "classification"
features = "raw"
train = "raw_training:fit"
trusted_types = ["raw_training.years", "raw_training.words"]

[tool.gates]
extends = "breast_cancer.toml"

[tool.gates.model.checks]
"model_checks/test_floors.py::test_challenger_clears_the_floor" = { accuracy = ">= 0.75", macro_f1 = ">= 0.70" }
"""

RAW_TRAINING = """
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder


def years(X):
    return X.apply(lambda dates: dates.dt.year.fillna(0))


def words(X):
    return X.iloc[:, 0].fillna("")


def fit(X, y, params):
    encoder = make_column_transformer(
        (SimpleImputer(), ["size"]),
        (make_pipeline(FunctionTransformer(years), OneHotEncoder(handle_unknown="ignore")), ["since"]),
        (make_pipeline(FunctionTransformer(words), TfidfVectorizer()), ["=remark|x"]),
        (OneHotEncoder(handle_unknown="ignore"), ["plan", "news"]),
        ("passthrough", ["vip"]),
    )
    return make_pipeline(encoder, LogisticRegression(C=params.get("C", 1.0), max_iter=2000)).fit(X, y)
"""


def write_orders(path):
    """A number, dates, free text, categories and truth values, all with gaps but one: text and date decide most."""
    draw = np.random.default_rng(4)
    rows = 900
    words = (
        ("slow delivery", "broken on arrival", "never again"),
        ("works well", "quick and friendly", "as described"),
    )
    unhappy, size, vip = draw.random(rows) < 0.4, draw.normal(size=rows), draw.random(rows) < 0.3
    since = pd.Timestamp("2020-01-01") + pd.to_timedelta(draw.integers(0, 1500, rows), unit="D")
    score = 1.5 * unhappy + size + (since.year >= 2023) + 0.8 * vip + draw.normal(scale=0.5, size=rows)
    remarks = [f"order {row}: {words[int(not bad)][draw.integers(3)]}" for row, bad in enumerate(unhappy)]
    columns = {
        "kunde": [f"{row:05d}" for row in range(rows)],
        "size": pd.Series(size.round(4)).where(draw.random(rows) > 0.1),
        "since": pd.Series(since).where(draw.random(rows) > 0.1),
        "=remark|x": pd.Series(remarks).where(draw.random(rows) > 0.1, None),
        "plan": draw.choice(np.array(["basic", "pro", None], dtype=object), rows),
        "vip": vip,
        "news": draw.choice(np.array([True, False, None], dtype=object), rows),
        "left": np.where(score > 1.5, "yes", "no"),
    }
    pd.DataFrame(columns).to_parquet(path, index=False)


def test_dates_and_free_text_go_to_the_users_own_pipeline_the_whole_way(project, tmp_path):
    home, data = tmp_path / "home", tmp_path / "orders.parquet"
    write_orders(data)
    shutil.copytree(ROOT / "docs" / "examples", project / "docs" / "examples")
    policy = project / "docs" / "examples" / "orders.toml"
    policy.write_text(RAW, encoding="utf-8")
    policy.with_name("raw_training.py").write_text(RAW_TRAINING, encoding="utf-8")

    good = call("run", "--policy", str(policy), "--data", str(data), home=home)
    assert (good.code, good.document["ending"]) == (0, "promoted"), good.out
    assert "left out" not in good.out

    worse = call("run", "--policy", str(policy), "--data", str(data), "--param", "C=0.00001", home=home)
    assert worse.code == 1, worse.out
    refused = {(reason["code"], reason["check"].partition("[")[0]) for reason in worse.document["reasons"]}
    assert ("bound-missed", "gates:model/test_floors.py::test_challenger_clears_the_floor") in refused, refused
    assert champion_of(home, "orders") == 1
