"""A model that learned from dates, text and gaps as they were read: kept, asked by requests and by files, and refused by name."""

from __future__ import annotations

import json

import pytest
from batch_files import read

from gates.work.batch.scoring import score
from gates.work.config.settings import read_settings
from gates.work.data.source import fetch
from gates.work.errors import DataError, TrainingError
from gates.work.model.artifact import load
from gates.work.model.golden import read_golden
from gates.work.model.train_step import train
from gates.work.records import Identity
from gates.work.serving.scorer import BadRequest, Scorer, example, write_identity

TRAINING = """
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder


def days(X):
    return X.apply(lambda dates: dates.dt.day.fillna(0))


def fit(X, y, params):
    encoder = make_column_transformer(
        (SimpleImputer(), ["height", "width"]), ("passthrough", ["wild"]), (OneHotEncoder(handle_unknown="ignore"), ["soil"]),
        (FunctionTransformer(days), ["seen"]), (TfidfVectorizer(), "remark"),
    )
    return make_pipeline(encoder, LogisticRegression(max_iter=1000)).fit(X, y)


def forget_dates(X, y, params):
    return LogisticRegression().fit(X[["height", "seen"]], y)
"""
TRUSTED = ("raw_training.days",)


@pytest.fixture
def settings(tmp_path, write_project, plants, monkeypatch):
    """Return a function that gives the settings and the snapshot of the plants for other keys of [tool.ml]."""
    (tmp_path / "raw_training.py").write_text(TRAINING, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    def build(**changes):
        keys = {"train": '"raw_training:fit"', "features": '"raw"', "trusted_types": json.dumps(TRUSTED), **changes}
        source = tmp_path / "plants.csv"
        source.write_text(plants, encoding="utf-8")
        return read_settings(write_project(tmp_path, **keys)), fetch(str(source), tmp_path)

    return build


@pytest.fixture
def raw(settings, tmp_path, digest_of):
    """Return a model of raw columns, as it was written and read again."""
    own, batch = settings()
    train(own, batch.path, batch.digest, {}, tmp_path)
    file = tmp_path / "model.skops"
    return load(file, digest_of(file), trusted=TRUSTED)


def scorer_of(model):
    return Scorer(model, Identity("plants", 1, model.digest), max_rows=50)


def test_golden_rows_of_dates_and_text_are_answered_as_in_the_trainers_memory(raw, tmp_path):
    assert [f.kind for f in raw.signature.features] == ["number", "number", "boolean", "category", "date", "text"]
    golden = read_golden(tmp_path / "golden.json")
    assert golden.matrix is None
    assert golden.rows[0]["seen"].startswith("2026-01-")
    assert golden.rows[0]["wild"] in (True, False)
    rows = json.loads(json.dumps(list(golden.rows)))
    answer = scorer_of(raw).answer(rows, probabilities=True)
    assert answer["result"] == list(golden.predictions)
    assert answer["probabilities"] == [list(row) for row in golden.probabilities]
    alone = [scorer_of(raw).answer([list(row.values())])["result"][0] for row in rows]
    assert alone == answer["result"]


RECORD = {"height": 0.5, "width": None, "wild": True, "soil": "clay", "seen": "2026-01-05", "remark": "note 7"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"seen": "5 January"}, "column 'seen' of row 0 is the text '5 January'; wanted a date in ISO 8601"),
        ({"seen": 20260105}, "column 'seen' of row 0 is the number 20260105; wanted a date in ISO 8601"),
        ({"seen": None}, "column 'seen' of row 0 is null; the model never saw it missing"),
        ({"seen": "9999-12-31"}, "wanted a date in ISO 8601"),
        ({"remark": 5}, "column 'remark' of row 0 is the number 5; wanted a text"),
        ({"remark": "x" * 1001}, "column 'remark' of row 0 has 1,001 characters; at most 1,000 are taken"),
        ({"wild": "yes"}, "column 'wild' of row 0 is the text 'yes'; wanted true or false"),
    ],
    ids=["a text", "a number", "missing", "year 9999", "a number as text", "too long", "no truth value"],
)
def test_a_cell_of_another_kind_is_refused_with_a_sentence(raw, changes, expected):
    scorer = scorer_of(raw)
    assert len(scorer.answer([RECORD])["result"]) == 1
    with pytest.raises(BadRequest) as refusal:
        scorer.answer([{**RECORD, **changes}])
    assert expected in str(refusal.value)


def test_a_request_of_the_longest_texts_fits_into_the_largest_body(raw, tmp_path):
    scorer = scorer_of(raw)
    rows = [{**RECORD, "remark": "\U0001f33f" * 1000}] * 50
    assert len(json.dumps({"data": rows})) <= scorer.largest_body
    assert len(scorer.answer(rows)["result"]) == 50
    write_identity(tmp_path, Identity("plants", 1, raw.digest), max_rows=50)
    assert example(tmp_path) == [[0.0, 0.0, 0.0, "text", "2026-01-31", "text"]]


def test_a_file_is_scored_as_requests_are_in_csv_and_in_parquet(raw, tmp_path):
    import pandas

    source = tmp_path / "plants.csv"
    pandas.read_csv(source, parse_dates=["seen"]).to_parquet(tmp_path / "plants.parquet", index=False)
    score(raw, source, tmp_path / "of_csv.csv")
    score(raw, tmp_path / "plants.parquet", tmp_path / "of_parquet.csv")
    assert read(tmp_path / "of_csv.csv") == read(tmp_path / "of_parquet.csv")
    rows = [
        dict(zip(("plant", *RECORD), line.split(",")[:7], strict=True)) for line in source.read_text().splitlines()[1:6]
    ]
    for row, line in zip(rows, read(tmp_path / "of_csv.csv")[1:6], strict=True):
        record = {**RECORD, "height": float(row["height"]), "width": float(row["width"]) if row["width"] else None}
        record |= {"wild": row["wild"] == "true", "soil": row["soil"], "seen": row["seen"], "remark": row["remark"]}
        assert scorer_of(raw).answer([record])["result"] == [line[2]]


def test_rows_of_a_file_with_another_date_are_refused_by_the_endpoints_sentence(raw, tmp_path):
    lines = (tmp_path / "plants.csv").read_text(encoding="utf-8").splitlines()
    lines[3] = lines[3].replace("2026-01-", "Jan ")
    (tmp_path / "bad.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="column 'seen' of row 3 is the text 'Jan 03'; wanted a date in ISO 8601"):
        score(raw, tmp_path / "bad.csv", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_a_fit_that_fails_says_which_columns_it_did_not_get_and_how_to_keep_them(settings, tmp_path):
    own, batch = settings(train='"raw_training:forget_dates"', features="")
    with pytest.raises(TrainingError) as refusal:
        train(own, batch.path, batch.digest, {}, tmp_path)
    assert "KeyError" in refusal.value.message
    for part in (
        "seen was left out: it holds dates",
        "remark was left out",
        'features = "raw" in [tool.ml] hands every column',
    ):
        assert part in refusal.value.remedy


def test_a_fit_that_fails_on_raw_columns_says_that_dates_and_texts_are_among_them(settings, tmp_path):
    own, batch = settings(train='"raw_training:forget_dates"')
    with pytest.raises(TrainingError) as refusal:
        train(own, batch.path, batch.digest, {}, tmp_path)
    assert "X has columns of dates, seen: turn them into numbers inside your estimator" in refusal.value.remedy
    assert "not in X" not in refusal.value.remedy
