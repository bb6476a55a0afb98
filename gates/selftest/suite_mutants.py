"""Mutants of a suite: checks that are removed, empty, silent or wrong, and a conftest.py that hides failures.

Only the fastest gate is tried, because the judge is the same for each.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from gates.errors import ConfigError, SubjectError
from gates.reason import Code
from gates.selftest.bench import Bench
from gates.selftest.detection import Detection
from gates.selftest.mutant import Mutant
from gates.selftest.project import Project
from gates.selftest.source_edits import Target, appended, find_target, renamed, with_body, with_decorator, without

Change = Callable[[str], str]
_REMEDY = "this is the judge's own work: report it as a fault of gates"
_PYTEST = '__import__("pytest")'
_FAIL = 'assert False, "selftest"'
_environment = threading.Lock()


def _check(bench: Bench, change: Callable[[Target], Change]) -> tuple[Detection, ...]:
    """Change the file of a check."""
    return judge_damaged(bench, lambda project, target: project.edit(target.file, change(target)))


def _beside(bench: Bench, text: str, *, failing: bool = False) -> tuple[Detection, ...]:
    """Add hooks or fixtures to the project's conftest.py, with ``failing`` beside a check that fails and could be hidden."""

    def damage(project: Project, target: Target) -> None:
        if failing:
            project.edit(target.file, with_body(target.function, _FAIL))
        project.edit("conftest.py", appended("import pytest\n\n\n" + text))

    return judge_damaged(bench, damage)


def _outside(bench: Bench, environment: Mapping[str, str], files: Mapping[str, str]) -> tuple[Detection, ...]:
    """Let a check fail, and set options outside of the approved suite that would leave it out."""

    def damage(project: Project, target: Target) -> None:
        project.edit(target.file, with_body(target.function, _FAIL))
        for name, text in files.items():
            (project.root / name).write_text(text.replace("{check}", target.name), encoding="utf-8")

    _, target = find_fastest(bench)
    with _steered({name: text.replace("{check}", target.name) for name, text in environment.items()}):
        return judge_damaged(bench, damage)


def judge_damaged(bench: Bench, damage: Callable[[Project, Target], None]) -> tuple[Detection, ...]:
    """Judge the fastest gate after ``damage`` changed a copy of the project; a suite that cannot be read is a detection, too.

    Raises `SubjectError` where no gate has a check that can be damaged.
    """
    gate, target = find_fastest(bench)
    project = bench.project()
    damage(project, target)
    try:
        return bench.judge(gate, bench.case(gate), project.config)
    except (
        ConfigError,
        SubjectError,
    ) as error:  # a suite that cannot be read or named by its content is not run at all
        return (Detection.error(gate, error.message),)


def find_fastest(bench: Bench) -> tuple[str, Target]:
    """Return the fastest gate that has a check to damage, and that check. Raises `SubjectError` where there is none."""
    for gate in sorted(bench.clean.seconds, key=lambda gate: bench.clean.seconds[gate]):
        if target := find_target(bench.policy.root, bench.policy.gates[gate], bench.clean.judgements[gate]):
            return gate, target
    raise SubjectError(
        "no gate has a plain check with evidence, so no mutant of a suite can be made",
        "write a check without parameters that takes the fixture evidence",
    )


@contextmanager
def _steered(environment: Mapping[str, str]) -> Iterator[None]:
    """Set variables of this process while one mutant runs. The other mutants run on, and must not be affected."""
    with _environment:
        before = {name: os.environ.get(name) for name in environment}
        os.environ.update(environment)
        try:
            yield
        finally:
            for name, text in before.items():
                os.environ.pop(name, None)
                os.environ.update({name: text} if text is not None else {})


def _link(project: Project, target: Target) -> None:
    """Replace a file of the suite by a link to the same text outside of it."""
    path = project.root / target.file
    path.symlink_to(path.replace(project.root / "elsewhere.py"))


def _mutant(name: str, fault: str, attempt: Callable[[Bench], tuple[Detection, ...]], *codes: Code) -> Mutant:
    return Mutant(name, "suite", "judge", fault, _REMEDY, attempt, frozenset(codes))


def _edit(name: str, fault: str, change: Callable[[Target], Change], *codes: Code) -> Mutant:
    return _mutant(name, fault, partial(_check, change=change), *codes)


def _body(name: str, fault: str, body: str, *codes: Code) -> Mutant:
    """Return a mutant of a check's body. ``{bound}`` in a body is the id of an evidence that the check has to give."""
    changed = lambda target: with_body(target.function, body.replace("{bound}", repr(target.bound)))  # noqa: E731
    return _edit(name, fault, changed, *codes)


def _hook(name: str, fault: str, text: str, *codes: Code, failing: bool = False) -> Mutant:
    return _mutant(name, fault, partial(_beside, text=text, failing=failing), *codes)


MUTANTS = (
    _edit(
        "check-skipped",
        "a check is marked skip",
        lambda t: with_decorator(t.function, f"{_PYTEST}.mark.skip(reason='later')"),
        Code.CHECK_SKIPPED,
    ),
    _edit(
        "check-xfailed",
        "a check is marked xfail",
        lambda t: with_decorator(t.function, f"{_PYTEST}.mark.xfail(strict=False)"),
        Code.CHECK_FAILED,
    ),
    _edit(
        "check-removed", "a check is gone from its file", lambda t: without(t.function), Code.CHECK_ABSENT, Code.ERROR
    ),
    _edit(
        "check-renamed",
        "a check has another name",
        lambda t: renamed(t.function, f"{t.function}_later"),
        Code.CHECK_ABSENT,
        Code.ERROR,
    ),
    _edit(
        "check-unlisted",
        "a check that the policy does not know",
        lambda t: appended("def test_by_selftest():\n    pass"),
        Code.CHECK_UNKNOWN,
    ),
    _edit(
        "file-does-not-parse",
        "a file of the suite has a syntax error",
        lambda t: appended("def broken(:"),
        Code.NOT_COLLECTED,
        Code.ERROR,
    ),
    _edit(
        "file-skips-itself",
        "a file of the suite imports what is not there",
        lambda t: appended(f"{_PYTEST}.importorskip('no_such_module_here')"),
        Code.NOT_COLLECTED,
    ),
    _edit(
        "check-without-mark",
        "a file of the suite says nothing of its gate",
        lambda t: appended("pytestmark = []"),
        Code.NO_GATE_MARK,
    ),
    _body("check-skips", "a check skips itself", f"{_PYTEST}.skip('no time')", Code.CHECK_SKIPPED),
    _body("check-crashes", "a check crashes", "raise RuntimeError('selftest')", Code.CHECK_ERRORED),
    _body("check-vacuous", "a check with a bound asserts nothing", "pass", Code.EVIDENCE_MISSING),
    _body("check-exits", "a check ends the process with code 0", "__import__('os')._exit(0)", Code.RUN_UNFINISHED),
    _body(
        "check-stops-pytest",
        "a check ends the run politely",
        f"{_PYTEST}.exit('enough', returncode=0)",
        Code.RUN_STOPPED,
    ),
    _body("evidence-nan", "a check measures NaN", "evidence({bound}, float('nan'), n=100)", Code.EVIDENCE_INVALID),
    _body(
        "evidence-infinite",
        "a check measures infinity",
        "evidence({bound}, float('inf'), n=100)",
        Code.EVIDENCE_INVALID,
    ),
    _body(
        "evidence-of-no-rows", "a check measures nothing at all", "evidence({bound}, 0.0, n=0)", Code.EVIDENCE_INVALID
    ),
    _body(
        "evidence-unknown",
        "a check gives evidence that has no bound",
        "evidence('unknown_to_the_policy', 1.0, n=100)",
        Code.EVIDENCE_UNBOUND,
    ),
    _body(
        "suite-edits-itself",
        "a check edits its own file",
        "__import__('pathlib').Path(__file__).open('a').write('# done')",
        Code.SUITE_CHANGED,
    ),
    _mutant("suite-linked", "a file of the suite is a symbolic link", partial(judge_damaged, damage=_link), Code.ERROR),
    _hook(
        "conftest-drops-checks",
        "conftest.py drops a check",
        "def pytest_collection_modifyitems(items):\n    del items[-1]",
        Code.DROPPED,
    ),
    _hook(
        "conftest-deselects",
        "conftest.py deselects a check",
        "def pytest_collection_modifyitems(items, config):\n"
        "    config.hook.pytest_deselected(items=items[-1:])\n    del items[-1]",
        Code.DESELECTED,
    ),
    _hook(
        "conftest-forces-passes",
        "conftest.py turns every failure into a pass",
        "@pytest.hookimpl(wrapper=True, trylast=True)\ndef pytest_runtest_makereport(item, call):\n"
        "    report = yield\n    report.outcome = 'passed'\n    return report",
        Code.CHECK_FAILED,
        failing=True,
    ),
    _hook(
        "conftest-reports-twice",
        "conftest.py reports every check twice",
        "@pytest.hookimpl(tryfirst=True)\ndef pytest_runtest_logreport(report):\n"
        "    if not getattr(report, 'again', False):\n        report.again = True\n"
        "        CONFIG.hook.pytest_runtest_logreport(report=report)\n\n\n"
        "def pytest_configure(config):\n    globals()['CONFIG'] = config",
        Code.REPORTED_TWICE,
    ),
    _hook(
        "conftest-own-evidence",
        "conftest.py brings an evidence fixture of its own",
        "@pytest.fixture\ndef evidence(evidence):\n    return lambda name, value, **more: evidence(name, value, **more)",
        Code.FIXTURE_OVERRIDDEN,
    ),
    _mutant(
        "options-in-environment",
        "PYTEST_ADDOPTS leaves a failing check out",
        partial(_outside, environment={"PYTEST_ADDOPTS": "--deselect={check}"}, files={}),
        Code.CHECK_FAILED,
        Code.OPTION_FORBIDDEN,
    ),
    _mutant(
        "options-in-a-file",
        "a pytest.ini leaves a failing check out",
        partial(_outside, environment={}, files={"pytest.ini": "[pytest]\naddopts = --deselect={check}\n"}),
        Code.CHECK_FAILED,
        Code.OPTION_FORBIDDEN,
    ),
    _mutant(
        "asserts-stripped",
        "PYTHONOPTIMIZE strips a failing assertion",
        partial(_outside, environment={"PYTHONOPTIMIZE": "2"}, files={}),
        Code.CHECK_FAILED,
        Code.ASSERTIONS_STRIPPED,
    ),
)
