"""Write the code of a managed deployment: the entry script, who the model is, and exactly the modules that scoring needs.

The server in the cloud has no package ``gates``. Which of its modules are needed is read from the import statements, so that
a module that scoring comes to need is never forgotten, and the engine never travels.
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import gates
from gates.work.backends.azure.environment import libraries_of
from gates.work.config.settings import Settings
from gates.work.model.pickles import MEMBERS
from gates.work.model.project_model import PROJECT, require_beside
from gates.work.model.signature_io import read_signature
from gates.work.records import Identity
from gates.work.serving.scorer import write_identity

_PACKAGE = Path(gates.__file__).parent
_ENTRY = Path(__file__).with_name("entry.py")
_NOT_OWN = frozenset({"gates", "sklearn", "numpy", "scipy", "pandas"})


@dataclass(frozen=True, slots=True)
class ScoringLimits:
    """Keep how the scoring server answers: the largest request in rows, and further types that a model may hold.

    ``modules`` are the project's own top-level modules that the model's types come from, ``loader`` its function that reads a model
    of its own kind, ``trust_pickle`` why a pickle may be read, and ``libraries`` what reads the model beside
    scikit-learn, with versions.
    """

    max_rows: int
    trusted: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    loader: str = ""
    trust_pickle: str = ""
    libraries: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, model: Path) -> ScoringLimits:
        """Return the limits that the settings name for a model file.

        Raises `ArtifactError` where it is none, and `ConfigError` where its loader could not travel with the deployment.
        """
        signature = read_signature(model)
        loader = settings.load if signature.format == PROJECT else ""
        require_beside(loader, settings.folder)
        named = (*(text.partition(":")[0] for text in (settings.train, loader)), *settings.trusted_types)
        own = {name.partition(".")[0] for name in named if name} - _NOT_OWN
        libraries = libraries_of(signature)
        reason = settings.trust_pickle if signature.format in MEMBERS else ""
        return cls(settings.max_rows, settings.trusted_types, tuple(sorted(own)), loader, reason, libraries)


def write_code(folder: Path, identity: Identity, limits: ScoringLimits, project: Path) -> Path:
    """Write the code folder of a deployment to ``folder`` and return it.

    It holds ``score.py`` (the entry script), ``identity.json``, the modules of ``gates`` that these need, and the own modules
    of ``project`` that the limits name. Raises `OSError` where a file cannot be copied.
    """
    folder.mkdir(parents=True)
    shutil.copyfile(_ENTRY, folder / "score.py")
    for module in limits.modules:
        if (project / module).is_dir():
            leave = shutil.ignore_patterns("__pycache__", "*.pyc")
            shutil.copytree(project / module, folder / module, ignore=leave)
        elif (project / f"{module}.py").is_file():
            shutil.copyfile(project / f"{module}.py", folder / f"{module}.py")
    for name, source in find_needed_modules(sorted(folder.rglob("*.py"))).items():
        target = folder.joinpath("gates", *name.split(".")[1:])
        target = target / "__init__.py" if source.name == "__init__.py" else target.with_suffix(".py")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    (folder / "gates" / "__init__.py").write_text('"""The part of Gates that scoring needs."""\n', encoding="utf-8")
    write_identity(
        folder,
        identity,
        max_rows=limits.max_rows,
        trusted=limits.trusted,
        loader=limits.loader,
        trust_pickle=limits.trust_pickle,
    )
    return folder


def find_needed_modules(files: Iterable[Path]) -> Mapping[str, Path]:
    """Return the modules of ``gates`` that the files import, and those that these import in turn, each with its file.

    Imports for type checkers alone are left out; the package ``gates`` itself is, too.
    """
    modules: dict[str, Path] = {}
    waiting = list(files)
    while waiting:
        tree = ast.parse(waiting.pop().read_bytes())
        for name in _imported(tree):
            parts = name.split(".")
            for length in range(2, len(parts) + 1):
                module = ".".join(parts[:length])
                source = _source_of(module)
                if source is not None and module not in modules:
                    modules[module] = source
                    waiting.append(source)
    return dict(sorted(modules.items()))


def _imported(tree: ast.AST) -> Iterator[str]:
    """Give the names below ``gates`` that the code imports: modules, and what may be one."""
    for node in _executed(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("gates."))
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == "gates":
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    """Give every node but those under ``if TYPE_CHECKING``."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for other in node.orelse:
                yield other
                yield from _executed(other)
            continue
        yield node
        yield from _executed(node)


def _source_of(module: str) -> Path | None:
    """Return the file of a module of ``gates``; None for a name that is none."""
    path = _PACKAGE.joinpath(*module.split(".")[1:])
    if (path / "__init__.py").is_file():
        return path / "__init__.py"
    file = path.with_suffix(".py")
    return file if file.is_file() else None
