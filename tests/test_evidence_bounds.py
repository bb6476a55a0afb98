"""A bound is read strictly, and a measurement keeps it only as a finite number from at least one row."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates.errors import ConfigError
from gates.evidence import Bound, Evidence, format_number

finite = st.floats(allow_nan=False, allow_infinity=False)
comparators = st.sampled_from([">=", "<=", "==", ">", "<"])


@given(comparators, finite)
def test_a_bound_is_read_as_it_was_written(comparator, limit):
    assert Bound.parse(f" {comparator}{limit!r} ") == Bound(comparator, limit)


@given(comparators, finite)
def test_no_value_that_is_not_finite_keeps_a_bound(comparator, limit):
    bound = Bound(comparator, limit)
    assert not any(bound.holds(value) for value in (math.nan, math.inf, -math.inf))


@given(finite, finite)
def test_opposite_bounds_never_agree(value, limit):
    assert Bound(">=", limit).holds(value) != Bound("<", limit).holds(value)
    assert Bound("<=", limit).holds(value) != Bound(">", limit).holds(value)


@given(st.text())
def test_any_text_is_a_finite_bound_or_a_configuration_error(text):
    try:
        bound = Bound.parse(text)
    except ConfigError:
        return
    assert math.isfinite(bound.limit)


@pytest.mark.parametrize(
    "text", ["", "0.4", ">= nan", ">= inf", "=> 0.4", ">= 1e999", ">= 1.2.3", "!= 1", ">= 0,4", ">= 1; < 2", ">= x", ">= 0x1"]
)  # fmt: skip
def test_what_is_no_bound_is_refused(text):
    with pytest.raises(ConfigError, match="is not a bound; write one of >= <= == > <"):
        Bound.parse(text)


@given(comparators, finite, st.floats(), st.integers(-3, 10**9))
def test_an_evidence_has_no_fault_exactly_when_it_is_measured_and_holds(comparator, limit, value, n):
    bound, evidence = Bound(comparator, limit), Evidence("x", repr(value), n)
    assert (evidence.fault(bound) is None) == (n > 0 and bound.holds(value))
    assert evidence.measured == (n > 0 and math.isfinite(value))


@given(comparators, st.floats(0.01, 1e6), st.sampled_from([-1e-6, 0.0, 1e-6, 0.5]))
def test_a_printed_sentence_never_reads_as_the_opposite_of_the_truth(comparator, limit, gap):
    """Rounding must not print ``0.4 (required >= 0.4)`` for a value that is refused."""
    bound, value = Bound(comparator, limit), limit * (1 + gap)
    words = Evidence("x", repr(value), 5).sentence(bound).split()
    assert Bound(words[4], float(words[5].rstrip(","))).holds(float(words[2])) == bound.holds(value)


def test_the_sentence_says_value_bound_rows_and_detail():
    evidence = Evidence("macro_f1 against champion", "-0.063", 327, "interval -0.10 to -0.02")
    assert evidence.fault(Bound(">=", -0.02)) == (
        "macro_f1 against champion = -0.063 (required >= -0.02, n = 327): interval -0.10 to -0.02"
    )


def test_a_text_that_is_no_number_is_not_finite():
    assert (
        Evidence("x", "good", 5).fault(Bound(">=", 0))
        == "x = good, which is not a finite number (required >= 0, n = 5)"
    )


@pytest.mark.parametrize(
    ("number", "text"),
    [(3.0, "3"), (0.27649, "0.2765"), (1e-9, "1e-09"), (math.nan, "nan"), (math.inf, "inf"), (1e300, "1e+300")],
)
def test_numbers_are_printed_for_people(number, text):
    assert format_number(number) == text
