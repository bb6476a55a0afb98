"""The pytest plugin: it sees and tells; it never judges.

Options, marks, fixtures, the recorder and the summary live in one module each; this one only hands them to pytest. It imports
nothing heavy, because it is loaded by every pytest run in an environment where Gates is installed.
"""

from __future__ import annotations

import pytest

from gates.plugin import fixtures, marks, options, recorder, suites, summary


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    marks.declare(config)
    for plugin in (
        *(fixtures, marks.Marks(), recorder.Outcomes(), *recorder.wanted(config)),
        summary.Summary(config),
    ):
        config.pluginmanager.register(plugin)
    suites.load_fixtures(config)
