"""The process that reads a pickle and predicts with it: it has no keys, and may read libraries alone.

It is started by `gates.work.model.confined` and talks to it through two pipes. What it sends is JSON or an array of plain numbers
and texts, never a pickle: whatever the model's own code does, the process that judges is given data.
"""

from __future__ import annotations

import io
import json
import math
import os
import pickle
import struct
import sys
from pathlib import Path
from typing import IO, Any

HEAD = struct.Struct("!cQ")  # kind of a message, and its bytes
JSON, ARRAY, FAILURE, DATA = b"J", b"N", b"E", b"D"
LARGEST = 4 << 30
_SYSTEM = (
    "/usr", "/lib", "/lib64", "/bin", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system",
    "/sys/fs/cgroup", "/dev/null", "/dev/urandom", "/dev/zero",
    "/etc/ld.so.cache", "/etc/localtime", "/etc/os-release",
)  # fmt: skip
_WRITABLE = ("/dev/null", "/dev/shm")


def send(pipe: IO[bytes], kind: bytes, content: bytes) -> None:
    """Write one message. Raises `OSError`, `BrokenPipeError` where the other side has ended."""
    pipe.write(HEAD.pack(kind, len(content)))
    pipe.write(content)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[bytes, bytes]:
    """Return kind and content of the next message. Raises `EOFError` where the other side has ended or sends too much."""
    head = pipe.read(HEAD.size)
    if len(head) < HEAD.size:
        raise EOFError
    kind, size = HEAD.unpack(head)
    if size > LARGEST:
        raise EOFError
    content = pipe.read(size)
    if len(content) < size:
        raise EOFError
    return kind, content


def main() -> int:
    """Confine this process, read the model whose bytes come first, then answer each request until there are no more."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the model prints goes to the log, not among the answers
    try:
        _, content = receive(requests)
        _confine()
        model, about = _open(content)
        send(answers, JSON, json.dumps(about).encode())
    except Exception as error:
        _fail(answers, error)
        return 1
    while True:
        try:
            _, content = receive(requests)
        except EOFError:
            return 0
        try:
            method, frame = pickle.loads(content)  # from the process that judges, which is trusted here
            send(answers, *_pack(getattr(model, method)(frame)))
        except Exception as error:
            _fail(answers, error)


def _confine() -> None:
    from gates.work.model.landlock import restrict

    own = Path(__file__).resolve().parents[2]  # the package, whose neighbours may be a project with its keys
    libraries = [path for path in sys.path if path and Path(path).resolve() != own.parent]
    readable = [*_SYSTEM, sys.prefix, sys.base_prefix, *libraries, str(own)]
    restrict(readable, [str(own.parent)], [*_WRITABLE, str(Path.cwd())])


def _open(content: bytes) -> tuple[Any, dict[str, object]]:
    """Read the pickle, and describe what it holds by the attributes that scikit-learn gives its estimators."""
    import joblib
    import numpy

    from gates.work.model.project_model import libraries_since

    before = frozenset(sys.modules)
    model = joblib.load(io.BytesIO(content))
    if not callable(getattr(model, "predict", None)):
        raise TypeError(f"it holds {type(model).__name__}, which has no predict")
    classes, names = getattr(model, "classes_", None), getattr(model, "feature_names_in_", None)
    if isinstance(classes, list):  # several targets
        classes = [numpy.asarray(one).tolist() for one in classes]
    versions = libraries_since(before)
    return model, {
        "type": type(model).__name__,
        "classes": None if classes is None else numpy.asarray(classes, dtype=object).tolist(),
        "features": None if names is None else [str(name) for name in names],
        "width": int(getattr(model, "n_features_in_", 0)),
        "probabilities": callable(getattr(model, "predict_proba", None)),
        "versions": {name: version for name, version in versions.items() if name != "gates"},
    }


def _pack(answer: object) -> tuple[bytes, bytes]:
    import numpy

    if isinstance(answer, list | tuple) and answer and numpy.ndim(answer[0]) == 2:  # of several targets: one table each
        return JSON, json.dumps([numpy.asarray(one).tolist() for one in answer], default=str).encode()
    array = numpy.asarray(answer)
    if array.dtype.kind in "biufU":
        content = io.BytesIO()
        numpy.save(content, array, allow_pickle=False)
        return ARRAY, content.getvalue()
    plain = [None if isinstance(one, float) and math.isnan(one) else one for one in array.ravel().tolist()]
    return JSON, json.dumps({"shape": array.shape, "values": plain}, default=str).encode()


def _fail(answers: IO[bytes], error: Exception) -> None:
    content = {"type": type(error).__name__, "message": str(error)[:500]}
    send(answers, FAILURE, json.dumps(content).encode())


if __name__ == "__main__":
    raise SystemExit(main())
