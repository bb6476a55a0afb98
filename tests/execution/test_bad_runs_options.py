"""Options that make a run smaller or gentler, given to the child itself: the parent never passes them, and sees that somebody did.

The environment is scrubbed before a child starts, so that none of these can come from there; here they are forced upon it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from bent_runs import checks
from in_process import in_this_process
from small_project import FLOOR, make_project

from gates.execution import runner

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Forced:
    """A run: what is given to Python, what to pytest, its files, and what the parent says of each option.

    It is run in this process unless it needs a ``child``.
    """

    sentences: dict[str, str]
    options: tuple[str, ...]
    python: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    child: bool = False


RUNS: tuple[Forced, ...] = (
    Forced(
        {
            "-k": "1 checks were deselected: model_checks/test_floors.py::test_answers",
            "-x": "pytest ran with maxfail = 1, which can leave checks out",
            "--co": "pytest ran with collectonly = True, which can leave checks out",
            "--setup-plan": "pytest ran with setupplan = True, which can leave checks out",
            "--setup-only": "pytest ran with setuponly = True, which can leave checks out",
            "--runxfail": "pytest ran with runxfail = True, which can leave checks out",
        },
        ("-k", "clears", "-x", "--co", "--setup-plan", "--setup-only", "--runxfail"),
        child=True,
    ),
    Forced(
        {"--deselect": "1 checks were deselected: model_checks/test_floors.py"},
        (f"--deselect={FLOOR}::test_answers",),
        files=checks(second="def test_answers():\n    assert False, 'wrong'\n"),
    ),
    Forced({"-m": "2 checks were deselected: model_checks/test_floors.py::test_clears_the_floor"}, ("-m", "not gate")),
    Forced({"--ignore": "test_answers: required, but did not run"}, ("--ignore-glob=*floors*",)),
    Forced(
        {"the plugin disabled": "the model gate's run did not finish (exit code 2)"},
        ("-p", "no:gates.plugin"),
        child=True,
    ),
    Forced(
        {
            "-O": "Python ran with -O, which strips assertions",
            "--assert=plain": "pytest ran with --assert=plain, which can strip assertions",
        },
        ("--assert=plain",),
        ("-O",),
        checks(second="def test_answers():\n    assert False, 'stripped'\n"),
        child=True,
    ),
    Forced(
        {"-k with xdist": "pytest ran with keyword = clears, which can leave checks out"},
        ("-p", "xdist.plugin", "-n", "2", "-k", "clears"),
        child=True,
    ),
    Forced(
        {"a worker of xdist that crashes": "pytest stopped early (internalerror): "},
        ("-p", "xdist.plugin", "-n", "2", "-k", "clears"),
        files=checks("import os\n\n\ndef test_clears_the_floor():\n    os.kill(os.getpid(), 9)\n"),
        child=True,
    ),
)
SENTENCES = {name: sentence for run in RUNS for name, sentence in run.sentences.items()}


@pytest.fixture(scope="module")
def reasons(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the parent says of each option."""
    return {name: text for run in RUNS for name, text in judge_forced(run, tmp_path_factory.mktemp("forced")).items()}


def judge_forced(run: Forced, root: Path) -> dict[str, str]:
    with in_a_child(run) if run.child else in_this_process(*run.options):
        judgement = make_project(root, **run.files).judge()
    assert not judgement.passed
    return dict.fromkeys(run.sentences, "\n".join(map(str, judgement.reasons)))


@contextlib.contextmanager
def in_a_child(run: Forced) -> Iterator[None]:
    """Let the parent start its child with the options of the run."""
    command = runner._command

    def forced(*arguments):
        first, *rest = command(*arguments)
        return [first, *run.python, *rest, *run.options]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "_command", forced)
        patch.setenv("GATES_NO_FORK", "1")  # a fork has the options of Python that its server was started with
        yield


@pytest.mark.parametrize("option", SENTENCES)
def test_an_option_that_can_leave_checks_out_is_refused(option, reasons):
    assert SENTENCES[option] in reasons[option]
