"""The data gates that people write by hand report what they are made for, and nothing about the reference itself."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.verdicts.data_detectors import BY_HAND, as_reports, ask_exact_bounds, ask_template, ask_wide_bounds
from benchmarks.verdicts.data_tables import ID, TARGET

RNG = np.random.default_rng(0)
REFERENCE = pd.DataFrame(
    {
        ID: [f"r{row}" for row in range(60)],
        "a": RNG.normal(5, 1, 60),
        "b": RNG.normal(9, 3, 60),
        TARGET: np.arange(60) % 3,
    }
)


@pytest.mark.parametrize("name", ["GX, exact bounds", "GX, bounds by hand"])
def test_the_reference_itself_is_not_reported(name):
    assert BY_HAND[name](REFERENCE, REFERENCE) == frozenset()


def test_bounds_by_hand_report_the_column():
    far = REFERENCE.assign(a=REFERENCE["a"] * 1000)
    assert "expect_column_values_to_be_between a" in ask_exact_bounds(REFERENCE, far)
    assert "expect_column_mean_to_be_between a" in ask_wide_bounds(REFERENCE, far)
    near = REFERENCE.assign(a=REFERENCE["a"] + 0.4 * (REFERENCE["a"].max() - REFERENCE["a"].min()))
    assert "expect_column_values_to_be_between a" not in ask_wide_bounds(REFERENCE, near)
    twice = REFERENCE.assign(**{ID: ["r0", "r0", *REFERENCE[ID][2:]]})
    assert ask_exact_bounds(REFERENCE, twice) == {f"expect_column_values_to_be_unique {ID}"}


def test_the_template_counts_columns_looks_for_gaps_and_holds_means_to_three_times_themselves():
    said = ask_template(REFERENCE, REFERENCE)
    assert said == {
        "distribution"
    }  # the mean of `a` is five times its standard deviation, which that test takes for a mean
    assert ask_template(REFERENCE, REFERENCE.drop(columns="a")) == {"schema"}
    assert ask_template(REFERENCE, REFERENCE.assign(a=np.nan)) >= {"missing values"}
    assert ask_template(REFERENCE, REFERENCE.assign(a="x")) == {"crash: no numbers"}


def test_a_crash_of_a_peer_is_a_report_and_any_other_answer_is_refused():
    assert as_reports({"crash": "ValueError: no"}) == {"crash: ValueError: no"}
    assert as_reports(["a", "b"]) == {"a", "b"}
    with pytest.raises(TypeError, match="a peer answered 'yes'"):
        as_reports("yes")
