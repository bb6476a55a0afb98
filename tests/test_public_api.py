"""What a reader may count on in every module: a docstring, a size to be read at once, nothing left undone."""

import ast
import re
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
NAMES = [str(path.relative_to(ROOT)) for path in MODULES]
UNDONE = re.compile(
    r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b|raise NotImplemented"
)
VAGUE = {"utils", "helpers", "common", "manager", "base", "impl", "misc"}


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_a_module_says_its_job_and_is_finished(path):
    text = path.read_text(encoding="utf-8")
    if path.name == "__init__.py" and not text:
        return
    assert ast.get_docstring(ast.parse(text)), "no docstring"
    assert UNDONE.findall(text) == []
    assert path.stem not in VAGUE, "a name that says nothing"


@pytest.mark.parametrize("path", [p for p in MODULES if p.parts[-2] == "gates"], ids=lambda path: path.stem)
def test_dataclasses_of_gates_have_slots(path):
    """A misspelt attribute must be an error. What is mutable on purpose has a name that starts with an underscore."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            for decorator in node.decorator_list:
                text = ast.unparse(decorator)
                assert not text.startswith("dataclass") or "slots=True" in text, node.name
                assert not text.startswith("dataclass") or "frozen=True" in text or node.name.startswith("_"), node.name


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
    assert MissingExtra("Azure ML", "azure-ai-ml", "azure").remedy == "pip install '.[azure]'"


def test_a_mismatch_names_the_file_and_not_its_folder():
    assert "/secret" not in DigestMismatch(Path("/secret/model"), expected="x", found="y").message
