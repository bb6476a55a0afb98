"""A profile stays silent on clean tables and names what is wrong with damaged ones."""

from __future__ import annotations

import socket

import numpy as np
import pandas as pd
import pytest
from beside import needs_lab
from sklearn import datasets

from gates.measures.data import profile as suites
from gates.measures.data.expectations import ExpectFiniteNumbers, ExpectNullShares, ExpectPrecision
from gates.measures.data.inspection import inspect

WRITTEN = "data_checks/expectations/covid19articles.json"


def bundled(name: str) -> pd.DataFrame:
    frame = getattr(datasets, f"load_{name}")(as_frame=True).frame.copy()
    frame.insert(0, "id", [f"r{at}" for at in range(len(frame))])
    return frame


def halves(frame: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    order = np.random.default_rng(seed).permutation(len(frame))
    return frame.iloc[order[: len(frame) // 2]], frame.iloc[order[len(frame) // 2 :]]


def alarms(frame: pd.DataFrame, splits: int, **roles: str) -> list[str]:
    found = []
    for seed in range(splits):
        reference, current = halves(frame, seed)
        found += [str(one) for one in suites.violations(suites.profile(reference, **roles), reference, current)][:1]
    return found


@pytest.mark.parametrize("name", ["diabetes", "breast_cancer", "wine"])
def test_clean_halves_of_bundled_data_are_accepted(name):
    assert len(alarms(bundled(name), 6, id="id", target="target")) <= 1


def test_clean_halves_of_discrete_data_are_accepted():
    assert len(alarms(bundled("digits").iloc[:600], 3, id="id", target="target")) <= 1


def test_clean_halves_of_mixed_data_are_accepted(mixed):
    assert len(alarms(mixed, 6, id="id", target="churned")) <= 1


@needs_lab
def test_clean_halves_of_the_labs_file_are_accepted(lab):
    assert len(alarms(lab, 4, id="cord_uid", target="cluster")) <= 1


@needs_lab
def test_the_written_suite_accepts_the_labs_file_and_its_halves(lab, pytestconfig):
    suite = suites.read(pytestconfig.rootpath / WRITTEN)
    assert suites.violations(suite, None, lab) == ()
    for seed in range(4):
        assert suites.violations(suite, None, halves(lab, seed)[0]) == ()


CORRUPTIONS = {
    "dropped": (lambda f, r: f.drop(columns="17"), "17"),
    "added": (lambda f, r: f.assign(extra=1.5), "extra"),
    "renamed": (lambda f, r: f.rename(columns={"17": "x17"}), "x17"),
    "as text": (lambda f, r: f.assign(**{"17": f["17"].astype(str)}), "17"),
    "5 % null": (lambda f, r: f.assign(**{"17": f["17"].where(r.random(len(f)) > 0.05)}), "17"),
    "all null": (lambda f, r: f.assign(**{"17": np.nan}), "17"),
    "nulls as 0": (lambda f, r: f.assign(**{"17": f["17"].where(r.random(len(f)) > 0.2, 0.0)}), "17"),
    "duplicates": (
        lambda f, r: pd.concat([f.iloc[:150], f.iloc[:50].assign(cord_uid=[f"d{n}" for n in range(50)])]),
        None,
    ),
    "repeated keys": (lambda f, r: f.assign(cord_uid=[*f["cord_uid"][:-9], *f["cord_uid"][:9]]), "cord_uid"),
    "x1000": (lambda f, r: f.assign(**{"17": f["17"] * 1000}), "17"),
    "sentinel": (lambda f, r: f.assign(**{"17": f["17"].where(r.random(len(f)) > 0.02, -999)}), "17"),
    "inf": (lambda f, r: f.assign(**{"17": [np.inf, *f["17"].iloc[1:]]}), "17"),
    "stuck": (lambda f, r: f.assign(**{"17": 0.5}), "17"),
    "rounded": (lambda f, r: f.assign(**{"17": f["17"].round(2)}), "17"),
    "unknown class": (lambda f, r: f.assign(cluster=f["cluster"].where(r.random(len(f)) > 0.1, 42)), "cluster"),
    "majority missing": (lambda f, r: f[f["cluster"] != 8], "cluster"),
    "one class": (lambda f, r: f.assign(cluster=2), "cluster"),
    "labels shuffled": (lambda f, r: f.assign(cluster=r.permutation(f["cluster"])), "cluster"),
    "labels off by one": (lambda f, r: f.assign(cluster=f["cluster"] + 1), "cluster"),
    "8 rows": (lambda f, r: f.iloc[:8], None),
}


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_each_corruption_is_caught_with_its_column(corruption, papers):
    reference, current = halves(papers, 1)
    spoil, column = CORRUPTIONS[corruption]
    suite = suites.profile(reference, id="cord_uid", target="cluster")
    found = suites.violations(suite, reference, spoil(current, np.random.default_rng(2)))
    assert found
    assert column is None or any(column in one.columns for one in found)
    assert all(one.found and one.wanted and one.expectation for one in found)


@pytest.mark.parametrize("keep_keys", [True, False])
def test_rows_copied_from_the_reference_are_caught(keep_keys, papers):
    reference, current = halves(papers, 1)
    copies = reference.iloc[:50]
    copies = copies if keep_keys else copies.assign(cord_uid=[f"n{at}" for at in range(50)])
    suite = suites.profile(reference, id="cord_uid", target="cluster")
    found = suites.violations(suite, reference, pd.concat([current.iloc[50:], copies]))
    assert [one.count for one in found if one.expectation == "expect_rows_to_be_new"] == [50]


def test_a_table_that_has_grown_holds_no_copies(papers):
    suite = suites.profile(papers.iloc[:300], id="cord_uid", target="cluster")
    assert suites.violations(suite, papers.iloc[:300], papers) == ()


def test_categories_are_held_in_mixed_data(mixed):
    reference, current = halves(mixed, 3)
    suite = suites.profile(reference, id="id", target="churned")
    unknown = suites.violations(suite, None, current.assign(plan=current["plan"].replace("plus", "PLUS")))
    assert any(one.expectation == "expect_known_categories" and one.columns == ("plan",) for one in unknown)
    shifted = suites.violations(suite, None, current[(current["plan"] != "basic") | (current.index % 10 == 0)])
    assert any(one.expectation == "expect_category_shares" and one.columns == ("plan",) for one in shifted)
    nulls = suites.violations(suite, None, current.assign(amount=current["amount"].where(current["age"] > 60)))
    assert any(one.expectation == "expect_null_shares" and one.columns == ("amount",) for one in nulls)


def test_an_empty_suite_accepts_nothing(papers):
    from great_expectations import ExpectationSuite

    found = suites.violations(ExpectationSuite(name="hollow", expectations=[]), None, papers)
    assert [one.found for one in found] == ["the suite 'hollow' is empty"]


@pytest.mark.parametrize(
    "frame", [pd.DataFrame(), pd.DataFrame({"a": []}), pd.DataFrame(index=[1, 2])], ids=["nothing", "header", "index"]
)
def test_a_table_without_cells_breaks_every_expectation(frame, papers):
    report = inspect(suites.profile(papers, id="cord_uid", target="cluster"), frame)
    assert all(
        result.violations for result in report.results if result.expectation != "expect_table_columns_to_match_set"
    )


@pytest.mark.parametrize(
    "expectation",
    [ExpectFiniteNumbers(columns=["no"]), ExpectNullShares(columns=["no"]), ExpectPrecision(columns=["no"])],
)
def test_an_expectation_that_sees_no_column_fails(expectation, papers):
    from great_expectations import ExpectationSuite

    report = inspect(ExpectationSuite(name="blind", expectations=[expectation]), papers)
    assert [one.found for one in report.violations] == ["nothing to evaluate"]


def test_an_all_null_column_passes_no_core_expectation_either():
    from great_expectations import ExpectationSuite
    from great_expectations.expectations import ExpectColumnValuesToBeBetween

    suite = ExpectationSuite(
        name="core", expectations=[ExpectColumnValuesToBeBetween(column="a", min_value=0, max_value=1)]
    )
    report = inspect(suite, pd.DataFrame({"a": [np.nan, np.nan]}))
    assert [one.found for one in report.violations] == ["has no value to evaluate"]
    missing = inspect(suite, pd.DataFrame({"b": [1.0]}))
    assert "could not be evaluated" in missing.violations[0].found


def test_evaluating_a_suite_asks_no_network(papers, monkeypatch):
    def refuse(*arguments: object) -> None:
        raise AssertionError(f"the network was asked: {arguments}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert inspect(suites.profile(papers, id="cord_uid", target="cluster"), papers).violations == ()


def test_evaluating_a_suite_is_silent(papers, capfd):
    inspect(suites.profile(papers), papers)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("roles", "named"), [({"id": "no"}, "'no', which is named as id"), ({"target": "no"}, "named as target")]
)
def test_a_reference_without_its_roles_teaches_nothing(roles, named, papers):
    with pytest.raises(ValueError, match=named):
        suites.profile(papers, **roles)


def test_a_reference_without_rows_teaches_nothing(papers):
    with pytest.raises(ValueError, match="0 rows"):
        suites.profile(papers.iloc[:0])


@pytest.mark.parametrize("frame", [
    pd.DataFrame({"a": [1.0]}),
    pd.DataFrame({"a": [np.nan, np.nan]}),
    pd.DataFrame({"a": [np.inf, 1.0, np.nan]}),
    pd.DataFrame({"a": [3] * 50}),
    pd.DataFrame({"a": ["x", None, "y"]}),
    pd.DataFrame({"a": [[1], {2: 3}, None]}),
    pd.DataFrame({"a": [1e308, -1e308, 1e-308]}),
    pd.DataFrame([[1, 2]], columns=["a", "a"]),
])  # fmt: skip
def test_odd_tables_are_profiled_and_judged_without_a_crash(frame):
    suite = suites.profile(frame)
    assert suite.expectations
    for one in suites.violations(suite, frame, frame):
        assert "could not be evaluated" not in one.found


def test_wide_tables_are_judged_in_time():
    frame = pd.DataFrame(np.random.default_rng(8).normal(size=(60, 1000))).rename(columns=str)
    assert suites.violations(suites.profile(frame), None, frame) == ()
