"""Predict with a pickle without reading it here: a process of its own does, without keys, that may read libraries alone.

Reading a pickle runs code that the file brings. So the process that trains, judges or serves never reads one: it sends tables and
is given numbers and texts.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from gates.work.errors import ArtifactError
from gates.work.model import confined_child
from gates.work.model.confined_child import ARRAY, DATA, FAILURE, JSON, receive, send

if TYPE_CHECKING:
    from pandas import DataFrame

_ROOT = Path(confined_child.__file__).parents[3]
_START = "import sys; sys.path.append(sys.argv[1]); from gates.work.model.confined_child import main; raise SystemExit(main())"
_KEPT = ("PATH", "LANG", "TZ", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")  # of the environment
_REMEDY = "save the model as skops, ONNX or in its library's own format, or register what can be read here"


class ConfinedModel:
    """Hold the process that has read one pickle, with the face of the estimator in it.

    ``type_name`` is the estimator's class, ``versions`` the libraries that reading it imported. ``classes_`` are its labels,
    None where it has none; it has ``predict_proba`` where the estimator does.
    """

    predict_proba: Callable[[DataFrame], Any]

    def __init__(self, data: bytes, name: str) -> None:
        """Start the process and let it read ``data``, the bytes of the file ``name``. Raises `ArtifactError`."""
        self._name = name
        self._lock = threading.Lock()  # one question at a time, from whichever thread of a server
        self._folder = TemporaryDirectory(prefix="gates-confined-")
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _START, str(_ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=self._folder.name,
            env=_environment(self._folder.name),
        )
        self._end = weakref.finalize(self, _end, self._process, self._folder)
        try:
            kind, content = self._ask(data)
            about = json.loads(content) if kind == JSON else _refuse(kind, content)
            self.type_name = str(about["type"])
            self.classes_: list[Any] | None = about["classes"]
            self.feature_names_in_: list[str] | None = about["features"]
            self.n_features_in_ = int(about["width"])
            self.versions: Mapping[str, str] = dict(about["versions"])
            if about["probabilities"]:
                self.predict_proba = self._predict_proba
        except FileNotFoundError as error:
            self._end()
            raise ArtifactError(f"{name} cannot be read: {error}", _REMEDY) from None
        except ArtifactError as error:
            self._end()
            raise ArtifactError(f"{name} cannot be read: {error.message}", error.remedy) from None
        except (KeyError, TypeError, ValueError) as error:
            self._end()
            raise ArtifactError(
                f"{name} cannot be read: its process answers no description: {error}", _REMEDY
            ) from None

    def predict(self, X: DataFrame) -> Any:
        """Return what the estimator predicts for each row of ``X``.

        Raises `ArtifactError` where it fails or its process ended, `FileNotFoundError` where it opens a file that is not there.
        """
        return self._call("predict", X)

    def _predict_proba(self, X: DataFrame) -> Any:
        return self._call("predict_proba", X)

    def _call(self, method: str, X: DataFrame) -> Any:
        import numpy

        kind, content = self._ask(pickle.dumps((method, X)))
        try:
            if kind == ARRAY:
                return numpy.load(io.BytesIO(content), allow_pickle=False)
            if kind == JSON:
                plain = json.loads(content)
                if isinstance(plain, list):  # of several targets
                    return [numpy.asarray(table) for table in plain]
                values = numpy.empty(len(plain["values"]), dtype=object)
                values[:] = plain["values"]
                return values.reshape(plain["shape"]) if plain["shape"] else values[0]
        except (KeyError, TypeError, ValueError) as error:
            raise ArtifactError(f"{self.type_name}.{method} answers no table: {error}", _REMEDY) from None
        return _refuse(kind, content)

    def _ask(self, content: bytes) -> tuple[bytes, bytes]:
        pipes = self._process.stdin, self._process.stdout
        assert pipes[0] is not None
        assert pipes[1] is not None
        with self._lock:
            try:
                send(pipes[0], DATA, content)
                return receive(pipes[1])
            except (OSError, EOFError, ValueError):
                code = self._process.poll()
                raise ArtifactError(
                    f"the process that reads {self._name} ended{'' if code is None else f' with exit code {code}'}",
                    "look at the log for what it printed last; its model may need more memory, or be damaged",
                ) from None


def _refuse(kind: bytes, content: bytes) -> Any:
    """Raise what the process says went wrong."""
    if kind != FAILURE:
        raise ArtifactError(f"its process sent a message of the unknown kind {kind!r}", _REMEDY)
    failure = json.loads(content)
    text = f"{failure['type']}: {failure['message']}"
    if failure["type"] == "FileNotFoundError":
        raise FileNotFoundError(failure["message"])
    remedy = _REMEDY
    if failure["type"] in ("ModuleNotFoundError", "AttributeError", "ImportError"):
        remedy = "install the library, or the project's own module as a package: no folder of a project is read"
    elif "Landlock" in text or failure["type"] == "OSError":
        remedy = (
            f"a pickle is read only where Linux can keep it from the signing keys (Landlock, since 5.13); {_REMEDY}"
        )
    raise ArtifactError(text, remedy)


def _environment(folder: str) -> dict[str, str]:
    """What the process knows of the environment: no key, and no variable that may hold a secret."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith("LC_")}
    return {**kept, "HOME": folder, "TMPDIR": folder, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}


def _end(process: subprocess.Popen[bytes], folder: TemporaryDirectory[str]) -> None:
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            if pipe is not None:
                pipe.close()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    folder.cleanup()
