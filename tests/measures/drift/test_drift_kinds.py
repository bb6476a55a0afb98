"""Every kind of column is compared as what it is, whatever it is stored as, or is named as not compared."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gates.measures.drift import detect
from gates.measures.drift.kinds import to_common_floats
from gates.measures.drift.novelty import compare_reach, compare_unseen
from gates.measures.drift.table import tabulate
from gates.measures.drift.texts import pattern_of

N, M = 600, 300
WORDS = {
    "calls": ["the", "customer", "called", "again", "about", "the", "late", "invoice", "and", "wants", "money", "back"],
    "praise": ["a", "wonderful", "clean", "room", "with", "very", "friendly", "staff", "near", "sunny", "beaches"],
}


def sides(make, *others, n=N, m=M):
    """Two tables with the column ``c`` that ``make`` gives for a generator and a number of rows, beside a number that does not
    change.
    """
    tables = []
    for seed, rows, maker in ((1, n, make), (2, m, others[0] if others else make)):
        rng = np.random.default_rng(seed)
        tables.append(pd.DataFrame({"c": maker(rng, rows), "x": rng.normal(size=rows)}))
    return tables


def sentence(topic):
    return lambda rng, rows: [" ".join(rng.choice(WORDS[topic], 8)) for _ in range(rows)]


def merchants(first):
    return lambda rng, rows: [f"M{k:04d}" for k in rng.integers(first, first + 400, rows)]


def with_strangers(shift):
    return lambda rng, rows: ["?" if i % 10 == 0 else f"{v + shift:.4f}" for i, v in enumerate(rng.normal(size=rows))]


def thousands(factor):
    return lambda rng, rows: [f"{v:,.2f}" for v in factor * np.exp(rng.normal(8, 1, rows))]


def days(first, last):
    start = np.datetime64(first)
    return lambda rng, rows: [
        str(start + int(k)) for k in rng.integers(0, (np.datetime64(last) - start).astype(int), rows)
    ]


def times(hours):
    return lambda rng, rows: (
        pd.Timestamp("2026-03-01") + pd.to_timedelta(rng.integers(0, 30, rows) * 24 + rng.choice(hours, rows), unit="h")
    )


def vectors(shift, width=8):
    return lambda rng, rows: list(rng.normal(size=(rows, width)) + shift)


def durations(scale):
    return lambda rng, rows: pd.to_timedelta(rng.exponential(scale, rows), unit="s")


NOON = times([9, 12, 15, 18])
CHANGES = {
    "numbers among which ? stands": (with_strangers(0), with_strangers(5)),
    "more ? than before": (
        with_strangers(0),
        lambda rng, rows: ["?" if i % 3 == 0 else f"{v:.4f}" for i, v in enumerate(rng.normal(size=rows))],
    ),
    "thousands with commas": (thousands(1), thousands(100)),
    "a code of 400 levels": (merchants(0), merchants(1000)),
    "prose about something else": (sentence("calls"), sentence("praise")),
    "dates of 1970": (days("2024-01-01", "2024-04-01"), lambda rng, rows: ["1970-01-01"] * rows),
    "dates without an end": (days("2024-01-01", "2024-04-01"), lambda rng, rows: ["9999-12-31"] * rows),
    "dates of the year 1": (days("2024-01-01", "2024-04-01"), lambda rng, rows: ["0001-01-01"] * rows),
    "dates a century ahead": (days("2024-01-01", "2024-04-01"), days("2124-01-01", "2124-04-01")),
    "times of another zone": (NOON, times([17, 20, 23, 2])),
    "longer durations": (durations(60), durations(600)),
    "another embedding": (vectors(0), vectors(1.0)),
    "an embedding of another length": (vectors(0), vectors(0, width=9)),
    "codes of another form": (merchants(0), lambda rng, rows: [f"m-{k}" for k in rng.integers(0, 400, rows)]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen_and_the_column_is_named(name):
    report = detect(*sides(*CHANGES[name]), backend="scipy")
    assert report.drifted
    assert any("'c" in reason for reason in report.reasons), report.reasons


@pytest.mark.parametrize("name", CHANGES)
def test_the_same_source_does_not_alarm(name):
    report = detect(*sides(CHANGES[name][0]), backend="scipy")
    assert not report.drifted, report.reasons
    assert not report.inconclusive


def test_windows_that_move_on_do_not_alarm():
    report = detect(*sides(days("2024-01-01", "2024-04-01"), days("2024-04-01", "2024-05-01")), backend="scipy")
    assert not report.drifted
    assert [one.column for one in report.skipped] == ["c"]
    assert "not compared or not in all: 'c'" in report.sentence
    assert report.not_compared_share == 0.5


def test_the_time_between_two_dates_is_compared():
    def make(delay):
        def table(rng, rows):
            out = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 300, rows), unit="D")
            return pd.DataFrame({"out": out, "back": out + pd.to_timedelta(rng.integers(0, delay, rows), unit="D")})

        return table

    def tables(before, now):
        return make(before)(np.random.default_rng(1), N), make(now)(np.random.default_rng(2), M)

    report = detect(*tables(10, 30), backend="scipy")
    assert report.columns[0].name == "back (days after out)"
    assert report.drifted
    assert not detect(*tables(10, 10), backend="scipy").drifted


STORED = {
    "texts": lambda values: [f"{value:.3f}" for value in values],
    "objects": lambda values: pd.Series(values, dtype=object),
    "32 bit": lambda values: np.asarray(values, dtype=np.float32),
    "nullable": lambda values: pd.array(values, dtype="Float64"),
}


@pytest.mark.parametrize("stored", STORED)
def test_the_storage_type_changes_nothing(stored):
    values = {seed: np.random.default_rng(seed).choice([0.1, 0.2, 0.3, 0.7], size) for seed, size in ((1, N), (2, M))}
    plain = detect(pd.DataFrame({"c": values[1]}), pd.DataFrame({"c": values[2]}), backend="scipy")
    other = detect(pd.DataFrame({"c": values[1]}), pd.DataFrame({"c": STORED[stored](values[2])}), backend="scipy")
    assert not plain.drifted
    assert (other.p_value, other.unalike) == (plain.p_value, ())


@settings(max_examples=25)
@given(st.sampled_from(["date", "text", "datetime", "stamp"]), st.integers(0, 3_000))
def test_a_date_is_the_same_however_it_is_stored(stored, start):
    days = [date.fromordinal(719_163 + start + i) for i in range(20)]
    spelled = {
        "date": days,
        "text": [day.isoformat() for day in days],
        "datetime": [pd.Timestamp(day).to_pydatetime() for day in days],
        "stamp": pd.to_datetime(days),
    }
    table = tabulate(pd.DataFrame({"d": pd.to_datetime(days)}), pd.DataFrame({"d": spelled[stored]}))
    assert table.unalike == ()
    assert table.dates[0].reference.tolist() == table.dates[0].current.tolist()


def test_whole_numbers_that_no_float_holds_are_compared_exactly():
    big = 2**53
    before, now = to_common_floats(pd.Series([big, big + 1, big + 2]), pd.Series([big + 1, big + 3]))
    assert (before.tolist(), now.tolist()) == ([1.0, 2.0, 3.0], [2.0, 4.0])


def test_codes_with_leading_zeros_are_no_numbers():
    table = tabulate(pd.DataFrame({"c": ["0012", "12"] * 20}), pd.DataFrame({"c": ["0012", "12"] * 20}))
    assert table.numbers == ()
    assert table.categories[0].levels == ("0012", "12")


def test_the_share_of_new_values_is_told_beside_the_one_that_is_to_be_expected():
    reference = np.array([0, 0, 1, 1, 2, 3, 4, 4, 5, 5])  # 2 and 3 come up once: 2 of 10 values
    new = compare_unseen(reference, np.array([0, 6, 7, -1]), seed=0)
    assert new is not None
    assert new.effect == "has 2 of 3 values that the reference lacks (66.7%, expected 20.0%)"
    assert compare_unseen(reference[:3], reference, seed=0) is None
    assert compare_unseen(reference, np.array([-1]), seed=0) is None


def test_unseen_values_keep_their_level():
    rng, alarms = np.random.default_rng(0), 0
    for seed in range(400):
        codes = rng.zipf(1.3, 300) % 5_000
        one = compare_unseen(codes[:200], codes[200:], seed=seed)
        alarms += one is not None and one.p_value < 0.05
    assert alarms <= 37  # P(Binomial(400, 0.05) > 37) = 1e-4; Fisher's test is conservative


def test_dates_far_away_are_counted():
    year = 366 * 86_400.0
    past = np.linspace(0, 86_400, 40)
    far = compare_reach(past, np.array([0.0, 2.5 * year, -2.5 * year, np.nan]), seed=0)
    assert far is not None
    assert far.effect.startswith("has 2 of 3 dates far before or after")
    assert compare_reach(past, np.array([0.5 * year]), seed=0).p_value == 1.0
    assert compare_reach(past[:3], past, seed=0) is None


@pytest.mark.parametrize(
    ("text", "form"), [("M0012", "A9"), ("two words", "a a"), ("a@b.de", "a@a.a"), ("", ""), ("Ä1", "Ä9")]
)
def test_the_form_of_a_text(text, form):
    assert pattern_of(text) == form


def test_a_row_order_changes_nothing_of_what_is_read():
    before, now = sides(sentence("calls"), sentence("praise"))
    columns = {one.name: one.current for one in tabulate(before, now).numbers}
    order = np.random.default_rng(3).permutation(len(now))
    turned = {one.name: one.current for one in tabulate(before, now.iloc[order].reset_index(drop=True)).numbers}
    assert turned.keys() == columns.keys()
    for name in ("c (length)", "x"):
        assert turned[name].tolist() == columns[name][order].tolist()
