"""The behaviour file: each kind of row seen to hold and to break, and every fault of a file told with the row's name."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from gates.measures.model.behaviour_file import UnusableBehaviour, read_behaviours
from gates.measures.model.behaviours import hold

SHIPPED = Path(__file__).parents[3] / "model_checks" / "behaviours.toml"
RNG = np.random.default_rng(4)


class Rows:
    def __init__(self, X, y):
        self.X, self.y, self.ids = X, pd.Series(y), pd.Series([f"row{place}" for place in range(len(X))])
        self.frame = X

    def __len__(self):
        return len(self.X)


def make_rows(n, task):
    X = pd.DataFrame({"size": RNG.normal(5, 1, n), "age": RNG.normal(0, 1, n), "town": RNG.choice(["x", "y"], n)})
    y = np.where(X["size"] > 5, "big", "small") if task == "classification" else 10 * X["size"] + X["age"]
    return Rows(X, y)


class Model:
    """``answer`` maps features to predictions; ``likely`` to the probability of the second class."""

    features = ("size", "age", "town")
    size = 0

    def __init__(self, answer, likely=None, classes=("big", "small")):
        self._answer, self._likely, self.classes = answer, likely, classes
        self.signature = SimpleNamespace(probabilities=likely is not None)

    def predict(self, X):
        return np.asarray(self._answer(X))

    def predict_proba(self, X):
        if self._likely is None:
            return None
        small = np.asarray(self._likely(X))
        return np.column_stack([1 - small, small])


def refuse_missing(X):
    if X.isna().to_numpy().any():
        raise ValueError("a value is missing")
    return X


def good_class(X):
    return np.where(refuse_missing(X)["size"] > 5, "big", "small")


def good_number(X):
    return 10 * refuse_missing(X)["size"].to_numpy() + X["age"].to_numpy()


GOOD = {
    "classification": Model(good_class, lambda X: 1 / (1 + np.exp(np.clip(X["size"] - 5, -50, 50)))),
    "regression": Model(good_number, classes=None),
}


@pytest.fixture
def ask(tmp_path):
    """Write one row, ask a model for it; gives what was held."""

    def go(kind, row, model=None, task="classification"):
        path = tmp_path / "rows.toml"
        path.write_text(f"schema = 1\n[[{kind}]]\nname = 'it holds'\n{row}\n", encoding="utf-8")
        return hold(kind, read_behaviours(path), model or GOOD[task], make_rows(60, task), make_rows(200, task), task)

    return go


def held(found):
    return (found.broken, found.n)


@pytest.mark.parametrize("task", GOOD)
@pytest.mark.parametrize("kind", ["minimum", "invariance", "direction"])
def test_a_good_model_holds_every_shipped_row(task, kind):
    found = hold(kind, read_behaviours(SHIPPED), GOOD[task], make_rows(60, task), make_rows(200, task), task)
    assert found.broken == 0, found.detail
    assert found.n >= 1


MISSING = "change = { columns = 'each', set = 'missing' }\nexpect = 'a plain answer'"
TOWARDS = "from = 'the middle'\nchange = { toward = 'the middle of each class', share = 0.5 }\nexpect = 'up'"
LARGER = "change = { columns = ['size'], add_sd = 1 }"
ALL = "20 of 20 cases: row0"

# kind, row, task, a bad model, what is said of it
BROKEN = {
    "a class is its own": (
        "minimum",
        "expect = 'its class'",
        "classification",
        Model(lambda X: np.full(len(X), "big")),
        "of 20 cases: row",
    ),
    "a written row has a written answer": (
        "minimum",
        "from = { size = 9.0 }\nexpect = 'big'",
        "classification",
        Model(lambda X: np.full(len(X), "small")),
        "1 of 1 cases: the row",
    ),
    "a number lies between two": (
        "minimum",
        "from = { size = 1.0, age = 0.0 }\nexpect = { at_least = 5, at_most = 15 }",
        "regression",
        Model(lambda X: np.full(len(X), 50.0), classes=None),
        "1 of 1 cases: the row",
    ),
    "a missing value gets a class or a refusal": (
        "minimum",
        f"{MISSING}\nor_refuse = true",
        "classification",
        Model(lambda X: np.where(X["age"].isna(), "nan", "big")),
        "20 of 60 cases: row0 with age changed",
    ),
    "a missing value gets a number or a refusal": (
        "minimum",
        f"{MISSING}\nor_refuse = true",
        "regression",
        Model(lambda X: X["age"].to_numpy(), classes=None),
        "20 of 60 cases: row0 with age changed",
    ),
    "shares add up far out of range": (
        "minimum",
        "change = { columns = 'each', multiply = 1e6 }\nexpect = 'a plain answer'",
        "classification",
        Model(good_class, lambda X: X["size"]),
        "40 of 40 cases: row0 with size changed",
    ),
    "a town does not matter": (
        "invariance",
        "change = { columns = ['town'], set = 'z' }",
        "classification",
        Model(lambda X: np.where(X["town"] == "z", "big", "small")),
        ALL,
    ),
    "a little age does not matter": (
        "invariance",
        "change = { columns = ['age'], add_sd = 0.001 }\ntolerance = 0.01",
        "regression",
        Model(lambda X: 1e6 * X["age"].to_numpy(), classes=None),
        ALL,
    ),
    "what is larger is worth more": (
        "direction",
        f"{LARGER}\nexpect = 'up'",
        "regression",
        Model(lambda X: -X["size"].to_numpy(), classes=None),
        ALL,
    ),
    "what is larger is less likely small": (
        "direction",
        f"{LARGER}\nexpect = 'down'\nof = 'small'",
        "classification",
        Model(good_class, lambda X: np.full(len(X), 0.5)),
        ALL,
    ),
    "towards a class it becomes likelier": (
        "direction",
        TOWARDS,
        "classification",
        Model(good_class, lambda X: 1 / (1 + np.exp(5 - X["size"]))),
        "2 of 2 cases: the middle towards big",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_each_kind_of_row_is_kept_by_a_good_model_and_broken_by_a_bad_one(ask, what):
    kind, row, task, bad, sentence = BROKEN[what]
    assert held(ask(kind, row, task=task)) == (0, 1)
    found = ask(kind, row, bad, task)
    assert held(found) == (1, 1)
    assert "broken: it holds (" in found.detail
    assert sentence in found.detail


def test_a_share_of_the_cases_may_break_a_row_where_the_file_allows_it(ask):
    bad = Model(lambda X: np.where(np.arange(len(X)) < 5, "other", good_class(X)), classes=("big", "small", "other"))
    assert held(ask("minimum", "expect = 'its class'", bad)) == (1, 1)
    assert held(ask("minimum", "expect = 'its class'\nallow = 0.25", bad)) == (0, 1)
    assert "(5 of 20 cases, allowed 20%" in ask("minimum", "expect = 'its class'\nallow = 0.2", bad).detail


def test_an_exception_is_a_refusal_only_where_one_is_allowed_and_only_with_a_word(ask):
    found = ask("minimum", MISSING)
    assert held(found) == (1, 1)
    assert "it raised ValueError: a value is missing" in found.detail
    assert held(ask("minimum", f"{MISSING}\nor_refuse = true")) == (0, 1)

    def fall_silent(X):
        raise ArithmeticError

    found = ask("minimum", f"{MISSING}\nor_refuse = true", Model(fall_silent))
    assert held(found) == (1, 1)
    assert "ArithmeticError without a word" in found.detail


def test_a_refusal_of_one_column_does_not_hide_a_bad_answer_to_another(ask):
    def answer(X):
        if X["age"].isna().any():
            raise ValueError("age is missing")
        return np.where(X["size"].isna(), "nobody", "big")

    found = ask("minimum", f"{MISSING}\nor_refuse = true", Model(answer))
    assert held(found) == (1, 1)
    assert "20 of 60 cases: row0 with size changed" in found.detail


def test_rows_of_the_other_task_are_not_asked(ask):
    assert held(ask("minimum", "task = 'regression'\nexpect = 'a value in range'")) == (0, 0)


def test_a_model_that_never_heard_of_a_class_never_finds_it_likelier(ask):
    strange = Model(good_class, lambda X: np.zeros(len(X)), classes=("large", "huge"))
    assert "2 of 2 cases" in ask("direction", TOWARDS, strange).detail


SENSELESS = {
    "from = { weight = 3.0 }\nexpect = 'big'": "from names weight, and the model has no such feature",
    "expect = 'huge'": "expect is 'huge', which is no class of the training rows",
    "from = 'the middle'\nexpect = 'its class'": "the rows have none; start from the holdout or the classes",
    "change = { columns = ['town'], multiply = 2 }\nexpect = 'a plain answer'": "change counts with town",
    "change = { columns = ['weight'], set = 2 }\nexpect = 'a plain answer'": "change names weight",
    "change = { toward = 'the middle of the highest third' }\nexpect = 'a plain answer'": "needs numbers to be the highest",
}


@pytest.mark.parametrize("row", SENSELESS)
def test_a_row_that_speaks_of_what_is_not_there_is_an_error_of_usage(ask, row):
    with pytest.raises(UnusableBehaviour) as refused:
        ask("minimum", row)
    assert str(refused.value).startswith("minimum 'it holds': ")
    assert SENSELESS[row] in str(refused.value)
    assert refused.value.misconfigured


def test_a_direction_needs_probabilities_and_a_class_that_exists(ask):
    row = f"{LARGER}\nexpect = 'up'"
    with pytest.raises(UnusableBehaviour, match="a direction of a class needs probabilities"):
        ask("direction", row, Model(good_class))
    with pytest.raises(UnusableBehaviour, match="it speaks of 'huge', which is no class of the training rows"):
        ask("direction", f"{row}\nof = 'huge'")
    with pytest.raises(UnusableBehaviour, match="needs classes, and the task is regression"):
        ask("direction", TOWARDS, task="regression")


ONE = "schema = 1\n[[minimum]]\nname = 'x'\n"
FAULTS = {
    "": "schema is None, wanted 1",
    "schema = 2": "schema is 2, wanted 1",
    "schema = 1\nminima = []": "the file has the unknown key 'minima'; did you mean 'minimum'?",
    "schema = 1\nminimum = 3": "minimum is no list of tables; write [[minimum]] above each row",
    "schema = 1\n[[minimum]]\nexpect = 'its class'": "minimum row 1: name is missing",
    ONE: "minimum 'x': expect is None",
    f"{ONE}expekt = 'its class'": "did you mean 'expect'?",
    f"{ONE}expect = {{ least = 3 }}": "wanted { at_least = NUMBER, at_most = NUMBER }",
    f"{ONE}expect = {{ at_least = 3, at_most = 2 }}": "wanted { at_least",
    f"{ONE}expect = 1\nallow = 1": "allow is 1, wanted a number from 0 to 0.99",
    f"{ONE}expect = 1\nrows = 0": "rows is 0, wanted a number from 1",
    f"{ONE}expect = 1\nor_refuse = 1": "or_refuse is 1, wanted true or false",
    f"{ONE}expect = 1\nfrom = 'somewhere'": "from is 'somewhere', wanted one of the holdout",
    f"{ONE}expect = 1\ntask = 'ranking'": "task is 'ranking'",
    f"{ONE}expect = 1\nchange = 3": "change is 3, wanted a table",
    f"{ONE}expect = 1\nchange = {{ columns = 'each' }}": "change changes nothing",
    f"{ONE}expect = 1\nchange = {{ colums = 'each', set = 1 }}": "did you mean 'columns'?",
    f"{ONE}expect = 1\nchange = {{ columns = [], set = 1 }}": "columns is []",
    f"{ONE}expect = 1\nchange = {{ multiply = 'much' }}": "multiply is 'much', wanted a number",
    f"{ONE}expect = 1\nchange = {{ toward = 'home' }}": "toward is 'home'",
    "schema = 1\n[[invariance]]\nname = 'x'": "invariance 'x': change is missing",
    "schema = 1\n[[direction]]\nname = 'x'\nchange = { set = 1 }\nexpect = 'sideways'": "wanted up or down",
    f"{ONE}expect = 1\n[[minimum]]\nname = 'x'\nexpect = 1": "'x' is the name of 2 rows",
    "schema = ": "are no TOML",
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_of_the_file_is_told_with_the_name_of_its_row(tmp_path, text):
    path = tmp_path / "rows.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnusableBehaviour) as refused:
        read_behaviours(path)
    assert FAULTS[text] in str(refused.value)
    assert "rows.toml" in str(refused.value)


def test_all_faults_are_told_at_once_and_a_missing_file_is_one(tmp_path):
    path = tmp_path / "rows.toml"
    path.write_text("schema = 2\n[[minimum]]\nname = 'x'\n[[invariance]]\nname = 'y'\n", encoding="utf-8")
    with pytest.raises(UnusableBehaviour, match=r"schema is 2.*minimum 'x'.*invariance 'y'"):
        read_behaviours(path)
    with pytest.raises(UnusableBehaviour, match=r"the behaviours none.toml cannot be read: No such file"):
        read_behaviours(tmp_path / "none.toml")


def test_of_many_columns_a_hundred_are_changed_one_after_the_other(tmp_path):
    wide = Rows(
        pd.DataFrame(RNG.normal(size=(30, 300)), columns=[f"c{place}" for place in range(300)]), ["a", "b"] * 15
    )
    path = tmp_path / "rows.toml"
    path.write_text(
        "schema = 1\n[[invariance]]\nname = 'x'\nchange = { columns = 'each', set = 0 }\nrows = 3\n", encoding="utf-8"
    )
    model = Model(lambda X: np.full(len(X), "a"), classes=("a", "b"))
    found = hold("invariance", read_behaviours(path), model, wide, wide, "classification")
    assert "1 rows of the file, 300 cases" in found.detail


def test_a_row_without_a_column_to_change_is_said_to_be_left_out(tmp_path):
    texts = Rows(pd.DataFrame({"town": ["x", "y"] * 10}), ["a", "b"] * 10)
    path = tmp_path / "rows.toml"
    path.write_text(
        "schema = 1\n[[invariance]]\nname = 'scaled'\nchange = { columns = 'each', multiply = 2 }\n", encoding="utf-8"
    )
    found = hold("invariance", read_behaviours(path), Model(lambda X: X["town"]), texts, texts, "classification")
    assert held(found) == (0, 0)
    assert "left out, they name no column that can change: scaled" in found.detail
