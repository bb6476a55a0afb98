"""Checks that went wrong and must not count: each stands in a file of its own, and one child runs all files."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bent_runs import FIRST, LEFT_OUT, SECOND, TOO_FEW, CheckFile, reasons_of, run_together

from gates.judgement.judge import Judgement, judge

APPENDS = """
    fact = dict(id="accuracy", value=repr(value), n=9, detail="", needed_n=None, kind="measurement", name="", unit="", better="")
    request.node.user_properties.append(("gates.evidence", fact))
"""

BAD_CHECKS: dict[str, CheckFile] = {
    # what went wrong and wants to look well
    "a failed assertion": CheckFile("failed: wrong", second="def test_answers():\n    assert 1 == 2, 'wrong'\n"),
    "a crash": CheckFile(
        "test_answers: errored: OSError: gone", second="def test_answers():\n    raise OSError('gone')\n"
    ),
    "a missing fixture": CheckFile("test_answers: errored", second="def test_answers(nobody):\n    pass\n"),
    "a teardown error": CheckFile(
        "test_answers: errored: OSError: late",
        second="@pytest.fixture\ndef f():\n    yield\n    raise OSError('late')\n\n\ndef test_answers(f):\n    pass\n",
    ),
    "a failing subtest": CheckFile(
        "test_answers: failed: a subtest failed: bad row",
        second="def test_answers(subtests):\n    with subtests.test('row 2'):\n        assert False, 'bad row'\n",
    ),
    "a skipped subtest": CheckFile(
        "test_answers: failed: a subtest skipped",
        second="def test_answers(subtests):\n    with subtests.test('row 2'):\n        pytest.skip('no')\n",
    ),
    "SystemExit in a check": CheckFile("errored: SystemExit", second="def test_answers():\n    raise SystemExit(0)\n"),
    "SystemExit in a fixture": CheckFile(
        "test_answers: errored: SystemExit",
        second="@pytest.fixture\ndef f():\n    raise SystemExit(0)\n\n\ndef test_answers(f):\n    pass\n",
    ),
    "sys.exit(0)": CheckFile("errored: SystemExit: 0", second="import sys\n\n\ndef test_answers():\n    sys.exit(0)\n"),
    "skip": CheckFile("test_answers: skipped: later", second="def test_answers():\n    pytest.skip('later')\n"),
    "skipif": CheckFile(
        "test_answers: skipped: not today",
        second="@pytest.mark.skipif(True, reason='not today')\ndef test_answers():\n    pass\n",
    ),
    "a skip in a fixture": CheckFile(
        "test_answers: skipped",
        second="@pytest.fixture\ndef gone():\n    pytest.skip('no')\n\n\ndef test_answers(gone):\n    pass\n",
    ),
    "xfail": CheckFile(
        "test_answers: skipped: marked xfail; an expected failure is not a pass",
        second="@pytest.mark.xfail\ndef test_answers():\n    assert False\n",
    ),
    "xpass": CheckFile(
        "test_answers: failed: marked xfail",
        second="@pytest.mark.xfail(strict=False)\ndef test_answers():\n    pass\n",
    ),
    "strict xpass": CheckFile(
        "XPASS(strict)", second="@pytest.mark.xfail(strict=True)\ndef test_answers():\n    pass\n"
    ),
    # what never ran, and what nobody knows
    "a removed check": CheckFile("::test_answers: required, but did not run", second=""),
    "a renamed check": CheckFile("::test_answers: required, but did not run", second="def test_replies():\n    pass\n"),
    "a check that the policy does not know": CheckFile(
        "::test_more: ran, but the policy does not know it; add it under [tool.gates.model]",
        second=SECOND + "\n\ndef test_more():\n    pass\n",
    ),
    "a check without a gate mark": CheckFile(
        "::test_alone: carries no gate mark", "", "def test_alone():\n    pass\n", floor="", answers="", head=""
    ),
    # evidence
    "a vacuous check": CheckFile(
        "passed without evidence for accuracy; a bound needs a measurement",
        "def test_clears_the_floor():\n    pass\n",
    ),
    "a check defined twice": CheckFile(
        "passed without evidence for accuracy", second=SECOND + "\n\ndef test_clears_the_floor():\n    pass\n"
    ),
    "a vacuous case beside one that does not apply": CheckFile(
        "passed without evidence for accuracy",
        """
        @pytest.mark.parametrize("case", ["a", "b"])
        def test_clears_the_floor(case, inapplicable):
            if case == "a":
                inapplicable("no_key", "none")
        """,
        floor='{ accuracy = ">= 0.8", unless = "no_key" }',
    ),
    "a NaN": CheckFile(
        "accuracy = nan, which is not a finite number (required >= 0.8, n = 9)",
        'def test_clears_the_floor(evidence):\n    evidence("accuracy", float("nan"), n=9)\n',
    ),
    "an infinity": CheckFile(
        "accuracy = inf, which is not a finite number",
        'def test_clears_the_floor(evidence):\n    evidence("accuracy", float("inf"), n=9)\n',
    ),
    "no rows": CheckFile(
        "accuracy was measured on 0 rows; a measurement needs at least one",
        'def test_clears_the_floor(evidence):\n    evidence("accuracy", 1.0, n=0)\n',
    ),
    "a value that is no number": CheckFile(
        "test_clears_the_floor: errored: ValueError",
        'def test_clears_the_floor(evidence):\n    evidence("accuracy", "good", n=9)\n',
    ),
    "a value below its bound": CheckFile(
        "test_clears_the_floor: failed: accuracy = 0.79999 (required >= 0.8, n = 9): 2 wrong",
        'def test_clears_the_floor(evidence):\n    evidence("accuracy", 0.79999, n=9, detail="2 wrong")\n',
    ),
    "evidence without a bound": CheckFile(
        "speed = 1 (n = 9) has no bound: give it one under 'model_checks/test_evidence_without_a_bound.py::test_answers'",
        second='def test_answers(evidence):\n    evidence("speed", 1, n=9)\n',
    ),
    "a bound without evidence": CheckFile(
        "test_clears_the_floor: passed without evidence for recall",
        floor='{ accuracy = ">= 0.8", recall = ">= 0.1" }',
    ),
    "evidence given twice": CheckFile(
        "gave the evidence 'accuracy' 2 times; its id must be its own within the check",
        FIRST + '    evidence("accuracy", 0.95, n=rows)\n',
    ),
    "the better evidence hides the worse": CheckFile(
        "accuracy = 0.1 (required >= 0.8, n = 9)",
        '@pytest.mark.parametrize("value", [0.1, 0.9])\ndef test_clears_the_floor(value, request):' + APPENDS,
    ),
    # leaving out and waving through
    "does not apply, but the policy says it must": CheckFile(
        "the policy does not let this check be left out for 'no_champion'", second=LEFT_OUT
    ),
    "does not apply, but that is not true": CheckFile(
        "not applicable (no_champion): nothing serves yet; but 'no_champion' is not true here",
        second=LEFT_OUT,
        answers='{ unless = "no_champion" }',
    ),
    "too few rows": CheckFile(
        "inconclusive: accuracy = 0.79 (required >= 0.8, n = 50); too few rows to tell, it needs n >= 700", TOO_FEW
    ),
}

# Where the policy lets an inconclusive check pass with a warning.
WARNED: dict[str, CheckFile] = {
    "a NaN that calls itself inconclusive": CheckFile(
        "test_clears_the_floor: failed: accuracy = nan, which is not a finite number",
        TOO_FEW.replace("0.79", 'float("nan")'),
    ),
    "inconclusive without a measurement": CheckFile(
        "test_clears_the_floor: inconclusive: too few rows, believe me",
        """
        from gates.plugin.outcomes import Inconclusive


        def test_clears_the_floor():
            raise Inconclusive("too few rows, believe me")
        """,
    ),
}


# Files that cannot be collected: pytest then runs nothing at all.
UNCOLLECTED: dict[str, CheckFile] = {
    "a file that skips itself": CheckFile(
        "could not be collected (skipped)", "pytest.importorskip('no_such_module')\n", ""
    ),
    "a syntax error": CheckFile("could not be collected (failed)", "def test_answers(:\n", ""),
    "a collection error": CheckFile("OSError: no disk", "raise OSError('no disk')\n", ""),
    "an empty list of parameters": CheckFile(
        "could not be collected (failed)",
        second="@pytest.mark.parametrize('x', [])\ndef test_answers(x):\n    pass\n",
    ),
    "an unknown mark": CheckFile(
        "'slowly' not found in `markers`", second="@pytest.mark.slowly\ndef test_answers():\n    pass\n"
    ),
}


SOUND: dict[str, CheckFile] = {"a sound file": CheckFile(""), "another sound file": CheckFile("")}


@pytest.fixture(scope="module")
def of_one_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Judgement, Judgement]:
    """The judgement of one run of all checks, and that of a policy that lets an inconclusive check pass with a warning."""
    project, run = run_together(BAD_CHECKS | WARNED | SOUND, tmp_path_factory.mktemp("together"))
    gate = project.policy.gates["model"]
    return judge(run, gate, {}), judge(run, replace(gate, inconclusive="warn"), {})


@pytest.fixture(scope="module")
def of_no_run(tmp_path_factory: pytest.TempPathFactory) -> Judgement:
    project, run = run_together(UNCOLLECTED, tmp_path_factory.mktemp("uncollected"))
    return judge(run, project.policy.gates["model"], {})


@pytest.mark.parametrize("name", BAD_CHECKS)
def test_a_bad_check_is_refused_with_its_sentence(name, of_one_run):
    assert BAD_CHECKS[name].sentence in reasons_of(of_one_run[0], name)


@pytest.mark.parametrize("name", WARNED)
def test_a_check_that_only_calls_itself_inconclusive_is_refused(name, of_one_run):
    assert WARNED[name].sentence in reasons_of(of_one_run[1], name)


@pytest.mark.parametrize("name", UNCOLLECTED)
def test_a_file_that_cannot_be_collected_is_refused(name, of_no_run):
    assert UNCOLLECTED[name].sentence in reasons_of(of_no_run, name)


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_check_beside_them_is_refused_for_nothing(name, of_one_run):
    assert reasons_of(of_one_run[0], name) == ""
