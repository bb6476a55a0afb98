"""One public class name, one class: a reader who meets a name anywhere in gates knows which class is meant."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def repeated_names(codes: Mapping[str, str]) -> dict[str, Sequence[str]]:
    """Return the files of each public class name that several classes have, from the code of each file by its name."""
    files = defaultdict(list)
    for file, code in codes.items():
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                files[node.name].append(file)
    return {name: places for name, places in files.items() if len(places) > 1}


def test_no_public_class_name_exists_twice():
    codes = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in sorted((ROOT / "gates").rglob("*.py"))
    }
    assert len(codes) > 300
    assert repeated_names(codes) == {}


@pytest.mark.parametrize(
    ("codes", "repeated"),
    [
        ({"a.py": "class A: ...", "b.py": "class A: ..."}, {"A": ["a.py", "b.py"]}),
        ({"a.py": "class A:\n    class A: ..."}, {"A": ["a.py", "a.py"]}),
        ({"a.py": "class A: ...", "b.py": "class B: ..."}, {}),
        ({"a.py": "class _A: ...", "b.py": "class _A: ..."}, {}),
        ({"a.py": "class A: ...", "b.py": "A = int"}, {}),
    ],
)
def test_a_name_of_two_classes_is_reported_with_its_files(codes, repeated):
    assert repeated_names(codes) == repeated
