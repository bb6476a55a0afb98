"""The sample data are the same everywhere, and behave like what they stand in for."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter

import pytest
from beside import needs_lab
from sklearn.metrics import accuracy_score, f1_score

from gates.work.data.reading import read
from gates.work.data.split import split
from gates.work.model.artifact import load
from gates.work.records import ColumnRoles
from ml import sample


def score(made):
    roles = made.settings.roles
    holdout = split(read(made.batch, roles), roles, made.settings.holdout_share).holdout
    predicted = load(made.model, made.digest).predict(holdout)
    return accuracy_score(holdout[roles.target], predicted), f1_score(holdout[roles.target], predicted, average="macro")


def test_the_stand_in_has_the_labs_schema_and_imbalance(sample_text):
    rows = list(csv.DictReader(sample_text.splitlines()))
    assert list(rows[0]) == ["cord_uid", *map(str, range(128)), "cluster"]
    assert len({row["cord_uid"] for row in rows}) == len(rows) == 1000
    assert sorted(Counter(row["cluster"] for row in rows).values()) == [1, 12, 37, 40, 71, 77, 119, 123, 129, 391]


def test_the_same_seed_gives_the_same_bytes(sample_text):
    assert (
        hashlib.sha256(sample_text.encode()).hexdigest()
        == "716dfe5d884b2c0ef5baf6b8e959145478d632b7f10cfd41c93da22116774ac6"
    )
    assert sample.lab(3) != sample_text


def test_the_arrivals_are_other_papers_of_the_same_kind_without_labels(sample_text):
    first, later = (list(csv.DictReader(text.splitlines())) for text in (sample_text, sample.arrivals()))
    assert list(later[0]) == list(first[0])[:-1]
    assert len({row["cord_uid"] for row in later}) == len(later) == 500
    assert not {row["cord_uid"] for row in later} & {row["cord_uid"] for row in first}
    means = [
        [sum(float(row[str(place)]) for row in rows) / len(rows) for place in range(128)] for rows in (first, later)
    ]
    assert max(abs(a - b) for a, b in zip(*means, strict=True)) < 0.35
    assert sample.arrivals() == sample.arrivals() != sample.arrivals(3)


def test_the_tree_scores_about_what_it_scores_on_the_labs_file_and_logistic_regression_much_better(
    numeric, make, sample_text
):
    better = make(sample_text, {"estimator": "logistic_regression"}, name='"m"', id='"cord_uid"', target='"cluster"')
    accuracy, macro = score(numeric)
    assert 0.41 <= accuracy <= 0.55
    assert 0.18 <= macro <= 0.34
    assert score(better)[0] > accuracy + 0.25


@needs_lab
def test_the_labs_own_file_is_split_and_learned(make, lab_file):
    made = make(
        lab_file.read_text(encoding="utf-8"), {"max_depth": "5"}, name='"m"', id='"cord_uid"', target='"cluster"'
    )
    accuracy, macro = score(made)
    assert made.facts["holdout_rows"] == "327"
    assert accuracy == pytest.approx(0.492, abs=0.03)
    assert macro == pytest.approx(0.26, abs=0.05)


@pytest.mark.parametrize(
    ("name", "target", "rows"), [("diabetes", "progression", 442), ("breast_cancer", "diagnosis", 569)]
)
def test_bundled_data_get_an_id(tmp_path, name, target, rows, capsys):
    assert sample.main([name, str(tmp_path / "deep" / "d.csv")]) == 0
    frame = read(tmp_path / "deep" / "d.csv", ColumnRoles("patient", target, "regression"))
    assert len(frame) == frame["patient"].nunique() == rows
    assert list(frame.columns)[-1] == target
    assert f"{rows} rows of {name}" in capsys.readouterr().out


def test_the_stand_in_is_called_synthetic(tmp_path, capsys):
    sample.main([str(tmp_path / "d.csv")])
    assert "1000 rows of synthetic data like the lab's" in capsys.readouterr().out
