"""Runs that must not pass. Most of them end with exit code 0; each is refused with its own sentence.

Every row bends the small project in one place, runs the real child process and holds what it reported to the policy.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from small_project import FILES, FLOOR, GATES, PYPROJECT, make_project

from gates.context import Context
from gates.errors import SubjectError
from gates.runner import run_gate

HEAD = 'import pytest\n\npytestmark = pytest.mark.gate("model")\n'
FIRST = 'def test_clears_the_floor(rows, evidence):\n    evidence("accuracy", 0.9, n=rows)\n'
SECOND = "def test_answers():\n    assert True\n"
DRIFT = dedent(FILES["model_checks/test_drift.py"])


def checks(first: str = FIRST, second: str = SECOND) -> dict[str, str]:
    """The model gate's checks, with one of the two replaced."""
    return {FLOOR: "\n\n".join((HEAD, dedent(first), dedent(second)))}


def conftest(text: str) -> dict[str, str]:
    """A hook or fixture beside those of the project."""
    return {"conftest.py": FILES["conftest.py"] + "\n\n" + dedent(text)}


def policy(old: str, new: str) -> dict[str, str]:
    """The policy with one text replaced."""
    assert old in PYPROJECT
    return {"pyproject.toml": PYPROJECT.replace(old, new)}


def write_record(line: str) -> dict[str, str]:
    """A check that writes into the record from which the parent reads."""
    return checks(
        f"""
        import os


        def test_clears_the_floor(rows, evidence, pytestconfig):
            record = pytestconfig.getoption("--gates-record")
            {line}
            evidence("accuracy", 0.9, n=rows)
        """
    )


ACCURACY = '"model_checks/test_floors.py::test_clears_the_floor" = { accuracy = ">= 0.8" }'
WARN = 'timeout = "20s"\ninconclusive = "warn"'
LEFT_OUT = "def test_answers(inapplicable):\n    inapplicable('no_champion', 'nothing serves yet')\n"
TOO_FEW = 'def test_clears_the_floor(evidence):\n    evidence("accuracy", 0.79, n=50, needed_n=700)\n'
NOT_RUN = f"{FLOOR}::test_answers: required, but did not run"

BAD_RUNS: dict[str, tuple[dict[str, str], str]] = {
    # what never ran
    "a file that skips itself": (
        {FLOOR: HEAD + "\npytest.importorskip('no_such_module')\n"},
        "could not be collected (skipped)",
    ),
    "a removed file": ({FLOOR: ""}, "test_clears_the_floor, model_checks/test_floors.py::test_answers: required"),
    "a removed check": (checks(second=""), NOT_RUN),
    "a renamed check": (checks(second="def test_replies():\n    pass\n"), NOT_RUN),
    "a check that the policy does not know": (
        checks(second=SECOND + "\n\ndef test_more():\n    pass\n"),
        f"{FLOOR}::test_more: ran, but the policy does not know it; add it under [tool.gates.model.checks]",
    ),
    "a syntax error": ({FLOOR: HEAD + "def test_answers(:\n"}, "could not be collected (failed)"),
    "a collection error": ({FLOOR: HEAD + "raise OSError('no disk')\n"}, "OSError: no disk"),
    "a collection that ends the process politely": ({FLOOR: "import sys\nsys.exit(0)\n"}, "SystemExit"),
    "a conftest that cannot be imported": (conftest("import no_such_module"), "did not finish (exit code 4)"),
    "an empty list of parameters": (
        checks(second="@pytest.mark.parametrize('x', [])\ndef test_answers(x):\n    pass\n"),
        "could not be collected (failed)",
    ),
    "a check without a gate mark": (
        {FLOOR: checks()[FLOOR], "model_checks/test_unmarked.py": "def test_alone():\n    pass\n"},
        "model_checks/test_unmarked.py::test_alone: carries no gate mark",
    ),
    "a gate mark with a typing error": (
        {FLOOR: checks()[FLOOR].replace('"model"', '"modle"')},
        "gate('modle') does not exist; legal: data, model, drift, endpoint",
    ),
    "an unknown mark": (
        checks(second="@pytest.mark.slowly\ndef test_answers():\n    pass\n"),
        "'slowly' not found in `markers`",
    ),
    "a module __test__ flag": ({FLOOR: checks()[FLOOR] + "\n__test__ = False\n"}, "required, but did not run"),
    # what was left out on the way
    "conftest drops checks silently": (
        conftest("def pytest_collection_modifyitems(items):\n    del items[1:]\n"),
        f"{FLOOR}::test_answers: collected, and then dropped without running",
    ),
    "conftest deselects checks": (
        conftest(
            """
            def pytest_collection_modifyitems(items, config):
                config.hook.pytest_deselected(items=items[1:])
                del items[1:]
            """
        ),
        "1 checks were deselected: model_checks/test_floors.py::test_answers",
    ),
    "conftest ignores a file": (conftest("collect_ignore_glob = ['*floors*']"), "required, but did not run"),
    "conftest sets an expression": (
        conftest("def pytest_configure(config):\n    config.option.keyword = 'clears'\n"),
        "pytest ran with keyword = clears, which can leave checks out",
    ),
    "conftest only collects": (
        conftest("def pytest_configure(config):\n    config.option.collectonly = True\n"),
        "collected, but never ran",
    ),
    "conftest only plans": (
        conftest(
            """
            @pytest.hookimpl(tryfirst=True)
            def pytest_cmdline_main(config):
                config.option.setupplan = config.option.setuponly = config.option.setupshow = True
            """
        ),
        "pytest ran with setupplan = True",
    ),
    "conftest runs nothing": (
        conftest("def pytest_runtest_protocol(item):\n    return True\n"),
        "collected, but never ran",
    ),
    "conftest calls nothing": (
        conftest("def pytest_pyfunc_call(pyfuncitem):\n    return True\n"),
        "passed without evidence for accuracy; a bound needs a measurement",
    ),
    "skip": (checks(second="def test_answers():\n    pytest.skip('later')\n"), "test_answers: skipped: later"),
    "skipif": (
        checks(second="@pytest.mark.skipif(True, reason='not today')\ndef test_answers():\n    pass\n"),
        "test_answers: skipped: not today",
    ),
    "a skip in a fixture": (
        checks(second="@pytest.fixture\ndef gone():\n    pytest.skip('no')\n\n\ndef test_answers(gone):\n    pass\n"),
        "test_answers: skipped",
    ),
    "xfail": (
        checks(second="@pytest.mark.xfail\ndef test_answers():\n    assert False\n"),
        "test_answers: skipped: marked xfail; an expected failure is not a pass",
    ),
    "xpass": (
        checks(second="@pytest.mark.xfail(strict=False)\ndef test_answers():\n    pass\n"),
        "test_answers: failed: marked xfail",
    ),
    "strict xpass": (
        checks(second="@pytest.mark.xfail(strict=True)\ndef test_answers():\n    pass\n"),
        "XPASS(strict)",
    ),
    # what went wrong and wants to look well
    "a failed assertion": (checks(second="def test_answers():\n    assert 1 == 2, 'wrong'\n"), "failed: wrong"),
    "a crash": (
        checks(second="def test_answers():\n    raise OSError('gone')\n"),
        "test_answers: errored: OSError: gone",
    ),
    "a missing fixture": (checks(second="def test_answers(nobody):\n    pass\n"), "test_answers: errored"),
    "a teardown error": (
        checks(
            second="@pytest.fixture\ndef f():\n    yield\n    raise OSError('late')\n\n\ndef test_answers(f):\n    pass\n"
        ),
        "test_answers: errored: OSError: late",
    ),
    "a failing subtest": (
        checks(
            second="def test_answers(subtests):\n    with subtests.test('row 2'):\n        assert False, 'bad row'\n"
        ),
        "test_answers: failed: a subtest failed: bad row",
    ),
    "a skipped subtest": (
        checks(second="def test_answers(subtests):\n    with subtests.test('row 2'):\n        pytest.skip('no')\n"),
        "test_answers: failed: a subtest skipped",
    ),
    "SystemExit in a check": (checks(second="def test_answers():\n    raise SystemExit(0)\n"), "errored: SystemExit"),
    "SystemExit in a fixture": (
        checks(second="@pytest.fixture\ndef f():\n    raise SystemExit(0)\n\n\ndef test_answers(f):\n    pass\n"),
        "test_answers: errored: SystemExit",
    ),
    "sys.exit(0)": (checks(second="import sys\n\n\ndef test_answers():\n    sys.exit(0)\n"), "errored: SystemExit: 0"),
    "pytest.exit(0)": (
        checks(second="def test_answers():\n    pytest.exit('enough', returncode=0)\n"),
        "pytest stopped early (interrupt): ",
    ),
    "KeyboardInterrupt": (
        checks(second="def test_answers():\n    raise KeyboardInterrupt\n"),
        "pytest stopped early (interrupt): KeyboardInterrupt()",
    ),
    "os._exit(0)": (
        checks(second="import os\n\n\ndef test_answers():\n    os._exit(0)\n"),
        "the model gate's run did not finish (exit code 0)",
    ),
    "a segmentation fault": (
        checks(second="import ctypes\n\n\ndef test_answers():\n    ctypes.string_at(0)\n"),
        f"the model gate's run did not finish (exit code -{int(signal.SIGSEGV)})",
    ),
    "a hang": (
        checks(second="import time\n\n\ndef test_answers():\n    time.sleep(60)\n") | policy('"20s"', '"1s"'),
        "the model gate was still running after 1 s and was stopped",
    ),
    "a hang after the end": (
        conftest("import atexit, time\n\natexit.register(time.sleep, 60)\n") | policy('"20s"', '"1s"'),
        "the model gate was still running after 1 s and was stopped",
    ),
    "another exit code at the end": (
        conftest("import atexit, os\n\natexit.register(os._exit, 5)\n"),
        "the model gate's run did not finish (exit code 5)",
    ),
    "an internal error": (
        conftest("def pytest_runtest_logreport(report):\n    raise RuntimeError('hook')\n"),
        "pytest stopped early (internalerror)",
    ),
    "conftest forces passed on a measurement": (
        checks('def test_clears_the_floor(evidence):\n    evidence("accuracy", 0.1, n=9)\n')
        | conftest(
            """
            @pytest.hookimpl(wrapper=True, tryfirst=True)
            def pytest_runtest_makereport(item, call):
                report = yield
                report.outcome = "passed"
                report.user_properties = [p for p in report.user_properties if p[0] == "gates.evidence"]
                return report
            """
        ),
        "accuracy = 0.1 (required >= 0.8, n = 9)",
    ),
    "conftest forces passed on an assertion": (
        checks(second="def test_answers():\n    assert False\n")
        | conftest(
            """
            @pytest.hookimpl(wrapper=True, tryfirst=True)
            def pytest_runtest_makereport(item, call):
                report = yield
                report.outcome = "passed"
                return report
            """
        ),
        "reported as passed although it raised AssertionError; something in the suite edits reports",
    ),
    "conftest unregisters the recorder": (
        conftest(
            """
            def pytest_collection_finish(session):
                manager = session.config.pluginmanager
                for plugin in list(manager.get_plugins()):
                    if type(plugin).__name__ == "Recorder":
                        manager.unregister(plugin)
            """
        ),
        "the model gate's run did not finish (exit code 0)",
    ),
    # evidence
    "a forged evidence fixture": (
        checks('def test_clears_the_floor(evidence):\n    evidence("accuracy", 0.5, n=9)\n')
        | conftest(
            """
            @pytest.fixture
            def evidence(request):
                def record(name, value, *, n, floor=0.2):
                    assert value >= floor
                    told = dict(name=name, value=repr(value), n=n, detail="", needed_n=None)
                    request.node.user_properties.append(("gates.evidence", told))
                return record
            """
        ),
        "accuracy = 0.5 (required >= 0.8, n = 9)",
    ),
    "a fixture that wraps the evidence": (
        conftest(
            "@pytest.fixture\ndef evidence(evidence):\n    return lambda name, value, n: evidence(name, 0.9, n=n)\n"
        ),
        "its fixture 'evidence' is not the one of gates but of conftest; rename that one",
    ),
    "a vacuous check": (
        checks("def test_clears_the_floor():\n    pass\n"),
        "passed without evidence for accuracy; a bound needs a measurement",
    ),
    "a check defined twice": (
        checks(second=SECOND + "\n\ndef test_clears_the_floor():\n    pass\n"),
        "passed without evidence for accuracy",
    ),
    "a vacuous case beside one that does not apply": (
        checks(
            """
            @pytest.mark.parametrize("case", ["a", "b"])
            def test_clears_the_floor(case, inapplicable):
                if case == "a":
                    inapplicable("no_key", "none")
            """
        )
        | policy('{ accuracy = ">= 0.8" }', '{ accuracy = ">= 0.8", unless = "no_key" }'),
        "passed without evidence for accuracy",
    ),
    "a NaN": (
        checks('def test_clears_the_floor(evidence):\n    evidence("accuracy", float("nan"), n=9)\n'),
        "accuracy = nan, which is not a finite number (required >= 0.8, n = 9)",
    ),
    "an infinity": (
        checks('def test_clears_the_floor(evidence):\n    evidence("accuracy", float("inf"), n=9)\n'),
        "accuracy = inf, which is not a finite number",
    ),
    "no rows": (
        checks('def test_clears_the_floor(evidence):\n    evidence("accuracy", 1.0, n=0)\n'),
        "accuracy was measured on 0 rows; a measurement needs at least one",
    ),
    "a value that is no number": (
        checks('def test_clears_the_floor(evidence):\n    evidence("accuracy", "good", n=9)\n'),
        "test_clears_the_floor: errored: ValueError",
    ),
    "a value below its bound": (
        checks('def test_clears_the_floor(evidence):\n    evidence("accuracy", 0.79999, n=9, detail="2 wrong")\n'),
        "test_clears_the_floor: failed: accuracy = 0.79999 (required >= 0.8, n = 9): 2 wrong",
    ),
    "evidence without a bound": (
        checks(second='def test_answers(evidence):\n    evidence("speed", 1, n=9)\n'),
        "speed = 1 (n = 9) has no bound: give it one under 'model_checks/test_floors.py::test_answers'",
    ),
    "a bound without evidence": (
        policy('accuracy = ">= 0.8"', 'accuracy = ">= 0.8", recall = ">= 0.1"'),
        "test_clears_the_floor: passed without evidence for recall",
    ),
    "evidence given twice": (
        checks(FIRST + '    evidence("accuracy", 0.95, n=rows)\n'),
        "evidence 'accuracy' was given 2 times; its name must be its own within the gate",
    ),
    "the better evidence hides the worse": (
        checks(
            """
            @pytest.mark.parametrize("value", [0.1, 0.9])
            def test_clears_the_floor(value, request):
                told = dict(name="accuracy", value=repr(value), n=9, detail="", needed_n=None)
                request.node.user_properties.append(("gates.evidence", told))
            """
        ),
        "accuracy = 0.1 (required >= 0.8, n = 9)",
    ),
    # leaving out and waving through
    "does not apply, but the policy says it must": (
        checks(second=LEFT_OUT),
        "the policy does not let this check be left out for 'no_champion'",
    ),
    "does not apply, but that is not true": (
        checks(second=LEFT_OUT) | policy('::test_answers" = {}', '::test_answers" = { unless = "no_champion" }'),
        "not applicable (no_champion): nothing serves yet; but 'no_champion' is not true here",
    ),
    "too few rows": (
        checks(TOO_FEW),
        "inconclusive: accuracy = 0.79 (required >= 0.8, n = 50); too few rows to tell, it needs n >= 700",
    ),
    "a NaN that calls itself inconclusive": (
        checks(TOO_FEW.replace("0.79", 'float("nan")')) | policy('timeout = "20s"', WARN),
        "test_clears_the_floor: failed: accuracy = nan, which is not a finite number",
    ),
    "inconclusive without a measurement": (
        checks(
            """
            from gates.plugin.outcomes import Inconclusive


            def test_clears_the_floor():
                raise Inconclusive("too few rows, believe me")
            """
        )
        | policy('timeout = "20s"', WARN),
        "test_clears_the_floor: inconclusive: too few rows, believe me",
    ),
    # the record
    "garbage in the record": (write_record('os.write(record, b"not json\\n")'), "the gate's record is damaged"),
    "NaN in the record": (
        write_record('os.write(record, b\'{"kind": "start", "id": NaN}\\n\')'),
        "the gate's record is damaged: a line cannot be read: it holds NaN",
    ),
    "an unknown kind in the record": (
        write_record('os.write(record, b\'{"kind": "praise"}\\n\')'),
        "the kind 'praise' does not exist",
    ),
    "half a finish in the record": (
        write_record('os.write(record, b\'{"kind": "finish", "exit": 0}\\n\')'),
        "the gate's record is damaged: KeyError: 'options'",
    ),
    "a second finish in the record": (
        write_record(
            """os.write(record, b'{"kind":"finish","exit":0,"options":{},"optimize":0,"asserts":"rewrite"}\\n')"""
        ),
        "the run reported its end more than once",
    ),
    "a finish of its own, and gone": (
        write_record(
            """os.write(record, b'{"kind":"finish","exit":0,"options":{},"optimize":0,"asserts":"rewrite"}\\n'); os._exit(0)"""
        ),
        "collected, but never ran",
    ),
    "a line torn in the middle": (
        write_record("""os.write(record, b'{"kind":'); os._exit(0)"""),
        "the gate's record ends in the middle of a line",
    ),
    "a closed record": (write_record("os.close(record)"), "the model gate's run did not finish"),
    "a record of 100 MiB": (
        write_record('[os.write(record, b"x" * (1 << 20)) for _ in range(100)]'),
        "the gate's record is larger than 64 MiB, or has too long a line or too many faults to read on",
    ),
    "a process that outlives the run": (
        write_record(
            "import subprocess; subprocess.Popen(['sleep', '20'], pass_fds=(record,), start_new_session=True)"
        ),
        "a process that a check started outlived the run and holds its record open",
    ),
    # the suite
    "a suite that edits itself": (
        checks(
            second="from pathlib import Path\n\n\ndef test_answers():\n    Path(__file__).open('a').write('# done')\n"
        ),
        "the suite of the model gate changed while it ran",
    ),
    "a suite that adds a file": (
        checks(
            second="from pathlib import Path\n\n\ndef test_answers():\n    Path(__file__).with_name('x.py').touch()\n"
        ),
        "the suite of the model gate changed while it ran",
    ),
}


@pytest.mark.parametrize(("files", "sentence"), BAD_RUNS.values(), ids=list(BAD_RUNS))
def test_a_bad_run_is_refused_with_its_sentence(files, sentence, tmp_path):
    judgement = make_project(tmp_path, **files).judge()
    assert not judgement.passed
    assert sentence in "\n".join(judgement.reasons)


@pytest.mark.parametrize("gate", GATES)
def test_the_good_run_passes(gate, tmp_path):
    judgement = make_project(tmp_path).judge(gate)
    assert judgement.reasons == ()
    assert judgement.could_judge
    assert all(check.counts for check in judgement.checks)


def warn(text: str) -> dict[str, str]:
    return checks(
        f"""
        import warnings


        def test_clears_the_floor(rows, evidence):
            {text}
            evidence("accuracy", 0.9, n=rows)
        """
    )


GOOD_RUNS: dict[str, dict[str, str]] = {
    "options of the project's own pytest are not applied": {
        "pytest.ini": "[pytest]\naddopts = -k smoke\nxfail_strict = nonsense\n",
        "setup.cfg": "[tool:pytest]\naddopts = --collect-only\n",
    },
    "warnings do not matter": warn("warnings.warn('old', DeprecationWarning)"),
    "floods of output do not matter": warn("import os; os.write(1, b'x' * (4 << 20)); print('y' * (4 << 20))"),
    "a helper process that ends with the run does not matter": warn(
        "import subprocess; subprocess.Popen(['sleep', '60'], close_fds=False)"
    ),
    "checks of another gate in the same folder do not matter": {"model_checks/test_other.py": DRIFT},
    "a bound that is met exactly holds": checks(FIRST.replace("0.9", "0.8")),
    "passing subtests": checks(
        second="def test_answers(subtests):\n    with subtests.test('a'):\n        assert True\n"
    ),
    "a helper fixture with a name of its own": conftest(
        "@pytest.fixture\ndef measured(evidence):\n    return evidence\n"
    ),
}


@pytest.mark.parametrize("files", GOOD_RUNS.values(), ids=list(GOOD_RUNS))
def test_what_only_looks_bad_still_passes(files, tmp_path):
    started = time.monotonic()
    assert make_project(tmp_path, **files).judge().reasons == ()
    assert time.monotonic() - started < 15


def test_the_callers_environment_steers_nothing(tmp_path, monkeypatch):
    for name, value in {
        "PYTEST_ADDOPTS": "-k smoke",
        "PYTEST_PLUGINS": "no_such_plugin",
        "PYTHONOPTIMIZE": "2",
        "PYTHONWARNINGS": "error",
        "PYTHONPATH": "/nowhere",
        "GATES_HOME": "/nowhere",
    }.items():
        monkeypatch.setenv(name, value)
    look = """
        import os, sys


        def test_answers():
            assert [key for key in os.environ if key.startswith(("PYTHON", "GATES_", "PYTEST_A", "PYTEST_P"))] == []
            assert sys.flags.optimize == 0
        """
    assert make_project(tmp_path, **checks(second=look)).judge().reasons == ()


def test_an_empty_suite_is_no_pass(tmp_path):
    (tmp_path / "nothing").mkdir()
    judgement = make_project(tmp_path, **policy('suite = "model_checks"', 'suite = "nothing"')).judge()
    assert not judgement.could_judge
    assert "pytest ended with exit status 5" in "\n".join(judgement.reasons)


def _link_file(folder) -> None:
    (folder / "test_link.py").symlink_to(folder / "test_floors.py")


def _link_folder(folder) -> None:
    (folder / "more").symlink_to(folder.parent / "data_checks")


def _dangle(folder) -> None:
    (folder / "test_gone.py").symlink_to(folder / "nothing.py")


@pytest.mark.parametrize("bend", [_link_file, _link_folder, _dangle])
def test_a_symbolic_link_in_the_suite_is_refused(bend: Callable, tmp_path):
    project = make_project(tmp_path)
    bend(tmp_path / "model_checks")
    with pytest.raises(SubjectError, match="is a symbolic link"):
        project.judge()


def test_a_suite_that_vanishes_while_it_runs_is_refused(tmp_path):
    gone = (
        "import shutil\nfrom pathlib import Path\n\n\ndef test_answers():\n    shutil.rmtree(Path(__file__).parent)\n"
    )
    with pytest.raises(SubjectError, match="does not exist"):
        make_project(tmp_path, **checks(second=gone)).judge()


def test_a_check_may_be_left_out_for_a_true_condition_that_the_policy_names(tmp_path):
    named = policy('::test_answers" = {}', '::test_answers" = { unless = "no_champion" }')
    judgement = make_project(tmp_path, **checks(second=LEFT_OUT), **named).judge(no_champion=True)
    assert judgement.reasons == ()
    assert [str(check.outcome) for check in judgement.checks] == ["passed", "not_applicable"]


def test_an_inconclusive_check_warns_where_the_policy_says_so(tmp_path):
    judgement = make_project(tmp_path, **checks(TOO_FEW), **policy('timeout = "20s"', WARN)).judge()
    assert judgement.reasons == ()
    assert "it needs n >= 700" in judgement.warnings[0]


DRIFTED = {"model_checks/test_drift.py": DRIFT.replace("0.4, n=60", "0.001, n=60")}


def test_drift_is_refused_unless_a_person_accepts_it(tmp_path):
    project = make_project(tmp_path, **DRIFTED)
    assert "p_value = 0.001 (required >= 0.01, n = 60): no column moved" in project.judge("drift").reasons[0]
    accepted = project.judge("drift", accepted={"drift": "a new sensor"})
    assert accepted.reasons == ()
    assert accepted.checks[0].accepted == "a new sensor"


def test_accepting_drift_accepts_nothing_else(tmp_path):
    broken = {"model_checks/test_drift.py": DRIFT.replace("0.4, n=60", "float('nan'), n=60")}
    project = make_project(tmp_path, **broken)
    assert "p_value = nan" in project.judge("drift", accepted={"drift": "whatever"}).reasons[0]


def test_a_stopped_gate_leaves_no_process_behind(tmp_path):
    hang = f"""
        import os, subprocess
        from pathlib import Path


        def test_answers():
            child = subprocess.Popen(["sleep", "60"])
            Path({str(tmp_path / "pids")!r}).write_text(f"{{os.getpid()}} {{child.pid}}")
            child.wait()
        """
    make_project(tmp_path, **checks(second=hang), **policy('"20s"', '"1s"')).judge()
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    time.sleep(0.2)
    assert [pid for pid in pids if _alive(pid)] == []


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_listener_hears_each_check_start_and_the_log_keeps_the_output(tmp_path):
    project = make_project(tmp_path)
    heard: list[object] = []
    context = Context(gate="model", config=str(tmp_path / "pyproject.toml"))
    run_gate(project.policy, context, tmp_path / "kept", lambda fact: heard.append((fact["kind"], fact.get("id"))))
    assert [id for kind, id in heard if kind == "start"] == [
        f"{FLOOR}::test_clears_the_floor",
        f"{FLOOR}::test_answers",
    ]
    assert "2 passed" in (tmp_path / "kept" / "model.log").read_text()
    assert Context.read(tmp_path / "kept" / "model.context.json") == context
