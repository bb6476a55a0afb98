"""A value of a table is written as Python's own, under numpy 1 and 2 alike."""

import numpy as np
import pandas as pd
import pytest

from gates.plain import show


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
