"""Models in ONNX, run by onnxruntime: a graph of known operators, and no code of its own.

A classification gives labels, shares or both: one output of labels (text or whole numbers), one of shares, as a tensor or as a
dictionary for each row, which is what converters of scikit-learn write by default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gates.work.errors import ArtifactError
from gates.work.model.formats.answers import Classification, Described, Labels, Regression, as_estimator, first_line
from gates.work.records import Label

if TYPE_CHECKING:
    from numpy import ndarray
    from pandas import DataFrame

PACKAGE = "onnxruntime"
DISTRIBUTIONS = ("onnxruntime",)
MEMBER = "model.onnx"
SUFFIXES = (".onnx",)
FLAVOR = "onnx"
_TYPES = {"tensor(float)": "float32", "tensor(double)": "float64", "tensor(int64)": "int64", "tensor(int32)": "int32"}
_TEXT = "tensor(string)"
_DICTIONARIES = "seq(map("


def is_one(data: bytes, name: str) -> bool:
    """Return whether a file called ``name`` is an ONNX model: its bytes have no mark of their own, so the name decides."""
    return name.endswith(SUFFIXES)


def to_bytes(estimator: Any) -> bytes:
    """Return an `onnx.ModelProto` as bytes."""
    return bytes(estimator.SerializeToString())


def describe(data: bytes) -> Described:
    """Return what the graph says about itself. Raises `ArtifactError` for inputs or outputs that are no table's."""
    session = _session(data)
    inputs = session.get_inputs()
    unknown = [f"{given.name} ({given.type})" for given in inputs if given.type not in (*_TYPES, _TEXT)]
    if unknown:
        raise ArtifactError(
            f"the model takes {', '.join(unknown)}, which no column of a table gives", "convert it with tensor inputs"
        )
    if len(inputs) == 1:
        shape = inputs[0].shape
        width = shape[1] if len(shape) == 2 and isinstance(shape[1], int) else 0
        if width != 1:
            return Described((), width, *_outputs(session))
    return Described(tuple(given.name for given in inputs), len(inputs), *_outputs(session))


def open_model(data: bytes, classes: Sequence[Label] | None) -> Classification | Labels | Regression:
    """Return the model. Raises `ArtifactError` where the bytes are no ONNX graph, or onnxruntime is not installed."""
    session = _session(data)
    inputs = session.get_inputs()
    shares, labels = _shares_output(session), _labels_output(session)

    def run(X: DataFrame, output: str) -> Any:
        if len(inputs) == 1 and X.shape[1] != 1:
            given = {inputs[0].name: X.to_numpy(dtype=_TYPES.get(inputs[0].type, "str"))}
        else:
            given = {part.name: _column(X, place, part.type) for place, part in enumerate(inputs)}
        return session.run([output], given)[0]

    def scores(X: DataFrame) -> ndarray[Any, Any]:
        import numpy

        answers = run(X, shares.name if shares is not None else session.get_outputs()[0].name)
        if isinstance(answers, list):  # a dictionary of label and share for each row
            answers = [list(answer.values()) for answer in answers]
        table: ndarray[Any, Any] = numpy.asarray(answers)
        return table

    if classes is None or shares is not None:
        return as_estimator(scores, classes)
    own = {str(label): place for place, label in enumerate(classes)}

    def numbers(X: DataFrame) -> ndarray[Any, Any]:
        import numpy

        assert labels is not None
        answers: ndarray[Any, Any] = numpy.asarray(run(X, labels.name)).reshape(len(X))
        if labels.type == _TEXT:
            answers = numpy.array([own.get(str(answer), -1) for answer in answers])
        return answers

    return Labels(numbers, classes)


def _column(X: DataFrame, place: int, kind: str) -> ndarray[Any, Any]:
    import numpy

    values = X.iloc[:, place]
    if kind == _TEXT:
        texts: ndarray[Any, Any] = numpy.array([["" if text is None else str(text)] for text in values], dtype=object)
        return texts
    column: ndarray[Any, Any] = values.to_numpy(dtype=_TYPES[kind]).reshape(-1, 1)
    return column


def _outputs(session: Any) -> tuple[int | None, tuple[Label, ...] | None]:
    """Return the number of classes, None for a regression, and the labels where the graph gives them by name."""
    shares, labels = _shares_output(session), _labels_output(session)
    if shares is None and labels is None:
        return None, None
    if shares is not None and shares.type.startswith(_DICTIONARIES):
        keys = _keys(session, shares)
        return len(keys), keys
    width = shares.shape[1] if shares is not None and len(shares.shape) == 2 else None
    return (width if isinstance(width, int) and width > 1 else 2), None


def _keys(session: Any, shares: Any) -> tuple[Label, ...]:
    """Return the labels of a classifier that answers with dictionaries: those of its answer to a row of zeros."""
    import numpy

    given = {}
    for part in session.get_inputs():
        width = part.shape[1] if len(part.shape) == 2 and isinstance(part.shape[1], int) else 1
        fill = "" if part.type == _TEXT else 0
        given[part.name] = numpy.full((1, width), fill, dtype=_TYPES.get(part.type, object))
    (answers,) = session.run([shares.name], given)
    answer: Mapping[Label, float] = answers[0]
    return tuple(answer)


def _shares_output(session: Any) -> Any:
    """Return the output of shares: dictionaries, or a table of floats beside an output of labels; None where there is none."""
    outputs = session.get_outputs()
    for output in outputs:
        if output.type.startswith(_DICTIONARIES):
            return output
    tables = [
        output
        for output in outputs
        if output.type in ("tensor(float)", "tensor(double)") and len(output.shape) == 2 and output.shape[1] != 1
    ]
    wide = [output for output in tables if isinstance(output.shape[1], int)]
    return (wide or (tables if len(outputs) > 1 else []) or [None])[0]


def _labels_output(session: Any) -> Any:
    return next(
        (output for output in session.get_outputs() if output.type in (_TEXT, "tensor(int64)", "tensor(int32)")), None
    )


def _session(data: bytes) -> Any:
    try:
        import onnxruntime
    except ModuleNotFoundError:
        raise ArtifactError("an ONNX model needs the package onnxruntime", "pip install onnxruntime") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # the same sums in the same order, every time
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises types of its own
        raise ArtifactError(
            f"the ONNX model cannot be read: {first_line(error)}", "export it again, in one file without external data"
        ) from None
