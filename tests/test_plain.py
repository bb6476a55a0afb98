"""A value of a table is written as Python's own, under numpy 1 and 2 alike."""

import numpy as np
import pandas as pd
import pytest

from gates.plain import differs_little, show


class Odd:
    """Something that has an ``item`` of its own."""

    def item(self, place):
        return place

    def __repr__(self):
        return "odd"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.int64(1), "1"),
        (np.float64("nan"), "nan"),
        (np.bool_(True), "True"),
        (np.str_("a"), "'a'"),
        (pd.Series([1.5]).iloc[0], "1.5"),
        ("a", "'a'"),
        (None, "None"),
        (np.array([1, 2]), "array([1, 2])"),
        (Odd(), "odd"),
    ],
)
def test_a_value_is_written_as_pythons_own(value, text):
    assert show(value) == text


@pytest.mark.parametrize(
    ("name", "other", "what"),
    [
        ("café", "cafe\u0301", "its Unicode form"),
        ("Zürich", "Zürich ", "blanks"),
        ("town", "Town", "capitals"),
        ("a b", "A  b", "blanks and capitals"),
    ],
)
def test_names_that_look_alike_say_in_what_they_differ(name, other, what):
    assert f"differs from {name!a} in {what} only" in differs_little(name, ["x", other])
    assert differs_little(name, [name, "x"]) == ""
