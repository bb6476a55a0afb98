"""Runs in which something never ran, or was left out on the way. Most end with exit code 0."""

from __future__ import annotations

import pytest
from bent_runs import (
    HEAD,
    NOT_RUN,
    SECOND,
    Row,
    checks,
    conftest,
    refused,
)
from small_project import FLOOR

BAD_RUNS: dict[str, Row] = {
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
        f"{FLOOR}::test_more: ran, but the policy does not know it; add it under [tool.gates.model]",
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
}


@pytest.mark.parametrize(("files", "sentence"), BAD_RUNS.values(), ids=list(BAD_RUNS))
def test_a_bad_run_is_refused_with_its_sentence(files, sentence, tmp_path):
    refused(files, sentence, tmp_path)
