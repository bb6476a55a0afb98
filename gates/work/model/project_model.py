"""Models that only a function of the project can read: ``load = "module:function"`` in ``[tool.ml]``.

The file or folder that another tool wrote becomes members of the model file, so that what lies beside a model belongs to it: one
digest covers both. The function is given the path where these bytes lie again, and nothing else of the project's folder.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gates.errors import ConfigError, GatesError
from gates.toml_reader import listed
from gates.work.errors import ArtifactError
from gates.work.model.import_function import import_function

PROJECT = "project"  # the format of such a model, as its signature names it
_FILE, _FOLDER = "file/", "folder/"
_LARGEST = 2 << 30  # bytes
_PICKLES = (".pkl", ".pickle", ".joblib", ".pt", ".pth")
_KEPT: list[TemporaryDirectory[str]] = []  # a model may read its files as long as this process lives


def pack(path: Path) -> dict[str, bytes]:
    """Return the content of a file, or of every file below a folder, by the names of the members that hold it.

    Raises `ArtifactError` for an empty file or folder, a symbolic link, a pickle, and for more than 2 GiB.
    """
    if path.is_dir() and not path.is_symlink():
        entries = sorted(path.rglob("*"))
        files = {
            f"{_FOLDER}{file.relative_to(path).as_posix()}": file
            for file in entries
            if file.is_symlink() or not file.is_dir()
        }
        if not files:
            raise ArtifactError(f"{path} holds no file", "name the folder that holds the model's files")
    else:
        files = {f"{_FILE}{path.name}": path}
    packed: dict[str, bytes] = {}
    left = _LARGEST
    for member, file in files.items():
        packed[member] = _read(file, left)
        left -= len(packed[member])
    if not any(packed.values()):
        raise ArtifactError(f"{path} is empty", "save the model again")
    return packed


def _read(file: Path, left: int) -> bytes:
    if file.is_symlink() or not file.is_file():
        raise ArtifactError(
            f"{file} is no regular file; only bytes can be covered by the model's digest", "put a copy in its place"
        )
    try:
        size = file.stat().st_size
        if size > left:
            raise ArtifactError(
                f"with {file}, the model has more than {_LARGEST:,} bytes", "leave out what scoring does not need"
            )
        content = file.read_bytes()
    except OSError as error:
        raise ArtifactError(f"{file} cannot be read: {error.strerror}", "check the path and its permissions") from None
    if content[:1] == b"\x80" or file.name.lower().endswith(_PICKLES):
        raise ArtifactError(
            f"{file} is a pickle; reading one runs whatever it says, so no loader is given one",
            "keep the weights as safetensors (PyTorch: safetensors.torch.save_file), and build the module in the loader",
        )
    return content


def open_files(files: Mapping[str, bytes], loader: str) -> Any:
    """Return what the function ``loader`` (``module:function``) makes of these members: an object with ``predict``.

    The files are written into a folder of their own, which stays until this process ends. Raises `ArtifactError` where no loader is
    named, for members that no model of the project has, and where the function fails or returns what cannot predict; `ConfigError`
    where it cannot be imported.
    """
    if not loader:
        raise ArtifactError(
            "the model is read by a function of the project, and none is named",
            "name it in [tool.ml]: load = 'module:function'",
        )
    load = import_function("load", loader, "load(path), which returns an object with predict")
    folder = TemporaryDirectory(prefix="gates-model-")
    _KEPT.append(folder)
    path = _unpack(files, Path(folder.name))
    try:
        model = load(path)
    except GatesError:
        raise
    except Exception as error:
        raise ArtifactError(f"{loader} fails: {type(error).__name__}: {str(error)[:500]}", remedy_of(error)) from error
    if not callable(getattr(model, "predict", None)):
        raise ArtifactError(
            f"{loader} returned {type(model).__name__}, which has no predict",
            "return an object with predict(X), which takes a DataFrame and returns one answer for each row",
        )
    return model


def remedy_of(error: BaseException) -> str:
    """Return what to do about an error of a model's own code; a file that is not there has a remedy of its own."""
    if isinstance(error, FileNotFoundError):
        return (
            "files beside a model belong to it: keep what it reads inside the estimator, or register the folder that holds both, "
            "and read them from the path that load (of [tool.ml]) is given"
        )
    return "correct the project's own code"


def _unpack(files: Mapping[str, bytes], folder: Path) -> Path:
    """Write the members below ``folder`` and return the path of the one file, or of the folder of all."""
    heads = {member[: member.find("/") + 1] for member in files}
    if heads == {_FOLDER}:
        path = folder / "model"
    elif heads == {_FILE} and len(files) == 1:
        path = folder / next(iter(files)).removeprefix(_FILE)
    else:
        raise ArtifactError(f"the model file holds {listed(sorted(files))}, no files of a project", "register it again")
    for member, content in files.items():
        target = path if heads == {_FILE} else path / member.removeprefix(_FOLDER)
        if not Path(os.path.normpath(target)).is_relative_to(folder) or target == folder:
            raise ArtifactError(f"the model file holds {member!r}, which is no name of a file", "register it again")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return path


def libraries_since(before: Iterable[str]) -> dict[str, str]:
    """Return the versions of the distributions whose modules were imported since ``before``, the names of modules then."""
    modules = {name.partition(".")[0] for name in set(sys.modules) - set(before)}
    by_module = packages_distributions()
    versions: dict[str, str] = {}
    for distribution in sorted({name for module in modules for name in by_module.get(module, ())}):
        try:
            versions[distribution] = version(distribution)
        except PackageNotFoundError:
            continue
    return versions


def require_beside(loader: str, folder: Path) -> None:
    """Raise `ConfigError` unless the module of ``loader`` lies in ``folder``: a deployment carries only such modules."""
    module = loader.partition(":")[0].partition(".")[0]
    if loader and not ((folder / module).is_dir() or (folder / f"{module}.py").is_file()):
        raise ConfigError(
            f"load = {loader!r}: {module} is no module beside the configuration, and a deployment carries only those",
            f"put {module} into {folder.name}, or a module there that imports it",
        )
