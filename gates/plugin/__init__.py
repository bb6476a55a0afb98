"""Report what a suite measures to the parent process, as a pytest plugin; it never judges.

Options, marks, fixtures, the recorder and the summary are in one module each; this one only hands them to pytest. It imports
nothing heavy, because it is loaded by every pytest run in an environment where Gates is installed.
"""

from __future__ import annotations

import pytest

from gates.plugin import fixtures, marks, options, recorder, suites, summary


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the two private options of the child process."""
    options.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Register marks, fixtures, summary and, in the child process of a gate, the recorder; then load the suites' fixtures."""
    marks.declare(config)
    for plugin in (
        *(fixtures, marks.Marks(), recorder.Outcomes(), *recorder.wanted(config)),
        summary.Summary(config),
    ):
        config.pluginmanager.register(plugin)
    suites.load_fixtures(config)
