"""Libraries that changed since a model was made are noticed, and named in every verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gates.work.model.artifact import read_signature
from gates.work.model.marks import compare_versions, marks_of


@pytest.mark.parametrize(
    ("then", "now", "kind"),
    [
        ("1.5.2", "1.5.2", ""),
        ("1.5.2", "1.5.9", ""),
        ("1.5.2", "1.6.0", "another minor version"),
        ("1.9", "2.0", "another major version"),
        ("2", "2.0.1", ""),
        ("2.9.1+cpu", "2.9.1", ""),
        ("unknown", "1.0", "another major version"),
        ("unknown", "unknown", ""),
    ],
)
def test_versions_are_compared_by_their_first_two_numbers(then, now, kind):
    assert compare_versions(then, now) == kind


def made_with(mixed, **versions: str):
    signature = read_signature(mixed.model)
    named = {name.replace("_", "-"): version for name, version in versions.items()}
    return replace(signature, versions={**signature.versions, **named})


def test_a_model_of_these_libraries_has_no_mark(mixed):
    assert marks_of(made_with(mixed), "") == ()


def test_a_library_of_another_version_is_named_with_both(mixed, monkeypatch):
    (mark,) = marks_of(made_with(mixed, scikit_learn="0.24.2"), "")
    assert mark.startswith("the model was made with scikit-learn 0.24.2, and ")
    assert "another major version" in mark
    assert marks_of(made_with(mixed, pyarrow="0.1"), "") == ()  # it reads data, not the model


def test_another_librarys_model_is_held_to_that_library(mixed):
    signature = replace(made_with(mixed, lightgbm="3.0.0", scikit_learn="0.1"), format="lightgbm")
    (mark,) = marks_of(signature, "")
    assert mark.startswith("the model was made with lightgbm 3.0.0")
    gone = replace(
        made_with(mixed), versions={"xgboost": "1.0.0"}, format="xgboost"
    )  # installed as xgboost-cpu here, or so
    assert all("xgboost 1.0.0" in mark for mark in marks_of(gone, ""))
    assert len(marks_of(gone, "")) == 1


@pytest.mark.parametrize("reason", ["ticket 7", ""])
def test_a_pickle_is_marked_with_the_reason(mixed, reason):
    signature = replace(made_with(mixed), format="joblib")
    (mark,) = marks_of(signature, reason)
    assert mark == (
        "the model is a joblib file: reading it runs code that it brings, trusted by trust_pickle: "
        f"{reason or 'no reason is given'}"
    )
