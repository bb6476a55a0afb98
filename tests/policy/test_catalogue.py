"""Every evidence of the standard policies is described, and the page of them is what the code writes."""

from pathlib import Path

import pytest

from gates.evidence import DIRECTIONS, Kind
from gates.measures.model.metrics import METRICS
from gates.policy.catalogue import describe, read_catalogue, read_metrics
from gates.policy.evidence_page import main, render_page
from gates.policy.layers import STANDARD
from gates.policy.reader import read_policy
from gates.policy.records import CheckPolicy

ROOT = Path(__file__).parents[2]
POLICIES = [*STANDARD.values(), ROOT / "pyproject.toml", *sorted((ROOT / "docs/examples").glob("*.toml"))]


def checks(file: Path) -> dict[str, CheckPolicy]:
    return {name: check for gate in read_policy(file).gates.values() for name, check in gate.checks.items()}


@pytest.mark.parametrize("file", POLICIES, ids=lambda file: file.stem)
def test_every_bound_and_every_invariant_is_described(file):
    for name, check in checks(file).items():
        for id in check.bounds:
            assert describe(name, id) is not None, f"{name} {id}"
        if check.invariant:
            described = [one for one in read_catalogue() if one.check == name.replace("::test_", "::")]
            assert Kind.VIOLATIONS in [one.kind for one in described], name


def test_everything_described_is_of_a_check_that_the_standard_requires():
    required = {name.replace("::test_", "::") for name in checks(STANDARD["gates:standard"])}
    assert {one.check for one in read_catalogue()} <= required


def test_descriptions_are_complete_and_say_kinds_and_directions_that_exist():
    every = [*read_catalogue(), *read_metrics().values()]
    assert len(every) > 130
    for one in every:
        assert one.kind in tuple(Kind), one
        assert one.better in DIRECTIONS, one
        assert one.name, one
        assert one.unit, one
        assert one.formula, one
        assert one.source, one


def test_an_evidence_stands_once_for_its_check():
    keys = [(one.check, one.id) for one in read_catalogue()]
    assert len(keys) == len(set(keys))


def test_the_metrics_are_those_that_a_gate_may_ask_for_with_their_directions():
    assert {id: one.better == "higher" for id, one in read_metrics().items()} == {
        name: metric.higher_is_better for name, metric in METRICS.items()
    }


def test_a_metric_is_described_for_the_checks_of_metrics_alone():
    described = describe("gates:model/test_floors.py::test_challenger_clears_the_floor[r2]", "r2")
    assert described is not None
    assert (described.id, described.check) == ("r2", "gates:model/test_floors.py::test_challenger_clears_the_floor")
    assert describe("gates:model/test_cost.py::test_a_batch_is_fast", "r2") is None
    assert describe("model_checks/test_floors.py::test_challenger_clears_the_floor", "profit") is None


def test_the_page_is_what_the_code_writes(tmp_path):
    page = (ROOT / "docs/evidence.md").read_text(encoding="utf-8")
    assert page == render_page(), "write it again with: python -m gates.policy.evidence_page docs/evidence.md"
    main([str(tmp_path / "page.md")])
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == page


def test_the_page_names_every_bound_of_the_standard():
    page = render_page()
    for name, check in checks(STANDARD["gates:standard"]).items():
        row = [line for line in page.splitlines() if line.startswith(f"| `{name.replace('::test_', '::')}`")]
        assert row, name
        for id in check.bounds:
            assert any(f"| `{id}` |" in line for line in row), (name, id)
