"""Write what a training returned as a model file: in a format of ours, or as the files that the project's own function writes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from gates.errors import GatesError
from gates.work.config.settings import Settings
from gates.work.errors import ArtifactError
from gates.work.model import artifact
from gates.work.model.apart import apart
from gates.work.model.import_function import import_function
from gates.work.model.project_model import PROJECT, libraries_since, open_files, pack, remedy_of
from gates.work.records import ModelSignature


def keep(
    estimator: object, signature: ModelSignature, settings: Settings, path: Path, *, before: Iterable[str] = sys.modules
) -> ModelSignature:
    """Write the model file of a trained estimator to ``path``, and return the signature that it holds.

    Where the settings name ``save``, that function writes the files, and ``load`` has to read them here already. ``before`` are the
    names of the modules that were imported before the training: the libraries that came since read the model. Raises
    `ArtifactError`, also for a pickle, and `ConfigError` for a function that cannot be imported.
    """
    if not settings.save:
        artifact.save(estimator, signature, path, trusted=settings.trusted_types)
        return signature
    earlier = frozenset(before)
    members = write_files(estimator, settings.save)
    with apart():
        open_files(members, settings.load)
    versions = {**signature.versions, **libraries_since(earlier)}
    signature = replace(signature, format=PROJECT, versions=versions)
    artifact.save_members(members, signature, path)
    return signature


def write_files(estimator: object, saver: str) -> Mapping[str, bytes]:
    """Return the members that the function ``saver`` (``module:function``) writes into a folder for an estimator.

    Raises like `keep`.
    """
    save = import_function("save", saver, "save(estimator, folder), which writes files")
    with TemporaryDirectory(prefix="gates-save-") as name:
        folder = Path(name) / "model"
        folder.mkdir()
        try:
            save(estimator, folder)
        except GatesError:
            raise
        except Exception as error:
            raise ArtifactError(
                f"{saver} fails: {type(error).__name__}: {str(error)[:500]}", remedy_of(error)
            ) from error
        if not any(file.is_file() for file in folder.rglob("*")):
            raise ArtifactError(f"{saver} wrote no file", "write what load needs into the folder that save is given")
        return pack(folder)
