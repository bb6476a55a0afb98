"""A model file is one thing with its signature: other bytes, other types and other formats are not loaded."""

from __future__ import annotations

import io
import json
import pickle
import re
import warnings
import zipfile
from dataclasses import replace

import numpy
import pytest
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, VotingClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from gates.work.data.reading import read
from gates.work.data.split import split
from gates.work.errors import ArtifactError, DataError
from gates.work.model import archive
from gates.work.model.artifact import load, read_signature, save
from gates.work.model.golden import choose_rows, read_golden


class Unknown(BaseEstimator):
    """A type that nobody put on the list."""


def rewrite(source, target, change):
    """Copy a zip archive; ``change(name, content)`` gives the new content, None leaves the member out."""
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target, "w") as after:
        for name in before.namelist():
            content = change(name, before.read(name))
            if content is not None:
                after.writestr(name, content)


def test_the_golden_rows_hold_each_prediction_and_then_the_first_rows():
    assert choose_rows(["a"] * 30 + ["b"], 3) == [0, 1, 30]
    assert choose_rows(["a", "b", "a"], 3) == [0, 1, 2]
    assert choose_rows([0.5, 0.25, 0.125, 0.75], 2) == [0, 1]
    assert choose_rows(["a"], 20) == [0]


def test_a_model_predicts_what_it_predicted_in_memory(mixed):
    model = load(mixed.model, mixed.digest)
    golden = read_golden(mixed.golden)
    sides = split(read(mixed.batch, mixed.settings.roles), mixed.settings.roles, mixed.settings.holdout_share)
    assert model.predict(sides.holdout)[:20].tolist() == list(golden.predictions)
    assert numpy.array_equal(model.predict_proba(sides.holdout)[:20], golden.probabilities)
    assert model.classes == ("fern", "moss")
    assert model.size == mixed.model.stat().st_size


def test_columns_may_stand_in_any_order(mixed):
    model = load(mixed.model, mixed.digest)
    frame = read(mixed.batch, mixed.settings.roles)
    assert numpy.array_equal(model.predict(frame), model.predict(frame[frame.columns[::-1]]))


def test_a_missing_column_is_named(mixed):
    with pytest.raises(DataError, match="missing: soil"):
        load(mixed.model, mixed.digest).predict(read(mixed.batch).drop(columns="soil"))


def test_an_unknown_category_does_not_crash(mixed):
    frame = read(mixed.batch, mixed.settings.roles).head(3).assign(soil="lava")
    assert len(load(mixed.model, mixed.digest).predict(frame)) == 3


def test_the_signature_says_what_the_model_takes(mixed):
    signature = read_signature(mixed.model)
    assert [(feature.name, feature.kind, feature.nullable) for feature in signature.features] == [
        ("height", "number", False), ("width", "number", True), ("wild", "boolean", False), ("soil", "category", False),
    ]  # fmt: skip
    assert signature.features[3].categories == ("clay", "loam", "sand")
    assert signature.notes == (
        "seen was left out: it holds dates",
        "remark was left out: 240 distinct texts, at most 50 make a category",
    )
    assert signature.data == f"sha256:{mixed.batch.stem}"
    assert signature.training_rows == int(mixed.facts["training_rows"])
    assert set(signature.versions) >= {"python", "scikit-learn", "skops", "numpy"}


def test_the_digest_is_compared_first(mixed, tmp_path):
    copy = tmp_path / "model.skops"
    copy.write_bytes(b"not even a zip")
    with pytest.raises(ArtifactError, match=r"does not hold the model that was meant: found sha256:.*, wanted sha256:"):
        load(copy, mixed.digest)


def test_an_edited_member_is_another_model(mixed, tmp_path):
    copy = tmp_path / "model.skops"
    rewrite(mixed.model, copy, lambda name, content: content[:-1] + b"\x01" if name.endswith(".npy") else content)
    with pytest.raises(ArtifactError, match="does not hold the model that was meant"):
        load(copy, mixed.digest)


def test_a_truncated_file_is_refused(mixed, tmp_path, digest_of):
    copy = tmp_path / "model.skops"
    copy.write_bytes(mixed.model.read_bytes()[:-100])
    with pytest.raises(ArtifactError, match="is not a sound model file"):
        load(copy, digest_of(copy))
    with pytest.raises(ArtifactError, match="is not a sound model file"):
        read_signature(copy)


def test_a_symbolic_link_is_refused(mixed, tmp_path):
    link = tmp_path / "model.skops"
    link.symlink_to(mixed.model)
    for attempt in (lambda: load(link, mixed.digest), lambda: read_signature(link)):
        with pytest.raises(ArtifactError, match="is a symbolic link"):
            attempt()


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_pickle_is_never_read(tmp_path, protocol, digest_of):
    file = tmp_path / ("model.skops" if protocol else "model.pkl")
    file.write_bytes(pickle.dumps(DummyClassifier(), protocol=protocol))
    with pytest.raises(ArtifactError, match="is a pickle; reading one runs whatever it says"):
        load(file, digest_of(file))


@pytest.mark.parametrize("what", ["absent.skops", "."])
def test_what_is_no_file_is_refused(tmp_path, mixed, what):
    with pytest.raises(ArtifactError, match=r"cannot be read|not a regular file"):
        load(tmp_path / what, mixed.digest)


def test_a_type_that_is_not_on_our_list_is_refused_when_saving_and_when_loading(mixed, tmp_path):
    signature = read_signature(mixed.model)
    name = f"{Unknown.__module__}.Unknown"
    with pytest.raises(ArtifactError, match=f"holds 1 types that are not allowed: {name}"):
        save(Unknown(), signature, tmp_path / "model.skops")
    digest = save(Unknown(), signature, tmp_path / "model.skops", trusted=[name])
    with pytest.raises(ArtifactError, match="not allowed"):
        load(tmp_path / "model.skops", digest)
    assert isinstance(load(tmp_path / "model.skops", digest, trusted=[name]).estimator, Unknown)


@pytest.mark.parametrize(
    "estimator",
    [
        CalibratedClassifierCV(DecisionTreeClassifier()),
        KNeighborsClassifier(algorithm="kd_tree"),
        KNeighborsClassifier(algorithm="ball_tree"),
        MLPClassifier(max_iter=2),
        MLPClassifier(max_iter=2, solver="sgd"),
        VotingClassifier([("tree", DecisionTreeClassifier())], voting="soft"),
        HistGradientBoostingClassifier(max_iter=2),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_list_covers_what_users_train(mixed, tmp_path, estimator):
    X, y = numpy.random.default_rng(1).normal(size=(60, 2)), numpy.arange(60) % 2
    digest = save(estimator.fit(X, y), read_signature(mixed.model), tmp_path / "model.skops")
    loaded = load(tmp_path / "model.skops", digest).estimator
    assert numpy.array_equal(loaded.predict_proba(X), estimator.predict_proba(X))


def test_a_function_that_is_not_harmless_is_refused(mixed, tmp_path):
    import os

    with pytest.raises(ArtifactError, match=r"not allowed: .*system"):
        save(FunctionTransformer(os.system), read_signature(mixed.model), tmp_path / "model.skops")
    assert not list(tmp_path.iterdir())


def change_signature(change):
    def apply(name, content):
        if name != "signature.json":
            return content
        return change(json.loads(content))

    return apply


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda content: None, "holds 0 signatures"),
        (lambda content: json.dumps({**content, "schema": 2}), "has schema 2, this version reads 1"),
        (lambda content: json.dumps({**content, "extra": 2}), "is incomplete"),
        (lambda content: json.dumps({key: value for key, value in content.items() if key != "task"}), "is incomplete"),
        (lambda content: json.dumps({**content, "features": []}), "has 0 features"),
        (lambda content: json.dumps({**content, "task": "guessing"}), "task 'guessing'"),
        (lambda content: json.dumps({**content, "seed": float("nan")}), "NaN, which is not JSON"),
        (lambda content: json.dumps(content)[:-1] + ', "seed": 5}', "the key 'seed' stands twice"),
        (lambda content: "[]", "holds a list"),
        (lambda content: b"\xff", "is not a sound model file"),
        (lambda content: b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_damaged_signature_is_refused(mixed, tmp_path, change, expected, digest_of):
    copy = tmp_path / "model.skops"
    rewrite(mixed.model, copy, change_signature(change))
    with pytest.raises(ArtifactError, match=expected):
        read_signature(copy)
    with pytest.raises(ArtifactError, match=expected):
        load(copy, digest_of(copy))


def append(content: bytes, **members: bytes) -> bytes:
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that is there already
        for name, member in members.items():
            archive.writestr(name, member)
    return file.getvalue()


def encrypted(content: bytes) -> bytes:
    """The first member of the directory is said to be encrypted."""
    at = content.index(b"PK\x01\x02") + 8
    return content[:at] + bytes([content[at] | 1]) + content[at + 1 :]


ARCHIVES = {
    "signature.json more than once": lambda content: append(content, **{"signature.json": b"{}"}),
    "schema.json more than once": lambda content: append(content, **{"schema.json": b"{}"}),
    "has bytes behind its end": lambda content: content + b"hidden",
    "has bytes before its beginning": lambda content: b"hidden" + content,
    "'folder/', which is no file of a model": lambda content: append(content, **{"folder/": b""}),
    "'../up', which is no file of a model": lambda content: append(content, **{"../up": b""}),
    "'/etc/x', which is no file of a model": lambda content: append(content, **{"/etc/x": b""}),
    "encrypted member": encrypted,
    "6,000 bytes; at most 5,000 are read": lambda content: append(
        content[:0], **{"schema.json": bytes(6000), "signature.json": b"{}"}
    ),
    "30,002 bytes once it is unpacked; at most 20,000": lambda content: append(
        b"", **{"1.npy": bytes(30_000), "signature.json": b"{}"}
    ),
    "holds 41 members; at most 40": lambda content: append(b"", **{f"{at}.npy": b"" for at in range(41)}),
}


@pytest.mark.parametrize("fault", ARCHIVES)
def test_an_archive_that_is_more_than_a_model_is_refused_before_it_is_unpacked(
    fault, mixed, tmp_path, digest_of, monkeypatch
):
    monkeypatch.setattr(archive, "MOST_TREE", 5_000 if "5,000" in fault else archive.MOST_TREE)
    monkeypatch.setattr(archive, "MOST_BYTES", 20_000 if "20,000" in fault else archive.MOST_BYTES)
    monkeypatch.setattr(archive, "MOST_MEMBERS", 40 if "at most 40" in fault else archive.MOST_MEMBERS)
    copy = tmp_path / "model.skops"
    copy.write_bytes(ARCHIVES[fault](mixed.model.read_bytes()))
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *arguments: pytest.fail("a member was read"))
    for refused in (lambda: read_signature(copy), lambda: load(copy, digest_of(copy))):
        with pytest.raises(ArtifactError, match=re.escape(fault)):
            refused()


def test_a_model_that_nobody_could_load_is_not_saved(mixed, tmp_path, monkeypatch):
    model = load(mixed.model, mixed.digest)
    monkeypatch.setattr(archive, "MOST_BYTES", 1_000)
    with pytest.raises(ArtifactError, match="once it is unpacked; at most 1,000 are read"):
        save(model.estimator, model.signature, tmp_path / "model.skops")
    assert list(tmp_path.iterdir()) == []


def test_a_skops_file_of_somebody_else_has_no_signature(tmp_path):
    from skops import io as skops

    content = io.BytesIO()
    skops.dump(DummyClassifier(), content)
    (tmp_path / "model.skops").write_bytes(content.getvalue())
    with pytest.raises(ArtifactError, match="holds 0 signatures"):
        read_signature(tmp_path / "model.skops")


def test_a_model_without_probabilities_has_none(mixed, tmp_path):
    model = load(mixed.model, mixed.digest)
    digest = save(model.estimator, replace(model.signature, probabilities=False), tmp_path / "model.skops")
    assert load(tmp_path / "model.skops", digest).predict_proba(read(mixed.batch)) is None


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", '{"schema": 2}', '{"schema": 1, "rows": [], "matrix": null, "predictions": [], "probabilities": null}',
     '{"schema": 1, "rows": [{}], "matrix": null, "predictions": [1, 2], "probabilities": null}'],
)  # fmt: skip
def test_damaged_golden_predictions_are_refused(tmp_path, content):
    (tmp_path / "golden.json").write_text(content, encoding="utf-8")
    with pytest.raises(ArtifactError, match="golden predictions"):
        read_golden(tmp_path / "golden.json")


def test_golden_rows_of_numbers_come_as_a_matrix_too(numeric, mixed):
    golden = read_golden(numeric.golden)
    assert len(golden.rows) == len(golden.matrix) == 20
    assert tuple(golden.rows[0].values()) == golden.matrix[0]
    assert read_golden(mixed.golden).matrix is None
