"""Runs in which something never ran, or was left out on the way. Most end with exit code 0."""

from __future__ import annotations

import pytest
from bent_runs import (
    Row,
    checks,
    conftest,
    refused,
)
from small_project import FLOOR

BAD_RUNS: dict[str, Row] = {
    # what never ran
    "a removed file": ({FLOOR: ""}, "test_clears_the_floor, model_checks/test_floors.py::test_answers: required"),
    "a collection that ends the process politely": ({FLOOR: "import sys\nsys.exit(0)\n"}, "SystemExit"),
    "a conftest that cannot be imported": (conftest("import no_such_module"), "did not finish (exit code 4)"),
    "a gate mark with a typing error": (
        {FLOOR: checks()[FLOOR].replace('"model"', '"modle"')},
        "gate('modle') does not exist; legal: data, model, drift, endpoint",
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
}


OF_A_CHILD = {"conftest drops checks silently"}  # the others run the same plugin and reader in this process


@pytest.mark.parametrize("name", BAD_RUNS)
def test_a_bad_run_is_refused_with_its_sentence(name, tmp_path):
    files, sentence = BAD_RUNS[name]
    refused(files, sentence, tmp_path, child=name in OF_A_CHILD)
