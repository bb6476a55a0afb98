"""Write and read a model's `ModelSignature` as strict JSON: what the model takes and gives, and where it comes from.

Reading uses the standard library alone, so that a light process can ask a model file what it needs without loading it.
"""

from __future__ import annotations

import json
import lzma
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from gates.documents import read_json
from gates.work.errors import ArtifactError
from gates.work.model.archive import open_archive
from gates.work.records import Feature, Kind, ModelSignature, Spelling

if TYPE_CHECKING:
    from typing import BinaryIO

MEMBER = "signature.json"
SCHEMA = 1
_LARGEST = 16 << 20
_UNSOUND = (NotImplementedError, EOFError, RuntimeError, ValueError, OSError)  # that zipfile raises for damaged bytes
_REMEDY = "train the model again with gates run"


def to_json(signature: ModelSignature) -> str:
    """Return the signature as the JSON text that a model file holds."""
    return json.dumps({"schema": SCHEMA, **asdict(signature)}, allow_nan=False, ensure_ascii=False, indent=1)


def read_signature(path: Path) -> ModelSignature:
    """Return the signature of a model file.

    Raises `ArtifactError` when it is not a model file of ours, and for a symbolic link.
    """
    if path.is_symlink():
        raise ArtifactError(
            f"{path.name} is a symbolic link; what it points to could change without a trace",
            "name the model file itself",
        )
    try:
        with path.open("rb") as file:
            return signature_in(file, path.name)
    except OSError as error:
        raise ArtifactError(f"{path} cannot be read: {error.strerror}", "check the path and its permissions") from None


def signature_in(file: BinaryIO, name: str) -> ModelSignature:
    """Return the signature in an open model file. Raises `ArtifactError`."""
    head = file.read(4)
    file.seek(0)
    if head[:1] == b"\x80" or name.endswith((".pkl", ".pickle", ".joblib")):
        raise ArtifactError(
            f"{name} is a pickle; reading one runs whatever it says, so it is never read",
            "save the model with gates.work.model.artifact.save",
        )
    try:
        with open_archive(file, name) as archive:
            members = [info for info in archive.infolist() if info.filename == MEMBER]
            if len(members) != 1:
                raise ArtifactError(f"{name} holds {len(members)} signatures, wanted 1", _REMEDY)
            if members[0].file_size > _LARGEST:
                raise ArtifactError(f"the signature of {name} is larger than {_LARGEST:,} bytes", _REMEDY)
            content = read_json(archive.read(members[0]))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, *_UNSOUND) as error:
        raise ArtifactError(f"{name} is not a sound model file: {error}", _REMEDY) from None
    return _parse(content, name)


def _parse(content: dict[str, object], name: str) -> ModelSignature:
    schema = content.pop("schema", None)
    if schema != SCHEMA:
        raise ArtifactError(
            f"the signature of {name} has schema {schema!r}, this version reads {SCHEMA}",
            "use the version that wrote it",
        )
    try:
        raw = cast(dict[str, Any], content)
        raw["features"] = tuple(_feature(feature) for feature in raw["features"])
        raw["classes"] = None if raw["classes"] is None else tuple(raw["classes"])
        raw["notes"] = tuple(raw["notes"])
        if "missing" in raw:  # a model of an earlier version says nothing about it
            raw["missing"] = tuple(str(text) for text in raw["missing"])
        if "spelling" in raw:
            types = tuple((str(name), kind) for name, kind in raw["spelling"]["types"])
            raw["spelling"] = Spelling(**{**raw["spelling"], "types": types})
        raw["key"] = tuple(raw.get("key", ()))
        raw["identified_by"] = tuple(raw.get("identified_by", ()))
        signature = ModelSignature(**raw)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise ArtifactError(f"the signature of {name} is incomplete: {error}", _REMEDY) from None
    if not isinstance(signature.format, str):
        raise ArtifactError(f"the signature of {name} names the format {signature.format!r}", _REMEDY)
    if not signature.features or signature.task not in ("classification", "regression"):
        raise ArtifactError(
            f"the signature of {name} has {len(signature.features)} features and task {signature.task!r}", _REMEDY
        )
    return signature


def _feature(content: Mapping[str, Any]) -> Feature:
    feature = Feature(**{**content, "categories": tuple(content["categories"])})
    if feature.kind not in get_args(Kind):
        raise TypeError(f"feature {feature.name!r} is of unknown kind {feature.kind!r}")
    return feature
