"""A request is answered by the model or refused with a sentence, whatever it holds."""

from __future__ import annotations

import json
import shutil

import pytest

from gates.work.errors import ArtifactError, EndpointError
from gates.work.model.artifact import load
from gates.work.model.golden import read_golden
from gates.work.serving.scorer import BadRequest, Scorer, example, open_scorer, write_identity

ROW = [0.5, None, True, "clay"]
RECORD = dict(zip(["height", "width", "wild", "soil"], ROW, strict=True))


@pytest.fixture(scope="module")
def scorer(mixed):
    return Scorer(load(mixed.model, mixed.digest), mixed.identity, max_rows=5)


def test_rows_come_as_lists_or_as_records(scorer):
    by_list, by_name = scorer.answer([ROW]), scorer.answer([dict(reversed(RECORD.items()))])
    assert by_list == by_name
    assert by_list["result"] in (["fern"], ["moss"])


def test_the_answer_names_the_model(scorer, mixed):
    assert scorer.answer([ROW])["model"] == {"name": "plants", "version": 3, "digest": mixed.digest}


def test_golden_rows_are_answered_as_in_the_trainers_memory(scorer, mixed):
    golden = read_golden(mixed.golden)
    for start in range(0, 20, 5):
        answer = scorer.answer(list(golden.rows[start : start + 5]), probabilities=True)
        assert answer["result"] == list(golden.predictions[start : start + 5])
        assert answer["probabilities"] == [list(row) for row in golden.probabilities[start : start + 5]]
        assert answer["classes"] == ["fern", "moss"]


def test_an_unknown_category_is_answered(scorer):
    assert len(scorer.answer([{**RECORD, "soil": "lava"}])["result"]) == 1


def test_an_answer_is_strict_json(scorer):
    json.dumps(scorer.answer([ROW], probabilities=True), allow_nan=False)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (None, "data is null; wanted a list of rows"),
        ("text", "data is the text 'text'"),
        ({}, "data is an object"),
        (5, "data is the number 5"),
        ([], "data holds no rows"),
        ([ROW] * 6, "data holds 6 rows; at most 5 are taken"),
        ([5], "row 0 is the number 5; wanted a list of 4 values"),
        ([[]], "row 0 has 0 values; wanted 4"),
        ([ROW, ROW[:3]], "row 1 has 3 values"),
        ([ROW, RECORD], "row 1 is an object; wanted a list"),
        ([RECORD, ROW], "row 1 is a list; wanted a record"),
        ([{}], "row 0 lacks 4 of 4 columns: height, width, wild, soil"),
        ([{**RECORD, "hight": 1}], "row 0 has 1 unknown columns: hight; did you mean 'height'?"),
        ([["x", 1, True, "clay"]], "column 'height' of row 0 is the text 'x'; wanted a number"),
        ([[True, 1, True, "clay"]], "column 'height' of row 0 is true; wanted a number"),
        ([[None, 1, True, "clay"]], "column 'height' of row 0 is null; the model never saw it missing"),
        ([[float("nan"), 1, True, "clay"]], "wanted a finite number"),
        ([[float("inf"), 1, True, "clay"]], "wanted a finite number"),
        ([[1e39, 1, True, "clay"]], "wanted a finite number up to 3.4e+38"),
        ([[10**5000, 1, True, "clay"]], "is a huge number; wanted a finite number"),
        ([[[1], 1, True, "clay"]], "column 'height' of row 0 is a list"),
        ([[1, 1, 2, "clay"]], "column 'wild' of row 0 is the number 2; wanted true or false"),
        ([[1, 1, "yes", "clay"]], "wanted true or false"),
        ([[1, 1, True, 5]], "column 'soil' of row 0 is the number 5; wanted a text"),
        ([[1, 1, True, None]], "column 'soil' of row 0 is null"),
    ],
)
def test_a_bad_request_is_refused_with_a_sentence(scorer, data, expected):
    with pytest.raises(BadRequest) as caught:
        scorer.answer(data)
    assert expected in str(caught.value)


def test_the_wish_for_probabilities_is_a_truth_value(scorer):
    with pytest.raises(BadRequest, match="probabilities is the text 'yes'; wanted true or false"):
        scorer.answer([ROW], probabilities="yes")


def test_probabilities_of_a_model_without_any_are_refused(make, plants):
    made = make(plants, target='"height"', task='"regression"', params='{ estimator = "linear_regression" }')
    scorer = Scorer(load(made.model, made.digest), made.identity, 5)
    row = {"width": 1.0, "wild": True, "soil": "clay", "kind": "fern"}
    with pytest.raises(BadRequest, match="has no probabilities"):
        scorer.answer([row], probabilities=True)
    with pytest.raises(BadRequest, match="no finite answer"):
        Scorer(Overflowing(made, scorer.model), made.identity, 5).answer([row])


class Overflowing:
    """A model whose answer is not finite."""

    def __init__(self, made, model):
        self.signature, self.classes = model.signature, None

    def predict(self, frame):
        import numpy

        return numpy.array([float("inf")])

    def predict_proba(self, frame):
        return None


@pytest.fixture
def folder(mixed, tmp_path):
    """A model folder as a cloud service gives it: the model one level down."""
    inner = tmp_path / "model"
    inner.mkdir()
    shutil.copyfile(mixed.model, inner / "model.skops")
    write_identity(inner, mixed.identity, max_rows=5)
    return tmp_path


def test_a_folder_is_opened_by_its_identity(folder, mixed):
    scorer = open_scorer(folder)
    assert (scorer.identity, scorer.max_rows) == (mixed.identity, 5)
    assert scorer.largest_body > 4096


def test_other_bytes_than_the_identity_names_are_not_served(folder):
    with (folder / "model" / "model.skops").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ArtifactError, match="does not hold the model that was meant"):
        open_scorer(folder)


@pytest.mark.parametrize(
    "content", ["", "{}", '{"schema": 2}', '{"schema": 1, "name": "m"}', '{"schema": 1, "schema": 1}']
)
def test_a_damaged_identity_is_refused(folder, content):
    (folder / "model" / "identity.json").write_text(content)
    with pytest.raises(EndpointError, match=r"identity.json cannot be read"):
        open_scorer(folder)


def test_no_model_and_two_models_are_refused(folder, tmp_path):
    shutil.copytree(folder / "model", folder / "other")
    with pytest.raises(EndpointError, match=r"2 files named model.skops"):
        open_scorer(folder)
    (tmp_path / "nothing").mkdir()
    with pytest.raises(EndpointError, match=r"0 files named model.skops"):
        open_scorer(tmp_path / "nothing")


def test_the_api_description_has_a_row_of_the_right_width(folder, tmp_path):
    assert example(folder) == [[0.0, 0.0, 0.0, "text"]]
    assert example(tmp_path / "absent") == [[0.0]]
