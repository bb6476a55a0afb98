"""Public functions, methods and classes say what they do: each has a docstring that begins with a verb."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Words with which a sentence begins that says what something is, and not what it does.
NO_VERBS = re.compile(
    r"(a|all|an|and|any|as|at|both|by|bytes|each|either|every|everything|few|for|from|he|her|his|how|if|in|is|it|its|like"
    r"|many|more|most|my|no|none|not|nothing|of|on|one|or|our|paths|raises|returns|see|several|she|so|some|somebody"
    r"|something|that|the|their|them|there|these|they|this|those|three|to|two|we|what|when|where|whether|which|who|whose|why"
    r"|with|you|your)\Z",
    re.IGNORECASE,
)


def faults_of(code: str) -> Iterator[str]:
    """Give a sentence for each public name of the code whose docstring is missing or does not begin with a verb."""
    yield from _faults_in(ast.parse(code).body, "")


def _faults_in(body: list[ast.stmt], owner: str) -> Iterator[str]:
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        name = f"{owner}{node.name}"
        if fault := _fault_of(ast.get_docstring(node)):
            yield f"{name}: {fault}"
        if isinstance(node, ast.ClassDef) and not any("Protocol" in ast.unparse(base) for base in node.bases):
            yield from _faults_in(node.body, f"{name}.")


def _fault_of(docstring: str | None) -> str:
    if not docstring:
        return "no docstring"
    paragraph = " ".join(docstring.split("\n\n")[0].split())
    first = paragraph.split()[0]
    if not (first.isalpha() and first[0].isupper()):
        return f"begins with {first!r}, wanted a verb with a capital letter"
    if NO_VERBS.match(first):
        return f"begins with {first!r}, wanted a verb like Return, Read or Raise"
    return "" if paragraph.endswith((".", ":")) else "the first paragraph does not end with a period"


def test_every_public_name_says_what_it_does():
    files = [file for package in ("gates", "ml") for file in sorted((ROOT / package).rglob("*.py"))]
    assert len(files) > 200
    faults = [
        f"{file.relative_to(ROOT)}: {fault}" for file in files for fault in faults_of(file.read_text(encoding="utf-8"))
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("def f(): ...", "f: no docstring"),
        ("class A:\n    'Hold it.'\n    def f(self): ...", "A.f: no docstring"),
        ("class A:\n    def _f(self): ...", "A: no docstring"),
        ("def f():\n    'The rows.'", "f: begins with 'The', wanted a verb like Return, Read or Raise"),
        ("def f():\n    'Why it fails.'", "f: begins with 'Why', wanted a verb like Return, Read or Raise"),
        ("def f():\n    'Raises E.'", "f: begins with 'Raises', wanted a verb like Return, Read or Raise"),
        ("def f():\n    'return rows.'", "f: begins with 'return', wanted a verb with a capital letter"),
        ("def f():\n    '``rows`` as text.'", "f: begins with '``rows``', wanted a verb with a capital letter"),
        ("def f():\n    'Return rows'", "f: the first paragraph does not end with a period"),
    ],
)
def test_a_docstring_that_says_nothing_is_named(code, fault):
    assert list(faults_of(code)) == [fault]


@pytest.mark.parametrize(
    "code",
    [
        "def _f(): ...",
        "def f():\n    'Return rows.'\n    def inner(): ...",
        "class A:\n    'Hold it.'\n    def __len__(self): ...",
        "class A(Protocol):\n    'Name it.'\n    def f(self): ...",
    ],
)
def test_private_names_and_protocols_are_exempt(code):
    assert list(faults_of(code)) == []


def test_no_module_speaks_in_riddles():
    """Plain English: these words stood for something else than they say."""
    riddles = re.compile(r"\b(told|asked|such as|laid over|bent)\b")
    files = [file for package in ("gates", "ml") for file in sorted((ROOT / package).rglob("*.py"))]
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if riddles.search(line)
    ]
    assert found == []
