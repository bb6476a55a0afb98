"""One file for one model: an archive with the signature inside, so that neither can be exchanged without the other.

The model itself is a tree of objects by skops, whose types are held against our own list, or one member in another library's own
format (`gates.work.model.formats`). The digest of the whole file is compared before a byte of it is parsed. A pickle is read by a
process of its own, where the configuration says why it is trusted, and never here.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gates.work.data.features import normalise
from gates.work.errors import ArtifactError
from gates.work.model.archive import open_archive
from gates.work.model.confined import ConfinedModel
from gates.work.model.formats import SKOPS, format_named
from gates.work.model.pickles import MEMBERS, require_trust
from gates.work.model.project_model import PROJECT, open_files
from gates.work.model.signature_io import MEMBER, read_signature, signature_in, to_json
from gates.work.model.trust import ALLOWED
from gates.work.records import Label, ModelSignature

if TYPE_CHECKING:
    from numpy import ndarray
    from pandas import DataFrame
    from sklearn.base import BaseEstimator

__all__ = ["LoadedModel", "load", "read_signature", "save"]


class LoadedModel:
    """Hold a loaded model with its signature: predicts for a DataFrame whose columns may stand in any order.

    ``digest`` is ``sha256:<hex>`` of the file, ``size`` its bytes. ``estimator`` is scikit-learn's own object, or what stands for
    the model of another library.
    """

    __slots__ = ("digest", "estimator", "signature", "size")

    def __init__(self, estimator: Any, signature: ModelSignature, digest: str, size: int) -> None:
        self.estimator = estimator
        self.signature = signature
        self.digest = digest
        self.size = size

    @property
    def features(self) -> tuple[str, ...]:
        """Return the names of the features, in the order in which the model learned them."""
        return self.signature.names

    @property
    def classes(self) -> tuple[Label, ...] | None:
        """Return the labels in the order of the probabilities, None for a regression."""
        return self.signature.classes

    def predict(self, X: DataFrame) -> ndarray[Any, Any]:
        """Return (n,) labels of the target's own kind, or (n,) float64 for regression.

        Raises `DataError` for missing columns and for text in numbers.
        """
        return predict(self.estimator, self.signature, X)

    def predict_proba(self, X: DataFrame) -> ndarray[Any, Any] | None:
        """Return (n, number of classes) in the order of `classes`, or None where the model has no probabilities."""
        return predict_proba(self.estimator, self.signature, X)


def predict(estimator: BaseEstimator, signature: ModelSignature, X: DataFrame) -> ndarray[Any, Any]:
    """Return (n,) predictions of an estimator in memory; see `LoadedModel.predict`."""
    import numpy

    predictions: ndarray[Any, Any] = numpy.asarray(estimator.predict(normalise(X, signature.features))).reshape(len(X))
    return predictions


def predict_proba(estimator: BaseEstimator, signature: ModelSignature, X: DataFrame) -> ndarray[Any, Any] | None:
    """Return (n, number of classes) of an estimator in memory; see `LoadedModel.predict_proba`."""
    import numpy

    if not signature.probabilities:
        return None
    shares: ndarray[Any, Any] = numpy.asarray(
        estimator.predict_proba(normalise(X, signature.features)), dtype=numpy.float64
    )
    return shares


def save(estimator: BaseEstimator, signature: ModelSignature, path: Path, *, trusted: Sequence[str] = ()) -> str:
    """Write the model file whole or not at all, in the format that the signature names, and return its digest.

    The bytes of a skops archive differ each time (it numbers objects by memory address): save once, and name the file by its
    digest. Raises `ArtifactError` when the estimator holds a type that `load` would not read, naming each, cannot be written in
    its own library's format, or is too large.
    """
    if signature.format != SKOPS:
        return save_bytes(to_bytes(estimator, signature.format), signature, path)
    content = _skops_archive(estimator, trusted)
    return _write(content, signature, path)


def save_bytes(data: bytes, signature: ModelSignature, path: Path) -> str:
    """Write the model file around a model's bytes in another library's format, and return its digest. Raises `ArtifactError`."""
    return save_members({format_named(signature.format).MEMBER: data}, signature, path)


def save_members(members: Mapping[str, bytes], signature: ModelSignature, path: Path) -> str:
    """Write the model file around the members that hold a model, and return its digest. Raises `ArtifactError`."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(_undated(name), data, zipfile.ZIP_DEFLATED)
    return _write(content, signature, path)


def open_bytes(data: bytes, format: str, classes: Sequence[Label] | None) -> Any:
    """Return the model in ``data`` with scikit-learn's face; ``classes`` are the labels in the order of its scores.

    Raises `ArtifactError`.
    """
    return format_named(format).open_model(data, classes)


def to_bytes(estimator: object, format: str) -> bytes:
    """Return an estimator of another library in that library's own format. Raises `ArtifactError` where it cannot be written."""
    try:
        return format_named(format).to_bytes(estimator)
    except ArtifactError:
        raise
    except (
        Exception
    ) as error:  # a library raises what it likes for an estimator that is not fitted, or holds its own code
        raise ArtifactError(
            f"{type(estimator).__name__} cannot be saved in the format of {format}: {str(error)[:300]}",
            "return a fitted estimator of that library",
        ) from error


def _skops_archive(estimator: BaseEstimator, trusted: Sequence[str]) -> io.BytesIO:
    from skops import io as skops

    content = io.BytesIO()
    try:
        skops.dump(estimator, content, compression=zipfile.ZIP_DEFLATED)
    except Exception as error:  # skops raises what the object's own methods raise
        raise ArtifactError(
            f"{type(estimator).__name__} cannot be saved with skops: {error}",
            "use an estimator of scikit-learn, or one that skops can save",
        ) from error
    _refuse_untrusted(skops.get_untrusted_types(data=content.getvalue()), trusted, type(estimator).__name__)
    return content


def _write(content: io.BytesIO, signature: ModelSignature, path: Path) -> str:
    """Put the signature into an archive and the archive into a file, whole or not at all."""
    with zipfile.ZipFile(content, "a", compression=zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_undated(MEMBER), to_json(signature), zipfile.ZIP_DEFLATED)
    signature_in(content, path.name)  # whoever loads it would refuse it
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".model-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.getvalue())
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return f"sha256:{hashlib.sha256(content.getvalue()).hexdigest()}"


def load(
    path: Path, digest: str, *, trusted: Sequence[str] = (), loader: str = "", trust_pickle: str = ""
) -> LoadedModel:
    """Load a model file whose bytes have ``digest`` (``sha256:<hex>``).

    ``trusted`` names further types that it may hold, and ``loader`` the project's function (``module:function``) that reads a model
    of its own kind, ``trust_pickle`` why a model that is a pickle may be read, in a process of its own: all from the configuration
    only.

    Raises `ArtifactError` for other bytes, a symbolic link, a pickle without a reason, a damaged file, a type that is not allowed,
    and a loader that is not named or fails; `ConfigError` for a loader that cannot be imported.
    """
    content = read_verified(path, digest)
    signature = signature_in(io.BytesIO(content), path.name)
    if signature.format == PROJECT:
        return LoadedModel(open_files(_members(content, path.name), loader), signature, digest, len(content))
    if signature.format in MEMBERS:
        require_trust(signature.format, f"the model in {path.name}", trust_pickle)
        data = _member(content, MEMBERS[signature.format], path.name)
        return LoadedModel(ConfinedModel(data, path.name), signature, digest, len(content))
    if signature.format != SKOPS:
        data = _member(content, format_named(signature.format).MEMBER, path.name)
        return LoadedModel(open_bytes(data, signature.format, signature.classes), signature, digest, len(content))
    return LoadedModel(open_tree(content, path.name, trusted), signature, digest, len(content))


def open_tree(content: bytes, name: str, trusted: Sequence[str]) -> Any:
    """Return the estimator in an archive of skops. Raises `ArtifactError` for a type that is not allowed, and a damaged archive."""
    from skops import io as skops
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        return skops.loads(content, trusted=[*ALLOWED, *trusted])
    except UntrustedTypesFoundException:
        _refuse_untrusted(skops.get_untrusted_types(data=content), trusted, name)
        raise
    except Exception as error:  # whatever a damaged tree of objects can raise
        raise ArtifactError(
            f"{name} cannot be loaded: {type(error).__name__}: {str(error)[:500]}",
            "save the model again, or train it with gates run",
        ) from error


def _undated(name: str) -> zipfile.ZipInfo:
    """Return a member without the time of writing: the same model again is the same file."""
    return zipfile.ZipInfo(name)


def _member(content: bytes, member: str, name: str) -> bytes:
    """Return the bytes of the one member beside the signature. Raises `ArtifactError` for an archive that holds another."""
    with open_archive(io.BytesIO(content), name) as archive:
        others = sorted(info.filename for info in archive.infolist() if info.filename != MEMBER)
        if others != [member]:
            raise ArtifactError(
                f"{name} holds {', '.join(others)[:200] or 'no model'}, wanted {member}", "register the model again"
            )
        return archive.read(member)


def _members(content: bytes, name: str) -> dict[str, bytes]:
    """Return the members beside the signature."""
    with open_archive(io.BytesIO(content), name) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist() if info.filename != MEMBER}


def read_verified(path: Path, digest: str) -> bytes:
    """Read the bytes of a regular file and return them if they have ``digest``.

    Raises `ArtifactError` otherwise, and for a symbolic link.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError as error:
        if path.is_symlink():
            raise ArtifactError(
                f"{path.name} is a symbolic link; what it points to could change without a trace",
                "name the model file itself",
            ) from None
        raise ArtifactError(f"{path} cannot be read: {error.strerror}", "check the path and its permissions") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ArtifactError(f"{path} is not a regular file", "name the model file itself")
    with os.fdopen(descriptor, "rb") as file:
        content = file.read()
    actual = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if actual != digest:
        raise ArtifactError(
            f"{path.name} does not hold the model that was meant: found {actual}, wanted {digest}",
            "restore the file, or train again",
        )
    return content


def _refuse_untrusted(types: Sequence[str], trusted: Sequence[str], name: str) -> None:
    refused = sorted(set(types) - {*ALLOWED, *trusted})
    if refused:
        raise ArtifactError(
            f"{name} holds {len(refused)} types that are not allowed: {', '.join(refused)}",
            "list a type under trusted_types in [tool.ml] only when you wrote or read its code",
        )
