"""The project's own code that a suite imports is found without running it, from file to file."""

from __future__ import annotations

import pytest

from gates.policy.closure import list_imported

FILES = {
    "suite/test_a.py": "import prices\nfrom rules.parts import weights as w\nimport json, gates, numpy\n",
    "suite/unused.py": "import never\n",
    "prices.py": "from rules import names\n",
    "rules/__init__.py": "",
    "rules/names.py": "def f():\n    from . import late\n",
    "rules/late.py": "from .parts.deep import thing\n",
    "rules/parts/__init__.py": "",
    "rules/parts/weights.py": "import prices\n",
    "rules/parts/deep.py": "from ..above import *\n",
    "rules/above.py": "",
    "never.py": "",
    "json.py": "",
    "gates.py": "",
}


@pytest.fixture
def imported(tmp_path):
    """Return a function that writes files and names what is imported from those called ``entries`` and from ``modules``."""

    def imported(files, *entries, modules=(), folder="."):
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        bases = tuple(dict.fromkeys((tmp_path / folder, tmp_path)))
        listed = list_imported([tmp_path / name for name in entries], modules, bases)
        return {file.relative_to(tmp_path).as_posix() for file in listed}

    return imported


def test_imports_are_followed_through_packages_and_relative_names(imported):
    assert imported(FILES, "suite/test_a.py") == {
        *("prices.py", "rules/__init__.py", "rules/names.py", "rules/late.py", "rules/above.py"),
        *("rules/parts/__init__.py", "rules/parts/weights.py", "rules/parts/deep.py"),
    }


def test_modules_that_the_configuration_names_count_themselves(imported):
    files = {"models/training.py": "import split\n", "models/split.py": "", "split.py": ""}
    assert imported(files, modules=["training"], folder="models") == {
        "models/training.py",
        "models/split.py",
        "split.py",
    }


@pytest.mark.parametrize(
    "text",
    [
        "import importlib\nimportlib.import_module('hidden')\n",
        "__import__('hidden')\n",
        "import pytest\nhidden = pytest.importorskip('hidden')\n",
        "pytest_plugins = ['hidden']\n",
        "pytest_plugins = 'hidden'\n",
        "try:\n    import hidden\nexcept ImportError:\n    pass\n",
        "if False:\n    import hidden\n",
        "from hidden import *\n",
        "class A:\n    import hidden.inner\n",
    ],
)
def test_every_way_to_write_an_import_counts(imported, text):
    assert imported({"test_a.py": text, "hidden.py": ""}, "test_a.py") == {"hidden.py"}


@pytest.mark.parametrize("suffix", [".abi3.so", ".so"])
def test_a_compiled_extension_of_the_project_counts(imported, suffix):
    assert imported({"test_a.py": "import fast\n", f"fast{suffix}": b"\x7fELF"}, "test_a.py") == {f"fast{suffix}"}


@pytest.mark.parametrize("content", [b"\xff", b"def", b"\0", b"(" * 10_000])
def test_a_file_that_cannot_be_parsed_is_listed_and_ends_the_way(imported, content):
    assert imported({"test_a.py": "import broken\n", "broken.py": content}, "test_a.py") == {"broken.py"}


def test_nothing_is_found_outside_of_the_project(imported):
    assert imported({"test_a.py": "from ... import secrets_of_others\nimport absent\n"}, "test_a.py") == set()
