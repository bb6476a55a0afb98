"""Answer scoring requests: refuse what is not a sound request with a sentence, and never let bad input look like a
broken server.

A request holds ``data``, a list of rows: each a list of values in the model's own order, or a record by column name. A date is a
text in ISO 8601.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from gates.documents import read_json, write_json
from gates.toml_reader import listed, nearest
from gates.work.data.raw_columns import is_iso_date, most_characters
from gates.work.errors import ArtifactError, EndpointError
from gates.work.model.artifact import LoadedModel, load, read_signature
from gates.work.records import Feature, Identity, ModelSignature, Value

if TYPE_CHECKING:
    from pandas import DataFrame

MODEL_FILE = "model.skops"
IDENTITY_FILE = "identity.json"
_SCHEMA = 1
LARGEST_BODY = 1 << 28  # bytes of free text in one request
LARGEST_NUMBER = 3.4e38  # scikit-learn's trees compute in float32


class BadRequest(Exception):
    """Say that the request cannot be answered; the sentence says what was found and what was wanted."""


class Scorer:
    """Answer requests with a loaded model, up to ``max_rows`` rows each."""

    def __init__(self, model: LoadedModel, identity: Identity, max_rows: int) -> None:
        self.model = model
        self.identity = identity
        self.max_rows = max_rows

    @property
    def largest_body(self) -> int:
        """Return how many bytes the largest legal request can have: 40 for each number, and its column name.

        With free text at most `LARGEST_BODY`: very long texts go in requests of fewer rows.
        """
        rows = self.max_rows * sum(
            6 * len(feature.name) + 40 + 6 * max(map(len, feature.categories), default=0)
            for feature in self.model.signature.features
        )
        texts = self.max_rows * sum(
            12 * most_characters(feature) for feature in self.model.signature.features if feature.kind == "text"
        )
        return 4096 + rows + min(texts, LARGEST_BODY)

    def answer(self, data: object, probabilities: object = False) -> dict[str, object]:
        """Return ``{"result": [...], "model": {...}}`` for the rows of ``data``.

        With ``probabilities`` true also ``probabilities`` (rows x classes) and ``classes``. Raises `BadRequest`.
        """
        import numpy

        if not isinstance(probabilities, bool):
            raise BadRequest(f"probabilities is {_called(probabilities)}; wanted true or false")
        if probabilities and not self.model.signature.probabilities:
            raise BadRequest("this model has no probabilities; ask without them")
        frame = frame_of(data, self.model.signature, self.max_rows)
        with numpy.errstate(over="ignore", invalid="ignore"):
            result = self.model.predict(frame)
            shares = self.model.predict_proba(frame) if probabilities else None
        for values in (result, shares):
            if values is not None and values.dtype.kind == "f" and not numpy.isfinite(values).all():
                raise BadRequest("the model has no finite answer for these values; are they in the right unit?")
        identity = {"name": self.identity.name, "version": self.identity.version, "digest": self.identity.digest}
        answer: dict[str, object] = {"result": result.tolist(), "model": identity}
        if shares is not None:
            answer |= {"probabilities": shares.tolist(), "classes": list(self.model.classes or ())}
        return answer


def open_scorer(folder: Path) -> Scorer:
    """Load the model in ``folder``, verified against the identity beside it. Raises `ArtifactError` or `EndpointError`."""
    home = _locate(folder)
    try:
        content = cast(dict[str, Any], read_json((home / IDENTITY_FILE).read_bytes()))
        if content["schema"] != _SCHEMA:
            raise ValueError(f"it has schema {content['schema']!r}, this version reads {_SCHEMA}")
        identity = Identity(str(content["name"]), content["version"], str(content["digest"]))
        max_rows, trusted = int(content["max_rows"]), [str(name) for name in content["trusted_types"]]
        loader = str(content.get("loader", ""))  # a deployment of an earlier version names none
        trust_pickle = str(content.get("trust_pickle", ""))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise EndpointError(f"{IDENTITY_FILE} cannot be read: {error}", "deploy the model again") from None
    model = load(home / MODEL_FILE, identity.digest, trusted=trusted, loader=loader, trust_pickle=trust_pickle)
    return Scorer(model, identity, max_rows)


def write_identity(
    folder: Path,
    identity: Identity,
    *,
    max_rows: int,
    trusted: Sequence[str] = (),
    loader: str = "",
    trust_pickle: str = "",
) -> None:
    """Say which model lies in ``folder``, how many rows a request may have, which further types it may hold, and what reads it.

    ``loader`` is the project's function (``module:function``) for a model that nothing else reads, ``trust_pickle`` why one
    that is a pickle may be read.
    """
    content = {"schema": _SCHEMA, "name": identity.name, "version": identity.version, "digest": identity.digest}
    limits = {"max_rows": max_rows, "trusted_types": list(trusted), "loader": loader, "trust_pickle": trust_pickle}
    write_json(folder / IDENTITY_FILE, {**content, **limits})


def example(folder: Path) -> list[list[Value]]:
    """Return one row of the right width for the API description; of width one where no model can be read yet."""
    try:
        signature = read_signature(_locate(folder) / MODEL_FILE)
    except (ArtifactError, EndpointError):
        return [[0.0]]
    return [[_EXAMPLES.get(feature.kind, 0.0) for feature in signature.features]]


_EXAMPLES: Mapping[str, str] = {"category": "text", "text": "text", "date": "2026-01-31"}
_TEXTS = tuple(_EXAMPLES)  # the kinds whose cells are texts


def _locate(folder: Path) -> Path:
    """The folder that holds the model: cloud services put a registered folder one level deeper."""
    folders = sorted(path.parent for path in folder.resolve().rglob(MODEL_FILE))
    if len(folders) != 1:
        raise EndpointError(
            f"{len(folders)} files named {MODEL_FILE} are under the model folder, wanted 1", "deploy the model again"
        )
    return folders[0]


def frame_of(data: object, signature: ModelSignature, max_rows: int) -> DataFrame:
    """Read the rows of a request as a DataFrame in the model's order. Raises `BadRequest`."""
    import pandas

    if not isinstance(data, list):
        raise BadRequest(f"data is {_called(data)}; wanted a list of rows")
    if not data:
        raise BadRequest("data holds no rows; wanted at least one")
    if len(data) > max_rows:
        raise BadRequest(f"data holds {len(data)} rows; at most {max_rows} are taken at once")
    read = read_record if isinstance(data[0], dict) else _from_list
    rows = [read(row, position, signature) for position, row in enumerate(data)]
    texts = {feature.name for feature in signature.features if feature.kind in _TEXTS}
    columns = pandas.Index(signature.names, dtype=object)
    if not texts:
        return pandas.DataFrame(rows, columns=columns, dtype="float64")
    frame = pandas.DataFrame(rows, columns=columns, dtype=object)
    return frame.astype({name: "float64" for name in columns if name not in texts})


def _from_list(row: object, position: int, signature: ModelSignature) -> list[Value]:
    if not isinstance(row, list):
        raise BadRequest(
            f"row {position} is {_called(row)}; wanted a list of {len(signature.features)} values, like the rows before it"
        )
    if len(row) != len(signature.features):
        raise BadRequest(
            f"row {position} has {len(row)} values; wanted {len(signature.features)}, one for each feature"
        )
    return [_cell(value, feature, position) for value, feature in zip(row, signature.features, strict=True)]


def read_record(row: object, position: int, signature: ModelSignature) -> list[Value]:
    """Return the values of one record by column name, in the model's order; ``position`` counts the rows from 0.

    Raises `BadRequest`.
    """
    if not isinstance(row, dict):
        raise BadRequest(f"row {position} is {_called(row)}; wanted a record by column name, like the rows before it")
    record = cast(Mapping[str, object], row)
    names = signature.names
    absent = [name for name in names if name not in record]
    if absent:
        raise BadRequest(f"row {position} lacks {len(absent)} of {len(names)} columns: {listed(absent)}")
    if len(record) > len(names):
        unknown = [name for name in record if name not in set(names)]
        raise BadRequest(
            f"row {position} has {len(unknown)} unknown columns: {listed(unknown)}{nearest(unknown[0], names)}"
        )
    return [_cell(record[feature.name], feature, position) for feature in signature.features]


def _cell(value: object, feature: Feature, position: int) -> Value:
    place = f"column {feature.name!r} of row {position}"
    if value is None:
        if feature.nullable:
            return None if feature.kind in _TEXTS else math.nan
        raise BadRequest(f"{place} is null; the model never saw it missing")
    if feature.kind in _TEXTS:
        return _text_cell(value, feature, place)
    if isinstance(value, bool):
        if feature.kind == "boolean":
            return float(value)
    elif isinstance(value, int | float):
        if feature.kind == "boolean" and value not in (0, 1):
            raise BadRequest(f"{place} is {_called(value)}; wanted true or false")
        if not abs(value) <= LARGEST_NUMBER:
            raise BadRequest(f"{place} is {_called(value)}; wanted a finite number up to {LARGEST_NUMBER:g}")
        return float(value)
    raise BadRequest(
        f"{place} is {_called(value)}; wanted {'true or false' if feature.kind == 'boolean' else 'a number'}"
    )


def _text_cell(value: object, feature: Feature, place: str) -> str:
    """The text of a category, of free text or of a date; a text of any length would be work of any length."""
    if feature.kind == "date":
        if isinstance(value, str) and is_iso_date(value):
            return value
        raise BadRequest(
            f"{place} is {_called(value)}; wanted a date in ISO 8601 like 2026-01-31 or 2026-01-31T08:30:00Z"
        )
    if not isinstance(value, str):
        raise BadRequest(f"{place} is {_called(value)}; wanted a text")
    if feature.kind == "text" and len(value) > most_characters(feature):
        raise BadRequest(f"{place} has {len(value):,} characters; at most {most_characters(feature):,} are taken")
    return value


def fits(value: object, feature: Feature) -> bool:
    """Return whether a cell of free text or of a date is one that a request may hold, a missing one included."""
    if value is None:
        return True
    try:
        _text_cell(value, feature, "")
    except BadRequest:
        return False
    return True


def _called(value: object) -> str:
    """A value as a sentence can show it, whatever it is and however long."""
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return f"the number {value}" if isinstance(value, float) or abs(value) < 10**18 else "a huge number"
    return "a list" if isinstance(value, list) else "an object" if isinstance(value, dict) else type(value).__name__
