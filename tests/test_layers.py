"""The layers of ARCHITECTURE.md are held by import-linter, and every module of gates stands alone."""

import subprocess
import sys
from pathlib import Path

import pytest
from heavy import HEAVY

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "gates").rglob("*.py")
    if path.name != "__main__.py"
    and path.relative_to(ROOT / "gates").parts[0] not in ("measures", "work", "fixtures", "proposal")
)


def python(code: str, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, *options, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_imports_go_down_only():
    program = Path(sys.executable).with_name("lint-imports")
    if not program.exists():
        pytest.skip("import-linter is not installed")
    done = subprocess.run(
        [program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert " 0 broken" in done.stdout


def test_every_module_can_be_imported_first_and_without_a_warning():
    """One process; what belongs to gates is forgotten before each import, so that no module leans on another's import."""
    code = f"""
import importlib, sys
for name in {MODULES!r}:
    for loaded in [m for m in sys.modules if m.partition(".")[0] == "gates"]:
        del sys.modules[loaded]
    importlib.import_module(name)
    print(name)
"""
    assert python(code, "-W", "error").split() == MODULES


def test_the_plugin_imports_nothing_heavy():
    code = f"import gates.plugin, sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    assert python(code).strip() == "[]"


def test_the_engine_imports_no_data_library():
    code = f"import gates.cli, sys; print([name for name in {HEAVY[:6]!r} if name in sys.modules])"
    assert python(code).strip() == "[]"


def test_the_import_graph_has_no_circle():
    """A circle is a set of modules that none of can be understood, or changed, alone. Imports for type checkers count."""
    grimp = pytest.importorskip("grimp")
    graph = grimp.build_graph("gates")
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    left = dict(imports)
    while free := [module for module, needs in left.items() if not needs & left.keys()]:
        for module in free:
            del left[module]
    in_circles = {module for module in left if any(module in imports[other] for other in left)}
    assert in_circles == set(), f"modules in circles, or that lead into one: {sorted(in_circles)}"
    assert len(imports) > 300, "the graph is there"
