"""Each model check is run, as users run it, on a good subject and on one that is bad in every way. A check never seen
to fail is no check.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[3]
SUBJECTS = Path(__file__).with_name("subjects_for_checks.py")

CLASSES = {
    "test_floors.py::test_challenger_clears_the_floor": {"accuracy": ">= 0.6", "macro_f1": ">= 0.5"},
    "test_baseline.py::test_challenger_beats_a_dummy": {"log_loss": "> 0"},
    "test_champion.py::test_challenger_is_no_worse": {"accuracy": ">= -0.06", "macro_f1": ">= -0.05"},
    "test_anchor.py::test_challenger_is_no_worse_than_the_anchor": {"accuracy": ">= -0.06", "macro_f1": ">= -0.05"},
    "test_slices.py::test_no_class_collapses": {"p_value": ">= 0.05"},
    "test_artifact.py::test_the_model_knows_the_labels_of_the_holdout": {"unknown_label_share": "<= 0.02"},
    "test_determinism.py::test_training_twice_gives_the_same_probabilities": {"probability_gap": "<= 1e-9"},
    "test_calibration.py::test_confidence_is_honest": {"calibration_error": "<= 0.3"},
    "test_calibration.py::test_probabilities_beat_the_class_shares": {"brier": "> 0"},
}
NUMBERS = {
    "test_floors.py::test_challenger_clears_the_floor": {"r2": ">= 0.6"},
    "test_baseline.py::test_challenger_beats_a_dummy": {"r2": "> 0"},
    "test_champion.py::test_challenger_is_no_worse": {"r2": ">= -0.05"},
    "test_anchor.py::test_challenger_is_no_worse_than_the_anchor": {"r2": ">= -0.05"},
    "test_slices.py::test_no_class_collapses": {},
    "test_artifact.py::test_the_model_knows_the_labels_of_the_holdout": {},
    "test_determinism.py::test_training_twice_gives_the_same_probabilities": {},
    "test_calibration.py::test_confidence_is_honest": {},
    "test_calibration.py::test_probabilities_beat_the_class_shares": {},
}
BOTH = {
    "test_behaviour.py::test_minimum_functionality": {"violations": "== 0"},
    "test_behaviour.py::test_invariance": {"violations": "== 0"},
    "test_behaviour.py::test_direction": {"violations": "== 0"},
    "test_anchor.py::test_anchor_has_not_seen_the_holdout": {"seen_share": "== 0"},
    "test_holdout.py::test_the_holdout_is_not_worn_out": {"uses": "<= 100"},
    "test_champion.py::test_champion_has_not_seen_the_holdout": {"seen_share": "== 0"},
    "test_champion.py::test_challenger_differs_from_the_champion": {"changed_predictions": "<= 100"},
    "test_slices.py::test_no_slice_collapses": {"p_value": ">= 0.05"},
    "test_slices.py::test_no_slice_falls_behind": {"p_value": ">= 0.05"},
    "test_invariance.py::test_tiny_noise_changes_little": {"changed_share": "<= 0.02"},
    "test_invariance.py::test_row_order_changes_nothing": {"violations": "== 0"},
    "test_invariance.py::test_column_order_changes_nothing": {"violations": "== 0"},
    "test_invariance.py::test_repetition_changes_nothing": {"violations": "== 0"},
    "test_invariance.py::test_a_row_alone_is_answered_as_in_company": {"violations": "== 0"},
    "test_determinism.py::test_training_twice_gives_the_same_predictions": {"violations": "== 0"},
    "test_cost.py::test_a_batch_is_fast": {"ms_per_row": "<= 0.1"},
    "test_cost.py::test_a_single_row_is_fast": {"ms_single_row": "<= 40"},
    "test_cost.py::test_the_artifact_is_small": {"artifact_mib": "<= 50"},
    "test_artifact.py::test_the_loaded_model_answers_like_the_trained_one": {
        "violations": "== 0",
        "probability_gap": "<= 1e-9",
    },
    "test_artifact.py::test_the_signature_matches_the_configuration": {"violations": "== 0"},
    "test_artifact.py::test_the_holdout_is_new_to_the_challenger": {"violations": "== 0"},
}
SETTINGS = """
[tool.gates.model.settings]
metrics = {metrics}
baseline_metrics = {baseline}
probability_metrics = ["brier"]
slice_margin = 0.05
slice_gap = 0.15
slice_minimum = 20
noise = 0.001
single_rows = 20
timings = 3
behaviours = "model_checks/behaviours.toml"
"""


def write_policy(checks, *, metrics, baseline):
    lines = ['[tool.gates]\nwork = "nothing:here"\nfirst_model = "floors"\n']
    for gate in ("data", "drift", "endpoint"):
        lines.append(
            f'[tool.gates.{gate}]\nsuite = "model_checks"\n[tool.gates.{gate}.checks]\n"x.py::test_x" = {{}}\n'
        )
    lines.append('[tool.gates.model]\nsuite = "model_checks"\n[tool.gates.model.checks]\n')
    for name, bounds in checks.items():
        told = ", ".join(f'"{key}" = "{bound}"' for key, bound in bounds.items())
        lines.append(f'"model_checks/{name}" = {{ {told} }}\n')
    return "".join(lines) + SETTINGS.format(metrics=metrics, baseline=baseline).replace("'", '"')


@pytest.fixture
def run(pytester, monkeypatch):
    """Run the whole suite on a subject in a process of its own; gives check name -> outcomes, and the printed text."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    def go(subject):
        shutil.copytree(
            ROOT / "model_checks",
            pytester.path / "model_checks",
            ignore=shutil.ignore_patterns("__pycache__", "*_drift.py", "nightly"),
        )
        numbers = "regression" in subject
        checks = {**BOTH, **(NUMBERS if numbers else CLASSES)}
        metrics, baseline = (["r2"], ["r2"]) if numbers else (["accuracy", "macro_f1"], ["log_loss"])
        pytester.makepyprojecttoml(write_policy(checks, metrics=metrics, baseline=baseline))
        text = SUBJECTS.read_text(encoding="utf-8").replace('SUBJECT = "good"', f'SUBJECT = "{subject}"')
        pytester.makeconftest(text)
        result = pytester.runpytest_subprocess(
            "model_checks", "-rA", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--junitxml=out.xml"
        )
        return read_outcomes(pytester.path / "out.xml"), result.stdout.str(), checks

    return go


def read_outcomes(path):
    import xml.etree.ElementTree as ElementTree

    found: dict[str, list[str]] = {}
    for case in ElementTree.parse(path).iter("testcase"):
        name = f"{case.attrib['classname'].rpartition('.')[2]}.py::{case.attrib['name'].partition('[')[0]}"
        kinds = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        found.setdefault(name, []).append(kinds[0] if kinds else "passed")
    return found


def test_a_good_classifier_passes_every_check(run):
    outcomes, text, checks = run("good")
    assert set(outcomes) == set(checks), text
    assert {outcome for several in outcomes.values() for outcome in several} == {"passed"}, text


def test_a_bad_classifier_fails_every_check(run):
    outcomes, text, checks = run("bad")
    assert set(outcomes) == set(checks), text
    passing = [name for name, several in outcomes.items() if set(several) != {"failure"}]
    assert passing == [], text
    assert "accuracy difference to the champion, lower limit = -0." in text
    assert "proved worse" in text
    assert "accuracy difference to the anchor, lower limit = -0." in text
    assert "the anchor held out 20% of the rows, the challenger 33%" in text
    assert "challengers judged on this holdout = 101 (required <= 100, n = 300)" in text


def test_a_good_regression_passes_or_has_no_classes_to_ask_about(run):
    outcomes, text, checks = run("regression")
    assert set(outcomes) == set(checks), text
    for name, several in outcomes.items():
        assert set(several) == {"passed" if checks[name] else "skipped"}, (name, text)


def test_a_bad_regression_fails_every_check_that_is_its_own(run):
    outcomes, text, checks = run("bad regression")
    passing = [name for name, several in outcomes.items() if checks[name] and set(several) != {"failure"}]
    assert passing == [], text


def test_a_first_model_without_slices_is_asked_nothing_about_either(run):
    outcomes, text, _ = run("first")
    skipped = {name for name, several in outcomes.items() if "skipped" in several}
    asked_of_two = {
        name for name in outcomes if name.startswith(("test_champion.py", "test_anchor.py", "test_slices.py"))
    }
    assert skipped == asked_of_two, text
    assert "not applicable (no_champion): nothing serves yet" in text
    assert "not applicable (no_slices)" in text


def test_a_model_of_labels_alone_is_not_asked_for_probabilities(run):
    outcomes, text, _ = run("labels only")
    skipped = {name for name, several in outcomes.items() if set(several) == {"skipped"}}
    assert skipped == {
        name
        for name in outcomes
        if name.startswith("test_calibration.py") or "same_probabilities" in name or "direction" in name
    }, text
