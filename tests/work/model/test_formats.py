"""Models of other libraries are kept in their own formats, answer as they did in memory, and run nothing that a file brings."""

from __future__ import annotations

import json
import sys
import zipfile
from dataclasses import replace

import numpy
import pandas
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from gates.work.data.features import choose, normalise
from gates.work.data.reading import read
from gates.work.data.split import split
from gates.work.errors import ArtifactError, DataError
from gates.work.model.artifact import load, read_signature, save, to_bytes
from gates.work.model.formats import FORMATS, format_of, recognise
from gates.work.model.golden import read_golden

NUMBERS = pandas.DataFrame(numpy.random.default_rng(0).normal(size=(300, 3)), columns=["a b", "größe", "=c"])
SIGN = numpy.where(NUMBERS["a b"] + NUMBERS["=c"] > 0, "up", "down")
LEVEL = NUMBERS["a b"] * 3 + 1


def estimators(library, task):
    """A fitted estimator of a library's own, and the labels that it learned."""
    y = SIGN if task == "classification" else LEVEL
    if library == "xgboost":
        import xgboost

        if task == "classification":
            return xgboost.XGBClassifier(n_estimators=8).fit(NUMBERS, (y == "up").astype(int))
        return xgboost.XGBRegressor(n_estimators=8).fit(NUMBERS, y)
    if library == "lightgbm":
        import lightgbm

        kind = lightgbm.LGBMClassifier if task == "classification" else lightgbm.LGBMRegressor
        return kind(n_estimators=8, verbose=-1).fit(NUMBERS.to_numpy(), y)
    import catboost

    kind = catboost.CatBoostClassifier if task == "classification" else catboost.CatBoostRegressor
    return kind(iterations=8, verbose=0, allow_writing_files=False, thread_count=1).fit(NUMBERS, y)


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("library", ["xgboost", "lightgbm", "catboost"])
def test_a_model_answers_from_its_bytes_as_it_did_in_memory(library, task):
    fitted = estimators(library, task)
    format = FORMATS[format_of(fitted)]
    data = format.to_bytes(fitted)
    described = format.describe(data)
    assert described.width == 3
    assert described.outputs == (2 if task == "classification" else None)
    classes = fitted.classes_.tolist() if task == "classification" else None
    opened = format.open_model(data, classes)
    if classes is None:
        assert opened.predict(NUMBERS) == pytest.approx(numpy.ravel(fitted.predict(NUMBERS)), abs=1e-6)
    else:
        assert opened.predict_proba(NUMBERS) == pytest.approx(fitted.predict_proba(NUMBERS), abs=1e-6)
        assert opened.predict(NUMBERS).tolist() == numpy.ravel(fitted.predict(NUMBERS)).tolist()


@pytest.mark.parametrize(
    "form", ["labels and dictionaries", "labels and a table", "a column for each input", "numbers"]
)
def test_an_onnx_graph_answers_as_the_estimator_that_it_was_made_from(form):
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    y = LEVEL if form == "numbers" else SIGN
    fitted = (LinearRegression() if form == "numbers" else LogisticRegression()).fit(NUMBERS.to_numpy(), y)
    options = {id(fitted): {"zipmap": form != "labels and a table"}} if form != "numbers" else None
    first = NUMBERS.to_numpy(dtype="float32")[:1]
    if form == "a column for each input":
        from sklearn.compose import ColumnTransformer
        from sklearn.pipeline import make_pipeline

        columns = ColumnTransformer([("all", "passthrough", ["a", "b", "c"])])
        renamed = NUMBERS.set_axis(["a", "b", "c"], axis=1)
        fitted = make_pipeline(columns, LogisticRegression()).fit(renamed, y)
        graph = to_onnx(fitted, initial_types=[(name, FloatTensorType([None, 1])) for name in renamed])
    else:
        graph = to_onnx(fitted, first, options=options)
    data = FORMATS["onnx"].to_bytes(graph)
    described = FORMATS["onnx"].describe(data)
    opened = FORMATS["onnx"].open_model(data, None if form == "numbers" else ("down", "up"))
    if form == "numbers":
        assert described.outputs is None
        assert opened.predict(NUMBERS) == pytest.approx(fitted.predict(NUMBERS.to_numpy()), abs=1e-4)
        return
    X = NUMBERS.set_axis(["a", "b", "c"], axis=1) if form == "a column for each input" else NUMBERS.to_numpy()
    assert described.outputs == 2
    assert described.features == (("a", "b", "c") if form == "a column for each input" else ())
    assert described.labels == (None if form == "labels and a table" else ("down", "up"))
    assert opened.predict_proba(NUMBERS) == pytest.approx(fitted.predict_proba(X), abs=1e-5)
    assert opened.predict(NUMBERS).tolist() == fitted.predict(X).tolist()


def test_a_missing_value_that_a_model_makes_no_number_of_is_refused():
    from skl2onnx import to_onnx

    fitted = LogisticRegression().fit(NUMBERS.to_numpy(), SIGN)
    data = FORMATS["onnx"].to_bytes(to_onnx(fitted, NUMBERS.to_numpy(dtype="float32")[:1]))
    holed = NUMBERS.copy()
    holed.iloc[2, 0] = numpy.nan
    with pytest.raises(DataError, match="answers 1 of 300 rows with no finite number, first row 2"):
        FORMATS["onnx"].open_model(data, ("down", "up")).predict(holed)


def test_xgboost_stops_early_in_the_file_as_in_memory():
    import xgboost

    y = (SIGN == "up").astype(int)
    y[::5] = 1 - y[::5]
    fitted = xgboost.XGBClassifier(n_estimators=60, early_stopping_rounds=2, max_depth=6)
    fitted.fit(NUMBERS[:200], y[:200], eval_set=[(NUMBERS[200:], y[200:])], verbose=False)
    assert fitted.best_iteration < fitted.get_booster().num_boosted_rounds() - 1
    opened = FORMATS["xgboost"].open_model(FORMATS["xgboost"].to_bytes(fitted), (0, 1))
    assert opened.predict_proba(NUMBERS) == pytest.approx(fitted.predict_proba(NUMBERS), abs=1e-6)


def test_xgboost_with_labels_alone_gives_no_probabilities():
    import xgboost

    matrix = xgboost.DMatrix(NUMBERS, (SIGN == "up").astype(int))
    booster = xgboost.train({"objective": "multi:softmax", "num_class": 2}, matrix, 5)
    data = FORMATS["xgboost"].to_bytes(booster)
    opened = FORMATS["xgboost"].open_model(data, ("down", "up"))
    assert not hasattr(opened, "predict_proba")
    assert (opened.predict(NUMBERS) == SIGN).mean() > 0.9
    with pytest.raises(ArtifactError, match="answers class 1, and 1 labels are known"):
        FORMATS["xgboost"].open_model(data, ("down",)).predict(NUMBERS)


@pytest.mark.parametrize("objective", ["rank:pairwise", "binary:logitraw"])
def test_an_objective_that_is_neither_shares_nor_numbers_is_refused(objective):
    import xgboost

    matrix = xgboost.DMatrix(NUMBERS, (SIGN == "up").astype(int))
    data = FORMATS["xgboost"].to_bytes(xgboost.train({"objective": objective}, matrix, 2))
    with pytest.raises(ArtifactError, match="the model's objective is"):
        FORMATS["xgboost"].describe(data)


@pytest.mark.parametrize(
    ("format", "data"),
    [
        ("xgboost", b'{"learner": 3}'),
        ("lightgbm", b"tree\nversion=v4\nnonsense"),
        ("catboost", b"CBM1nonsense"),
        ("onnx", b"nonsense"),
    ],
)
def test_damaged_bytes_are_refused_in_one_sentence(format, data):
    with pytest.raises(ArtifactError, match="cannot be read: ") as refused:
        FORMATS[format].describe(data)
    assert "\n" not in refused.value.message


@pytest.mark.parametrize("format", [*FORMATS])
def test_a_library_that_is_not_installed_is_named(format, monkeypatch):
    monkeypatch.setitem(sys.modules, FORMATS[format].PACKAGE, None)
    with pytest.raises(ArtifactError, match=f"needs the package {FORMATS[format].PACKAGE}"):
        FORMATS[format].describe(b"")


def test_no_format_takes_the_bytes_of_another():
    for library in ("xgboost", "lightgbm", "catboost"):
        data = FORMATS[library].to_bytes(estimators(library, "regression"))
        assert recognise(data, f"model{FORMATS[library].SUFFIXES[0]}") == library
    assert recognise(b"hello", "model.txt") is None
    assert recognise(b'{"a": 1}', "model.json") is None


TRAIN = """
import lightgbm


def fit(X, y, params):
    if params["task"] == "regression":
        return lightgbm.LGBMRegressor(n_estimators=10, verbose=-1, random_state=0).fit(X, y)
    return lightgbm.LGBMClassifier(n_estimators=10, verbose=-1, random_state=0).fit(X, y)

"""


@pytest.fixture
def lights(tmp_path, monkeypatch):
    """A module of the project whose estimator is LightGBM's own."""
    (tmp_path / "lights.py").write_text(TRAIN, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))


def test_what_fit_returns_is_kept_in_its_own_format(make, plants, lights):
    made = make(plants, train='"lights:fit"', features='["height", "width"]')
    signature = read_signature(made.model)
    assert (signature.format, signature.classes, signature.probabilities) == ("lightgbm", ("fern", "moss"), True)
    assert "lightgbm" in signature.versions
    with zipfile.ZipFile(made.model) as archive:
        assert sorted(archive.namelist()) == ["lightgbm.txt", "signature.json"]
    model, golden = load(made.model, made.digest), read_golden(made.golden)
    holdout = split(read(made.batch, made.settings.roles), made.settings.roles, made.settings.holdout_share).holdout
    assert model.predict(holdout)[:20].tolist() == list(golden.predictions)
    assert model.predict_proba(holdout)[:20] == pytest.approx(numpy.array(golden.probabilities), abs=1e-9)


def test_an_estimator_that_its_library_cannot_write_is_refused():
    import lightgbm

    with pytest.raises(
        ArtifactError, match="LGBMClassifier cannot be saved in the format of lightgbm: No booster found"
    ):
        to_bytes(lightgbm.LGBMClassifier(), "lightgbm")


def test_a_file_with_another_member_or_an_unknown_format_is_not_loaded(mixed, tmp_path, digest_of):
    signature = read_signature(mixed.model)
    frame = read(mixed.batch, mixed.settings.roles)
    numbers = normalise(
        frame, [feature for feature in choose(frame, mixed.settings.roles).features if feature.kind == "number"]
    )
    import lightgbm

    fitted = lightgbm.LGBMClassifier(n_estimators=2, verbose=-1).fit(numbers, frame["kind"])
    features = tuple(feature for feature in signature.features if feature.kind == "number")
    path = tmp_path / "model.skops"
    digest = save(fitted, replace(signature, format="lightgbm", features=features), path)
    assert load(path, digest).predict(frame).shape == (len(frame),)
    for name, change, sentence in (
        ("more.skops", {"code.py": b"1"}, "holds code.py, lightgbm.txt, wanted lightgbm.txt"),
        ("other.skops", {"signature.json": _with(path, format="torch")}, "the model is kept as 'torch'"),
        ("odd.skops", {"signature.json": _with(path, format=3)}, "names the format 3"),
    ):
        other = tmp_path / name
        with zipfile.ZipFile(path) as before, zipfile.ZipFile(other, "w") as after:
            members = {member: before.read(member) for member in before.namelist()} | change
            for member, content in members.items():
                after.writestr(member, content)
        with pytest.raises(ArtifactError, match=sentence):
            load(other, digest_of(other))


def _with(path, **changes):
    with zipfile.ZipFile(path) as archive:
        return json.dumps(json.loads(archive.read("signature.json")) | changes).encode()
