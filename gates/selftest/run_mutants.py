"""Mutants of what a gate runs with: code, policy and packages that change or are exchanged while it runs, code that no digest
covers, processes that are left behind, and output that commands an agent.

Only the fastest gate is tried, because the parent that looks at all this is the same for each.
"""

from __future__ import annotations

import io
import os
import py_compile
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from gates.documents import read_json
from gates.errors import SubjectError
from gates.judging import judge_gate
from gates.processes.fork_server import can_fork
from gates.reason import Code, Reason
from gates.reports.progress import Progress
from gates.selftest.bench import Bench, complaints
from gates.selftest.detection import Detection
from gates.selftest.mutant import CannotBeMade, Mutant
from gates.selftest.project import Project
from gates.selftest.source_edits import Target, appended, with_body
from gates.selftest.suite_mutants import find_fastest, judge_damaged

_REMEDY = "this is the work of the parent of a gate: report it as a fault of gates"
_LIBRARY = "gates_selftest_library"
_GRACE = 120.0  # seconds beyond the time-out of a gate, for a command to begin and end
_TO_A_PERSON = ("trust", "landmark", "require_lock", "promotion")  # keys of a policy that one gate alone does not need

# What the agents of Azure Pipelines and GitHub take for commands, see `gates.printing`: the same rule, written a second time.
COMMANDS = ("##vso[task.setvariable variable=selftest]1", "##[add-matcher]selftest.json", "::add-mask::selftest")
_OBEYED = re.compile(r"##(vso)?\[|\A\s*::", re.IGNORECASE)


def _edit_policy(project: Project, target: Target) -> None:
    """Let a check give the policy another meaning while it runs."""
    body = f"__import__('pathlib').Path({str(project.config)!r}).open('a').write('\\n[tool.ml.selftest]\\nx = 1\\n')"
    project.edit(target.file, with_body(target.function, body))


def _lend_policy(project: Project, target: Target) -> None:
    """Let conftest.py lay another policy in the place of the approved one before the gate reads it, and put it back afterwards."""
    text = (
        f"import pathlib\n\n_POLICY = pathlib.Path({str(project.config)!r})\n_APPROVED = _POLICY.read_text(encoding='utf-8')\n"
        "_POLICY.write_text(_APPROVED + '\\n[tool.ml.selftest]\\nx = 1\\n', encoding='utf-8')\n\n\n"
        "def pytest_unconfigure(config):\n    _POLICY.write_text(_APPROVED, encoding='utf-8')"
    )
    project.edit("conftest.py", appended(text))


def _edit_conftest(project: Project, target: Target) -> None:
    """Let a check add a line to conftest.py, which the gate has read already."""
    body = f"__import__('pathlib').Path({str(project.root / 'conftest.py')!r}).open('a').write('# selftest\\n')"
    project.edit(
        "conftest.py", appended("# conftest.py of the selftest")
    )  # there is one, also where the project has none
    project.edit(target.file, with_body(target.function, body))


def _edit_library(project: Project, target: Target) -> None:
    """Let a check add a line to code of the project that it imports."""
    library = _write_library(project, "ANSWER = True\n")
    body = f"from {_LIBRARY} import ANSWER\n__import__('pathlib').Path({str(library)!r}).open('a').write('# later\\n')"
    project.edit(target.file, with_body(target.function, body))


def _lend_library(project: Project, target: Target) -> None:
    """Let a check fail by its library, exchange that before it is imported, and put it back afterwards."""
    library = _write_library(project, "ANSWER = False\n")
    body = (
        f"library = __import__('pathlib').Path({str(library)!r})\nlibrary.write_text('ANSWER = True\\n')\n"
        f"from {_LIBRARY} import ANSWER\nlibrary.write_text('ANSWER = False\\n')\nassert ANSWER, 'selftest'"
    )
    project.edit(target.file, with_body(target.function, body))


def _hide_import(project: Project, target: Target) -> None:
    """Let a check import code of the project under a name that nobody can read without running it."""
    _write_library(project, "ANSWER = True\n")
    body = f"__import__(''.join([{_LIBRARY[:4]!r}, {_LIBRARY[4:]!r}]))"
    project.edit(target.file, with_body(target.function, body))


def _compile_otherwise(project: Project, target: Target) -> None:
    """Let a check fail by its library, and leave a compiled file beside that library with which it would pass."""
    library = _write_library(project, "ANSWER = True\n")
    py_compile.compile(str(library), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    library.write_text("ANSWER = False\n", encoding="utf-8")
    body = f"from {_LIBRARY} import ANSWER\nassert ANSWER, 'selftest'"
    project.edit(target.file, with_body(target.function, body))


def _shadow(project: Project, target: Target) -> None:
    """Let a check pass only where a file of the project stands in for a module of Python."""
    (project.root / "this.py").write_text("ANSWER = True\n", encoding="utf-8")
    body = "import this\nassert getattr(this, 'ANSWER', False), 'selftest'"
    project.edit(target.file, with_body(target.function, body))


def _write_library(project: Project, text: str) -> Path:
    library = project.root / f"{_LIBRARY}.py"
    library.write_text(text, encoding="utf-8")
    return library


def _leave_process(bench: Bench) -> tuple[Detection, ...]:
    """Let a check start a process in a session of its own, and leave it running."""
    if not can_fork():
        raise CannotBeMade("children are not forked here, and what leaves the group of a started child is not ended")
    body = (
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True,\n"
        "                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)"
    )
    return judge_damaged(bench, lambda project, target: project.edit(target.file, with_body(target.function, body)))


def _command_agents(bench: Bench) -> tuple[Detection, ...]:
    """Let a check fail with commands to CI agents in its message, and return its failure if none is left in what is printed."""
    gate, target = find_fastest(bench)
    project = bench.project()
    project.edit(target.file, with_body(target.function, f"assert False, {chr(10).join(COMMANDS)!r}"))
    judgement = judge_gate(bench.open(project.config), gate, bench.case(gate))
    seen = complaints(judgement)
    assert any(command in detection.reason.text for detection in seen for command in COMMANDS), "nothing was planted"
    printed = io.StringIO()
    Progress(printed).gate(judgement, 0.0)
    return () if any(map(_OBEYED.search, printed.getvalue().splitlines())) else seen


def _install_package(bench: Bench) -> tuple[Detection, ...]:
    """Let conftest.py install a package while the data gate runs, in a command of its own: the packages here are the user's."""
    place = bench.place()
    project = bench.project()
    made = f"import pathlib\n\npathlib.Path({str(place)!r}, 'gates_selftest-1.dist-info').mkdir(exist_ok=True)"
    project.edit("conftest.py", appended(made))
    for key in _TO_A_PERSON:
        project.tables["gates"].pop(key, None)
    project.write()
    document = _check_data(bench, project, place)
    reasons = [Reason.from_json(reason) for gate in document["gates"] for reason in gate["reasons"]]
    return tuple(Detection("data", reason) for reason in reasons)


def _check_data(bench: Bench, project: Project, packages: Path) -> Mapping[str, Any]:
    """Run `gates check data` on a copy of the project, with one more folder of packages, and return its decision.

    Raises `SubjectError` where it makes none.
    """
    decision, home = packages.with_name(f"{packages.name}.json"), packages.with_name(f"{packages.name}.home")
    command = [sys.executable, "-s", "-P", "-m", "gates", "check", "data", "--data", str(bench.clean.batch)]
    command += ["--policy", str(project.config), "--home", str(home), "--json", str(decision)]
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("GATES_", "PYTHON"))}
    path = os.pathsep.join([str(packages), *filter(None, sys.path)])
    own = {
        "PYTHONPATH": path,
        "GATES_REGISTRY": "local",
        "GATES_NO_FORK": "1",
    }  # one child alone: nothing to import ahead
    limit = project.policy.gates["data"].timeout.total_seconds() + _GRACE
    try:
        ended = subprocess.run(
            command, cwd=project.root, env=kept | own, timeout=limit,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
        document: Mapping[str, Any] = read_json(decision.read_bytes())
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise SubjectError(f"gates check data made no decision: {error}", "run it by hand in this project") from None
    assert ended.returncode == document["exit_code"], ended.stderr
    return document


def _mutant(name: str, fault: str, attempt: Callable[[Bench], tuple[Detection, ...]], *codes: Code) -> Mutant:
    return Mutant(name, "run", "judge", fault, _REMEDY, attempt, frozenset(codes))


def _damaged(name: str, fault: str, damage: Callable[[Project, Target], None], *codes: Code) -> Mutant:
    return _mutant(name, fault, partial(judge_damaged, damage=damage), *codes)


MUTANTS = (
    _damaged("policy-edited-meanwhile", "the policy changes while a gate runs", _edit_policy, Code.POLICY_CHANGED),
    _damaged("policy-put-back", "a gate reads another policy, which is put back", _lend_policy, Code.POLICY_CHANGED),
    _damaged("conftest-edited-meanwhile", "conftest.py changes while a gate runs", _edit_conftest, Code.SUITE_CHANGED),
    _damaged(
        "library-edited-meanwhile", "code that a check imports changes while it runs", _edit_library, Code.SUITE_CHANGED
    ),
    _damaged("library-put-back", "a check imports other code, which is put back", _lend_library, Code.SUITE_CHANGED),
    _damaged("library-hidden", "a check imports code that no digest covers", _hide_import, Code.CODE_WITHOUT_DIGEST),
    _damaged(
        "library-compiled",
        "a compiled file says something else than the source beside it",
        _compile_otherwise,
        Code.CHECK_FAILED,
    ),
    _damaged("module-shadowed", "a file of the project is called like a module of Python", _shadow, Code.CHECK_FAILED),
    _mutant(
        "package-installed-meanwhile",
        "a package is installed while a gate runs",
        _install_package,
        Code.ENVIRONMENT_CHANGED,
    ),
    _mutant(
        "process-left-behind",
        "a process that a check started outlives the gate",
        _leave_process,
        Code.PROCESS_LEFT_BEHIND,
    ),
    _mutant("output-commands", "a message of a check commands an agent of CI", _command_agents, Code.CHECK_FAILED),
)
