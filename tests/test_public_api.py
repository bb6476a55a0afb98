"""What a reader may count on in every module: a docstring, a size to be read at once, nothing left undone."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gates.errors import (
    BackendError,
    ConfigError,
    DigestMismatch,
    GatesError,
    MissingExtra,
    PromotionRefused,
    SubjectError,
)
from gates.reason import Code, Reason

ROOT = Path(__file__).parents[1]
REASONS = (Reason(Code.CHECK_FAILED, "a"), Reason(Code.CHECK_ERRORED, "b"))
FOLDERS = ("gates", "ml", "data_checks", "model_checks", "endpoint_checks")
MODULES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
UNDONE = re.compile(
    r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b|raise NotImplemented"
)
VAGUE = {"utils", "helpers", "common", "manager", "base", "impl", "misc"}


def faults_of_module(path: Path) -> list[str]:
    """What a reader would miss in a module, one sentence each."""
    text = path.read_text(encoding="utf-8")
    if path.name == "__init__.py" and not text:
        return []
    faults = [] if ast.get_docstring(ast.parse(text)) else ["no docstring"]
    faults += [f"undone: {undone}" for undone in UNDONE.findall(text)]
    return faults + [f"{path.stem} is a name that says nothing" for _ in VAGUE & {path.stem}]


def faults_of_dataclasses(path: Path) -> list[str]:
    """A misspelt attribute must be an error. What is mutable on purpose has a name that starts with an underscore."""
    faults = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for decorator in node.decorator_list if isinstance(node, ast.ClassDef) else ():
            text = ast.unparse(decorator)
            if text.startswith("dataclass") and "slots=True" not in text:
                faults.append(f"{node.name} has no slots")
            if text.startswith("dataclass") and "frozen=True" not in text and not node.name.startswith("_"):
                faults.append(f"{node.name} is not frozen")
    return faults


def faults_by_name(look: Callable[[Path], list[str]], paths: list[Path]) -> dict[str, list[str]]:
    return {str(path.relative_to(ROOT)): faults for path in paths if (faults := look(path))}


def test_every_module_says_its_job_and_is_finished():
    assert len(MODULES) > 200
    assert faults_by_name(faults_of_module, MODULES) == {}


def test_dataclasses_of_gates_have_slots():
    assert faults_by_name(faults_of_dataclasses, [path for path in MODULES if path.parts[-2] == "gates"]) == {}


@pytest.mark.parametrize(
    ("text", "look", "fault"),
    [
        ("x = 1", faults_of_module, "no docstring"),
        ('"""A job."""\n# TO' + "DO: more", faults_of_module, "undone: TO" + "DO"),
        ("@dataclass(frozen=True)\nclass A: ...", faults_of_dataclasses, "A has no slots"),
        ("@dataclass(slots=True)\nclass A: ...", faults_of_dataclasses, "A is not frozen"),
    ],
)
def test_what_is_unfinished_is_found(text, look, fault, tmp_path):
    path = tmp_path / "a_module.py"
    path.write_text(text, encoding="utf-8")
    assert fault in look(path)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GatesError("a", "b"), 3),
        (ConfigError(("a", "b")), 2),
        (SubjectError("a"), 3),
        (BackendError("a"), 3),
        (MissingExtra("Azure ML", "azure-ai-ml", "azure"), 3),
        (PromotionRefused(REASONS), 1),
        (DigestMismatch(Path("/secret/folder/model"), expected="x", found="y"), 3),
    ],
)
def test_the_kind_of_an_error_decides_the_exit_code(error, code):
    assert error.exit_code == code
    assert isinstance(error, GatesError)
    assert error.message == str(error)


def test_errors_carry_every_fault_and_every_reason():
    assert ConfigError(("a", "b")).faults == ("a", "b")
    assert ConfigError("a").faults == ("a",)
    assert PromotionRefused(REASONS).message == "a; b"
    assert MissingExtra("Azure ML", "azure-ai-ml", "azure").remedy == "pip install 'gates[azure]'"


def test_a_mismatch_names_the_file_and_not_its_folder():
    assert "/secret" not in DigestMismatch(Path("/secret/model"), expected="x", found="y").message
