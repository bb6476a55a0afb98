"""Options that make a run smaller or gentler, given to the child itself: the parent never passes them, and sees that somebody did.

The environment is scrubbed before a child starts, so that none of these can come from there; here they are forced upon it.
"""

from __future__ import annotations

import pytest
from bent_runs import checks
from small_project import FLOOR, make_project

from gates.execution import runner

XDIST = ("-p", "xdist.plugin", "-n", "2")
CRASH = checks(second="import os\n\n\ndef test_answers():\n    os.kill(os.getpid(), 9)\n")
FAILING = checks(second="def test_answers():\n    assert False, 'wrong'\n")
ASSERTING = checks(second="def test_answers():\n    assert False, 'stripped'\n")

# what is given to Python, what to pytest, the project's files, and what the parent says
OPTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...], dict[str, str], str]] = {
    "-k": ((), ("-k", "clears"), {}, "1 checks were deselected: model_checks/test_floors.py::test_answers"),
    "--deselect": (
        (),
        (f"--deselect={FLOOR}::test_answers",),
        FAILING,
        "1 checks were deselected: model_checks/test_floors.py",
    ),
    "-m": ((), ("-m", "not gate"), {}, "2 checks were deselected: model_checks/test_floors.py::test_clears_the_floor"),
    "--ignore": ((), ("--ignore-glob=*floors*",), {}, "test_answers: required, but did not run"),
    "-x": ((), ("-x",), FAILING, "pytest ran with maxfail = 1, which can leave checks out"),
    "--co": ((), ("--co",), {}, "pytest ran with collectonly = True, which can leave checks out"),
    "--setup-plan": ((), ("--setup-plan",), {}, "pytest ran with setupplan = True, which can leave checks out"),
    "--setup-only": ((), ("--setup-only",), {}, "pytest ran with setuponly = True, which can leave checks out"),
    "--runxfail": ((), ("--runxfail",), {}, "pytest ran with runxfail = True, which can leave checks out"),
    "the plugin disabled": ((), ("-p", "no:gates.plugin"), {}, "the model gate's run did not finish (exit code 2)"),
    "-O": (("-O",), (), ASSERTING, "Python ran with -O, which strips assertions"),
    "--assert=plain": ((), ("--assert=plain",), {}, "pytest ran with --assert=plain, which can strip assertions"),
    "a worker of xdist that crashes": ((), XDIST, CRASH, "pytest stopped early (internalerror): "),
    "-k with xdist": ((), (*XDIST, "-k", "clears"), {}, "pytest ran with keyword = clears, which can leave checks out"),
}


@pytest.mark.parametrize(("python", "options", "files", "sentence"), OPTIONS.values(), ids=list(OPTIONS))
def test_an_option_that_can_leave_checks_out_is_refused(python, options, files, sentence, tmp_path, monkeypatch):
    command = runner._command

    def forced(*arguments):
        first, *rest = command(*arguments)
        return [first, *python, *rest, *options]

    monkeypatch.setattr(runner, "_command", forced)
    judgement = make_project(tmp_path, **files).judge()
    assert not judgement.passed
    assert sentence in "\n".join(map(str, judgement.reasons))
