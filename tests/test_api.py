"""The public names: what is there, that they are light to import, and that the examples of docs/api.md give what they say."""

from __future__ import annotations

import doctest
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from heavy import HEAVY

import gates
from gates import api

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/api.md"


def run(code: str) -> str:
    """Run code in a process of its own, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("module", ["gates", "gates.api"])
def test_importing_is_light(module):
    listed = f"import sys, {module}; dir({module}); print([name for name in {HEAVY!r} if name in sys.modules])"
    assert run(listed) == "[]"


def test_a_function_is_imported_when_it_is_used_and_kept():
    code = "import gates, sys; first = gates.compare; print('numpy' in sys.modules, gates.compare is first)"
    assert run(code) == "True True"


def test_the_functions_are_those_of_the_measures():
    from gates.measures.data import profile
    from gates.measures.drift import detect
    from gates.measures.model import comparison

    assert gates.compare is comparison.compare
    assert gates.detect_drift is detect
    assert (gates.profile, gates.violations) == (profile.profile, profile.violations)


def test_a_name_that_is_not_there_is_refused_and_the_names_that_are_can_be_listed():
    with pytest.raises(AttributeError, match="module 'gates' has no attribute 'detect'"):
        _ = gates.detect
    assert set(gates.__all__) == set(dir(gates))
    assert {"compare", "detect_drift", "profile", "violations", "__version__"} == set(gates.__all__)


def test_every_name_of_the_api_is_there_and_documented():
    for name in api.__all__:
        assert inspect.getdoc(getattr(api, name)), name
    assert list(api.__all__) == sorted(api.__all__)


def test_the_table_of_errors_is_true():
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| (\d) \|$", PAGE.read_text(encoding="utf-8"), re.M))
    assert len(rows) == 5
    for name, code in rows.items():
        error = getattr(api, name)
        assert issubclass(error, api.GatesError)
        assert error.exit_code == int(code)


def test_the_examples_of_the_page_give_what_they_say():
    answer = doctest.testfile(
        str(PAGE), module_relative=False, optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
    )
    assert answer.attempted > 15
    assert answer.failed == 0
