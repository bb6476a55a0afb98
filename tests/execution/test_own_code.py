"""What Python executes for a gate is the project's source, as its digests cover it: nothing compiled before, nothing misplaced."""

from __future__ import annotations

import importlib.util
import marshal
import py_compile
from pathlib import Path

import pytest
from small_project import FILES, FLOOR, make_project

from gates.policy.lockfile import Lock, differences
from gates.reason import Code

LIBRARY = "LIMIT = 0.9\n"
USES_LIBRARY = """
    import pytest

    from model_checks.library import LIMIT

    pytestmark = pytest.mark.gate("model")


    def test_clears_the_floor(rows, evidence):
        evidence("accuracy", LIMIT, n=rows)


    def test_answers():
        assert True
    """


@pytest.fixture
def project(tmp_path):
    files = {**FILES, FLOOR: USES_LIBRARY, "model_checks/library.py": LIBRARY, "model_checks/__init__.py": ""}
    return make_project(tmp_path, **files)


def accuracy(judgement):
    return next(evidence.value for check in judgement.checks for evidence in check.evidence)


def lie(source):
    """Leave a compiled file beside the source that says something else and is never checked against it."""
    other = source.with_name("other.py")
    other.write_text("LIMIT = 0.99\n")
    place = importlib.util.cache_from_source(str(source))
    py_compile.compile(str(other), place, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    other.unlink()


def test_a_compiled_file_beside_the_source_is_not_executed(project):
    lie(project.root / "model_checks/library.py")
    judgement = project.judge()
    assert judgement.passed, judgement.reasons
    assert float(accuracy(judgement)) == 0.9


def test_a_module_without_its_source_is_not_executed(project):
    library = project.root / "model_checks/library.py"
    lie(library)
    compiled = importlib.util.cache_from_source(str(library))
    library.with_suffix(".pyc").write_bytes(Path(compiled).read_bytes())
    library.unlink()
    codes = {reason.code for reason in project.judge().reasons}
    assert Code.NOT_COLLECTED in codes


def test_a_check_that_pytest_compiled_before_is_compiled_again(project):
    """What pytest keeps is held to a digest of its source, which anybody can write in front of another code."""
    from _pytest.assertion.rewrite import PYC_TAIL, get_cache_dir

    source = project.root / FLOOR
    header = importlib.util.MAGIC_NUMBER + b"\3\0\0\0" + importlib.util.source_hash(source.read_bytes())[:8]
    place = get_cache_dir(source) / (source.name[:-3] + PYC_TAIL)
    place.parent.mkdir(parents=True)
    lying = source.read_text().replace("LIMIT, n", "0.99, n")
    place.write_bytes(header + marshal.dumps(compile(lying, str(source), "exec")))
    assert float(accuracy(project.judge())) == 0.9


@pytest.mark.parametrize("name", ["json", "statistics", "numpy", "pytest"])
def test_a_file_of_the_project_stands_in_for_no_module_of_python_or_of_a_package(project, name):
    (project.root / f"{name}.py").write_text("raise SystemExit('not the real one')\n")
    suite = USES_LIBRARY.replace("import pytest", f"import {name}\n    import pytest")
    project.write({FLOOR: suite})
    judgement = project.judge()
    assert judgement.passed, judgement.reasons


def test_code_that_no_digest_covers_refuses_the_run(project):
    hidden = USES_LIBRARY.replace("evidence(", "__import__('hid' + 'den')\n        evidence(")
    project.write({FLOOR: hidden, "hidden.py": "VALUE = 1\n"})
    (reason,) = (one for one in project.judge().reasons if one.code is Code.CODE_WITHOUT_DIGEST)
    assert reason.text.startswith("hidden.py was imported, and neither the lock nor the verdict covers it")
    project.write({FLOOR: hidden.replace("import pytest", "import hidden\n    import pytest")})
    assert project.judge().passed


def test_the_lock_names_a_library_that_changed(project):
    before = Lock.of(project.policy)
    assert "model_checks/library.py" in before.suites["model"]
    project.write({"shared.py": "VALUE = 1\n", "model_checks/library.py": "import shared\n" + LIBRARY})
    locked = Lock.of(project.policy)
    assert "shared.py" in locked.suites["model"]
    project.edit("shared.py", "1", "2")
    sentences = differences(locked, Lock.of(project.policy))
    assert sentences == ("the suite of the model gate is not the locked one (changed shared.py)",)


def test_the_lock_names_training_code_that_changed(project):
    ml = "\n[tool.ml]\ntrain = 'training:fit'\n"
    project.edit("pyproject.toml", "[tool.gates.data]", f"{ml}\n[tool.gates.data]")
    project.write({"training.py": "import split\n", "split.py": "SHARE = 3\n"})
    locked = Lock.of(project.policy)
    project.edit("split.py", "3", "4")
    sentences = differences(locked, Lock.of(project.policy))
    assert len(sentences) == 4
    assert all("changed split.py" in sentence for sentence in sentences)
