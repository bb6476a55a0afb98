"""Let a model answer where no file of the project lies: what it opens by a relative path is missing before a customer asks."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gates.work.errors import ArtifactError
from gates.work.model.artifact import LoadedModel, load
from gates.work.model.project_model import remedy_of

if TYPE_CHECKING:
    from numpy import ndarray
    from pandas import DataFrame


@contextlib.contextmanager
def apart() -> Iterator[None]:
    """Make an empty folder the working directory of this process, and go back at the end. Raises `OSError`.

    For processes that score from one thread: the working directory belongs to all threads.
    """
    before = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        with tempfile.TemporaryDirectory(prefix="gates-apart-") as folder:
            os.chdir(folder)
            try:
                yield
            finally:
                os.fchdir(before)
    finally:
        os.close(before)


class ApartModel(LoadedModel):
    """Predict like a `LoadedModel`, in a working directory that holds no file."""

    __slots__ = ()

    def predict(self, X: DataFrame) -> ndarray[Any, Any]:
        """Return what `LoadedModel.predict` returns. Raises `ArtifactError` too, where the model opens a file that is not there."""
        with _alone():
            return super().predict(X)

    def predict_proba(self, X: DataFrame) -> ndarray[Any, Any] | None:
        """Return what `LoadedModel.predict_proba` returns. Raises like `predict`."""
        with _alone():
            return super().predict_proba(X)


def load_apart(
    path: Path, digest: str, *, trusted: Sequence[str] = (), loader: str = "", trust_pickle: str = ""
) -> ApartModel:
    """Load a model file as `gates.work.model.artifact.load` does, for a process that scores from one thread; raises like it."""
    file = path.absolute()
    with _alone():
        model = load(file, digest, trusted=trusted, loader=loader, trust_pickle=trust_pickle)
    return ApartModel(model.estimator, model.signature, model.digest, model.size)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    with apart():
        try:
            yield
        except FileNotFoundError as error:
            raise ArtifactError(
                f"the model fails where it lies alone: {type(error).__name__}: {error}", remedy_of(error)
            ) from error
