"""A plain pytest run tells the evidence and stays green for ``-k``; it says that it is not a verdict."""

from fnmatch import fnmatch

import pytest
from small_project import FILES, make_project

TOLD = "not a verdict: {} checks ran here{}; only `gates check` and `gates run` decide"


@pytest.fixture
def project(pytester):
    make_project(pytester.path)
    return pytester


def run(pytester, *options: str):
    # The plugin of hypothesis imports all of hypothesis at the end of every run: two seconds that say nothing about ours.
    lean = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
    return pytester.runpytest_subprocess(*lean, "--import-mode=importlib", *options)


WORKERS = pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["here", "with workers"])


@WORKERS
def test_it_prints_the_evidence_and_that_it_is_no_verdict(workers, project):
    found = run(project, *workers)
    found.assert_outcomes(passed=5)
    found.stdout.fnmatch_lines_random(
        [
            "*gates: evidence*",
            "  passed  rows = 200 (required >= 100, n = 200)",
            "  passed  accuracy = 0.9 (required >= 0.8, n = 200)",
            "  passed  p_value = 0.4 (required >= 0.01, n = 60): no column moved",
            TOLD.format(5, ""),
        ]
    )


@WORKERS
def test_a_selection_stays_green_and_says_how_much_was_left_out(workers, project):
    found = run(project, "-k", "floor", *workers)
    assert found.ret == 0
    found.stdout.fnmatch_lines([TOLD.format(2, ", 3 deselected")])


@WORKERS
def test_a_missed_bound_is_one_clean_sentence(workers, project):
    make_project(
        project.path, **{"data_checks/test_rows.py": FILES["data_checks/test_rows.py"].replace("rows, n", "7, n")}
    )
    found = run(project, "data_checks", *workers)
    assert found.ret == 1
    found.stdout.fnmatch_lines(
        ["*rows = 7 (required >= 100, n = 200)", "  failed  rows = 7 (required >= 100, n = 200)"]
    )
    assert "Traceback" not in found.stdout.str()


@WORKERS
def test_values_that_are_no_plain_numbers_cross_process_borders(workers, project):
    pytest.importorskip("numpy")
    project.path.joinpath("data_checks/test_rows.py").write_text(
        'import enum\nimport numpy as np\nimport pytest\n\npytestmark = pytest.mark.gate("data")\n\n\n'
        'class Name(enum.StrEnum):\n    ROWS = "rows"\n\n\n'
        "def test_there_are_enough_rows(evidence):\n    evidence(Name.ROWS, np.float64(120), n=np.int64(9), needed_n=np.int32(9))\n"
    )
    found = run(project, "data_checks", *workers)
    found.assert_outcomes(passed=1)
    found.stdout.fnmatch_lines(["  passed  rows = 120 (required >= 100, n = 9)"])


def test_a_check_that_does_not_apply_is_skipped_with_its_condition(project):
    project.path.joinpath("endpoint_checks/test_smoke.py").write_text(
        'import pytest\n\npytestmark = pytest.mark.gate("endpoint")\n\n\n'
        'def test_it_answers(inapplicable):\n    inapplicable("no_key", "it asks for none")\n'
    )
    found = run(project, "endpoint_checks", "-rs")
    found.assert_outcomes(skipped=1)
    found.stdout.fnmatch_lines(["*not applicable (no_key): it asks for none"])


def test_a_run_without_gate_checks_is_not_talked_into(pytester):
    pytester.makepyfile("def test_plain():\n    pass\n")
    assert "verdict" not in run(pytester).stdout.str()


def test_gate_fixtures_need_a_gate_mark(project):
    project.path.joinpath("data_checks/test_rows.py").write_text("def test_x(evidence):\n    pass\n")
    run(project, "data_checks").stdout.fnmatch_lines(["*::test_x uses a gate fixture but carries no gate mark*"])


def test_a_gate_fixture_without_a_policy_says_so(pytester):
    pytester.makepyfile("import pytest\n\n\n@pytest.mark.gate('data')\ndef test_x(evidence):\n    pass\n")
    found = run(pytester)
    assert found.ret == 1
    found.stdout.fnmatch_lines(["*the policy cannot be read: *pyproject.toml does not exist*"])


def test_settings_cannot_be_written(project):
    project.path.joinpath("model_checks/test_floors.py").write_text(
        'import pytest\n\npytestmark = pytest.mark.gate("model")\n\n\n'
        "def test_answers(settings, bound):\n    assert bound('accuracy') is None\n    settings['metrics'] = []\n"
    )
    run(project, "model_checks/test_floors.py").stdout.fnmatch_lines(["*does not support item assignment*"])


EACH = 'import pytest\n\n{}\n\n\n@pytest.mark.each({})\ndef test_answers(metric):\n    assert metric in ("accuracy", "macro_f1")\n'
MARK = 'pytestmark = pytest.mark.gate("model")'


def test_each_runs_the_check_once_for_each_entry(project):
    project.path.joinpath("model_checks/test_floors.py").write_text(EACH.format(MARK, 'metric="metrics"'))
    found = run(project, "model_checks/test_floors.py", "-v")
    found.assert_outcomes(passed=2)
    found.stdout.fnmatch_lines(["*test_answers[[]accuracy[]]*", "*test_answers[[]macro_f1[]]*"])


@pytest.mark.parametrize(
    ("mark", "argument", "sentence"),
    [
        ("", 'metric="metrics"', "*each(...) needs a gate mark beside it*"),
        (MARK, 'metric="metrix"', "*[[]tool.gates.model.settings[]] metrix is None, wanted a list*"),
        (
            'pytestmark = pytest.mark.gate("modle")',
            'metric="metrics"',
            "*gate('modle') does not exist; legal: data, model, drift*",
        ),
        ("pytestmark = pytest.mark.gate", 'metric="metrics"', "*gate(None) does not exist*"),
    ],
)
def test_each_says_what_is_wrong(mark, argument, sentence, project):
    project.path.joinpath("model_checks/test_floors.py").write_text(EACH.format(mark, argument))
    found = run(project, "model_checks/test_floors.py")
    assert found.ret in (2, 4)
    lines = [*found.outlines, *found.errlines]
    assert any(fnmatch(line, sentence) for line in lines)
    assert not any("Traceback" in line for line in lines)


def test_control_characters_in_a_detail_are_shown_and_not_obeyed(project):
    project.path.joinpath("data_checks/test_rows.py").write_text(
        'import pytest\n\npytestmark = pytest.mark.gate("data")\n\n\n'
        "def test_there_are_enough_rows(evidence):\n    evidence('rows', 200, n=9, detail='column \\x1b[2Jx\\nnot a verdict')\n"
    )
    out = run(project, "data_checks", "--color=no").stdout.str()
    assert "column \\x1b[2Jx not a verdict" in out
    assert "\x1b[2J" not in out
