"""One training: what it leaves, what it refuses, and what the parent learns when it ends badly."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import py_compile

import numpy
import pytest

from gates.errors import ConfigError, GatesError
from gates.work.backends.local.training import run_training
from gates.work.config.settings import read_settings
from gates.work.data.reading import read
from gates.work.data.source import fetch
from gates.work.errors import DataError, TrainingError
from gates.work.model.artifact import load
from gates.work.model.golden import read_golden
from gates.work.model.train_step import main, train

OWN = """
import os, signal, time

def fit(X, y, params):
    from sklearn.dummy import DummyClassifier
    assert params["task"] == "classification"
    return DummyClassifier(strategy=params.get("strategy", "prior"), random_state=params["seed"]).fit(X, y)

def crash(X, y, params):
    return 1 / 0

def bare(X, y, params):
    from sklearn.tree import DecisionTreeClassifier
    return DecisionTreeClassifier().fit(X, y)

def forget(X, y, params):
    return None

def unfitted(X, y, params):
    from sklearn.dummy import DummyClassifier
    return DummyClassifier()

def die(X, y, params):
    print("about to die", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

def leave(X, y, params):
    os._exit(7)

def daemon(X, y, params):
    import subprocess
    subprocess.Popen(["sleep", "600"], start_new_session=True)
    return fit(X, y, params)

def sleep(X, y, params):
    time.sleep(600)
"""


@pytest.fixture
def project(tmp_path, plants, write_project):
    """A folder with data and a training module of the user's own: ``project("own_work:fit")`` gives config and batch."""

    def build(train_with="ml.training:fit", text=plants, **changes):
        (tmp_path / "own_work.py").write_text(OWN, encoding="utf-8")
        source = tmp_path / "data.csv"
        source.write_text(text, encoding="utf-8")
        config = write_project(tmp_path, train=f'"{train_with}"', **changes)
        return config, fetch(str(source), tmp_path / "snapshots")

    return build


def test_training_leaves_model_golden_predictions_and_facts(mixed):
    assert mixed.facts["recipe"] == "decision_tree()"
    assert int(mixed.facts["training_rows"]) + int(mixed.facts["holdout_rows"]) == int(mixed.facts["rows"]) == 240
    assert all(isinstance(value, str) for value in mixed.facts.values())
    assert "remark was left out" in mixed.facts["notes"]


def test_training_twice_predicts_the_same(make, plants):
    models = [make(plants, {"estimator": "random_forest", "n_estimators": "5"}) for _ in range(2)]
    frame = read(models[0].batch, models[0].settings.roles)
    first, second = (load(made.model, made.digest).predict_proba(frame) for made in models)
    assert numpy.array_equal(first, second)


def test_regression_gives_numbers(make, plants):
    made = make(plants, target='"height"', task='"regression"', params='{ estimator = "ridge" }')
    model = load(made.model, made.digest)
    assert model.predict_proba(read(made.batch)) is model.classes is None
    assert all(isinstance(value, float) for value in read_golden(made.golden).predictions)


def test_a_class_of_one_is_learned(numeric):
    assert 6 in load(numeric.model, numeric.digest).classes


def test_strange_column_names_survive(make):
    text = 'plant,"=SUM(A1:A2)",größe,"a,b",kind\n' + "".join(
        f"p{n},{n},{n % 7},{-n},{'x' if n % 3 else 'y'}\n" for n in range(60)
    )
    made = make(text)
    assert load(made.model, made.digest).features == ("=SUM(A1:A2)", "größe", "a,b")
    assert set(read_golden(made.golden).rows[0]) == {"=SUM(A1:A2)", "größe", "a,b"}


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        ("plant,n,kind\n" + "".join(f"p{n},{n},\n" for n in range(9)) + "q,1,a\n", {}, "have no 'kind', the target"),
        ("plant,n,kind\n" + "".join(f"p{n},{n},a\n" for n in range(60)), {}, "has one class only, 'a'"),
        (
            "plant,n,kind\n" + "".join(f"p{n},{n},a{n % 2}\n" for n in range(60)),
            {"task": '"regression"'},
            "is not numeric, as regression needs",
        ),
        (
            "plant,n,kind\n" + "".join(f"p{n},{n},inf\n" for n in range(60)),
            {"task": '"regression"'},
            "holds infinite values",
        ),
        ("plant,n,kind\n" + "".join(f"p{n},inf,{n % 2}\n" for n in range(60)), {}, "column 'n' holds"),
        ("plant,kind\n" + "".join(f"p{n},{n % 2}\n" for n in range(60)), {}, "no column is left to learn from"),
    ],
)
def test_data_that_cannot_be_learned_from_are_refused(project, tmp_path, text, changes, expected):
    config, batch = project(text=text, **changes)
    with pytest.raises(DataError, match=expected):
        train(read_settings(config), batch.path, batch.digest, {}, tmp_path)


def test_a_label_that_is_spelt_like_a_missing_value_is_one_where_the_project_says_so(project, tmp_path):
    text = "plant,n,kind\n" + "".join(f"p{n},{n},{('NA', 'None')[n % 2]}\n" for n in range(60))
    config, batch = project(text=text)
    with pytest.raises(DataError, match="have no 'kind', the target") as refusal:
        train(read_settings(config), batch.path, batch.digest, {}, tmp_path)
    assert "read as missing in a text file are '', 'NaN'" in refusal.value.remedy
    config, batch = project(text=text, missing='[""]')
    train(read_settings(config), batch.path, batch.digest, {}, tmp_path)
    assert set(read_golden(tmp_path / "golden.json").predictions) <= {"NA", "None"}


def test_another_batch_than_the_judged_one_is_refused(project, tmp_path):
    config, batch = project()
    with pytest.raises(DataError, match="is not the batch that passed the data gate"):
        train(read_settings(config), batch.path, "sha256:" + "0" * 64, {}, tmp_path)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("crash", "own_work:crash failed: ZeroDivisionError"),
        ("bare", "own_work:bare failed: ValueError: could not convert string to float"),
        ("forget", "own_work:forget returned NoneType, which has no predict"),
        ("unfitted", "without classes_"),
    ],
)
def test_a_training_function_that_fails_is_named(project, tmp_path, monkeypatch, function, expected):
    config, batch = project(f"own_work:{function}")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(TrainingError, match=expected):
        train(read_settings(config), batch.path, batch.digest, {}, tmp_path)


def test_the_hint_about_text_columns_is_given(project, tmp_path, monkeypatch):
    config, batch = project("own_work:bare")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(TrainingError) as caught:
        train(read_settings(config), batch.path, batch.digest, {}, tmp_path)
    assert "X has text columns soil: encode them inside your estimator" in caught.value.remedy


def test_a_failure_is_written_for_the_parent(project, tmp_path, capfd):
    config, batch = project()
    arguments = ["--config", str(config), "--batch", str(batch.path), "--digest", batch.digest, "--into", str(tmp_path)]
    assert main([*arguments, "--params", '{"max_deth": "4"}']) == 2
    assert json.loads((tmp_path / "failure.json").read_text())["kind"] == "ConfigError"
    assert "Traceback" in capfd.readouterr().err
    assert main(arguments) == 0
    assert json.loads((tmp_path / "facts.json").read_text())["rows"] == "240"


def test_the_parent_gets_model_and_facts_of_the_users_own_function(project, tmp_path, digest_of):
    config, batch = project("own_work:fit")
    trained = run_training(
        config, batch.path, batch.digest, {"strategy": "most_frequent"}, tmp_path / "run", timeout=120
    )
    assert trained.facts["recipe"] == "own_work:fit(strategy=most_frequent)"
    assert load(trained.model, digest_of(trained.model)).signature.train == "own_work:fit"
    assert "fitting own_work:fit on" in (tmp_path / "run" / "train.log").read_text()


def test_the_code_that_was_read_is_named_by_its_digest(project, tmp_path):
    config, batch = project("own_work:fit")
    trained = run_training(config, batch.path, batch.digest, {}, tmp_path / "run", timeout=120)
    digest = f"sha256:{hashlib.sha256((tmp_path / 'own_work.py').read_bytes()).hexdigest()}"
    assert json.loads(trained.facts["code"]) == {"own_work.py": digest}


def test_a_compiled_file_beside_the_training_is_not_executed(project, tmp_path):
    config, batch = project("own_work:fit")
    other = tmp_path / "other.py"
    other.write_text("raise SystemExit('the compiled file was executed')\n")
    place = importlib.util.cache_from_source(str(tmp_path / "own_work.py"))
    py_compile.compile(str(other), place, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    trained = run_training(config, batch.path, batch.digest, {}, tmp_path / "run", timeout=120)
    assert trained.facts["recipe"] == "own_work:fit()"


def test_a_model_is_the_same_whether_the_child_was_forked_or_started(project, tmp_path, monkeypatch):
    config, batch = project()
    forked = run_training(config, batch.path, batch.digest, {}, tmp_path / "forked", timeout=120)
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")  # is not passed on
    monkeypatch.setenv("PYTHONINTMAXSTRDIGITS", "5000")  # steers Python, so that the child has to be started
    started = run_training(config, batch.path, batch.digest, {}, tmp_path / "started", timeout=120)
    assert forked.golden.read_bytes() == started.golden.read_bytes()
    assert {**forked.facts, "seconds": ""} == {**started.facts, "seconds": ""}


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="children are forked on Linux only")
def test_a_process_that_training_leaves_behind_is_ended_and_noted(project, tmp_path):
    config, batch = project("own_work:daemon")
    trained = run_training(config, batch.path, batch.digest, {}, tmp_path / "run", timeout=120)
    assert trained.facts["notes"].endswith("left processes of a session of their own behind, which were ended: sleep")


@pytest.mark.parametrize(
    ("function", "kind", "expected", "timeout"),
    [
        ("die", TrainingError, "was ended by signal SIGKILL; the kernel does this when memory runs out", 120),
        ("leave", TrainingError, "training ended with exit code 7", 120),
        ("sleep", TrainingError, "training did not end within 3 seconds", 3),
        ("absent", ConfigError, "has no 'absent'", 120),
    ],
)
def test_the_parent_learns_how_a_training_ended(project, tmp_path, function, kind, expected, timeout):
    config, batch = project(f"own_work:{function}")
    with pytest.raises(GatesError, match=expected) as caught:
        run_training(config, batch.path, batch.digest, {}, tmp_path / "run", timeout=timeout)
    assert type(caught.value) is kind
    assert not (tmp_path / "run" / "model.skops").exists()


def test_an_old_success_is_not_taken_for_a_new_one(project, tmp_path):
    config, batch = project("own_work:leave")
    into = tmp_path / "run"
    into.mkdir()
    (into / "facts.json").write_text("{}")
    (into / "failure.json").write_text('{"kind": "DataError", "message": "old", "remedy": ""}')
    with pytest.raises(TrainingError, match="exit code 7"):
        run_training(config, batch.path, batch.digest, {}, into, timeout=120)


def rows_of_patients(**columns):
    head = ["plant", "patient", "n", *columns, "kind"]
    lines = [
        [f"r{n}", f"p{n // 5}", str(n % 9), *(make(n) for make in columns.values()), "ab"[n // 5 % 2]]
        for n in range(200)
    ]
    return "\n".join(",".join(line) for line in [head, *lines]) + "\n"


def test_groups_weights_and_missing_are_signed_and_are_no_features(make):
    made = make(rows_of_patients(w=lambda n: "1.5"), group='"patient"', weight='"w"', missing='[""]')
    signature = load(made.model, made.digest).signature
    assert (signature.group, signature.weight, signature.missing) == ("patient", "w", ("",))
    assert (signature.split, signature.newest, signature.names) == ("id", None, ("n",))
    assert int(made.facts["training_rows"]) % 5 == 0


def test_where_time_splits_the_newest_training_row_is_signed(make):
    made = make(
        rows_of_patients(at=lambda n: f"2026-01-01 {n // 60:02}:{n % 60:02}"),
        split='"time"',
        time='"at"',
        holdout_share="0.25",
    )
    signature = load(made.model, made.digest).signature
    assert (signature.split, signature.newest) == ("time", "2026-01-01T02:29:00+00:00")
    assert (made.facts["training_rows"], made.facts["holdout_rows"]) == ("150", "50")


@pytest.mark.parametrize(
    "category", [{}, {"soil": lambda n: ("clay", "sand")[n % 2]}], ids=["numbers alone", "in a pipeline"]
)
def test_rows_without_weight_teach_nothing(make, category):
    made = make(rows_of_patients(w=lambda n: str(1 - n // 5 % 2), **category), weight='"w"')
    model = load(made.model, made.digest)
    assert set(model.predict(read(made.batch, made.settings.roles)).tolist()) == {"a"}
    assert "sample_weight" not in made.facts["notes"]


def test_a_function_that_takes_no_weights_is_said_not_to(project, tmp_path):
    config, batch = project("own_work:fit", rows_of_patients(w=lambda n: "2"), weight='"w"')
    settings = read_settings(config)
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(str(tmp_path))
        facts = train(settings, batch.path, batch.digest, {}, tmp_path)
    assert (
        "the weights of 'w' count in metrics and not in training: own_work:fit has no parameter sample_weight"
        in facts["notes"]
    )
