"""Make the JSON Schema of ``[tool.gates]`` and ``[tool.ml]`` from the declarations that their readers read by.

``python -m gates.policy.schema FILE`` writes it; `gates policy --schema` prints the one that ships with Gates. Editors that know
taplo or SchemaStore take it for a whole TOML file: other tables are free.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from gates.policy.keys import FILE, GATE, OF_GATE, PER_CHECK, TOP
from gates.policy.records import ASIDE, GATES
from gates.toml_reader import Key, KeyKind

SHIPPED = Path(__file__).with_name("schema.json")
# Where the keys of the work are declared. Named as text: the engine does not import the work.
ML, AZURE = "gates.work.config.settings", "gates.work.backends.azure.settings"

Schema = dict[str, object]
_NUMBER = r"[-+]?[0-9.]+([eE][-+]?[0-9]+)?"
_BOUND = rf"^\s*(>=|<=|==|>|<)\s*{_NUMBER}\s*$|^none$"
_BOUND_OF_ALPHA = rf"{_BOUND}|^\s*(>=|>)\s*(\d*\.?\d+\s*\*?\s*)?alpha\s*$"
_DURATION = r"^\d+(\.\d+)?\s*(s|m|h|d)$"
_TEXTS: Schema = {"type": "array", "items": {"type": "string", "minLength": 1}}
_TYPES: Mapping[KeyKind, Schema] = {
    KeyKind.TEXT: {"type": "string"},
    KeyKind.TEXTS: {**_TEXTS, "uniqueItems": True},
    KeyKind.TEXT_OR_TEXTS: {"anyOf": [{"type": "string", "minLength": 1}, _TEXTS]},
    KeyKind.FLAG: {"type": "boolean"},
    KeyKind.WHOLE: {"type": "integer"},
    KeyKind.WHOLES: {"type": "array", "items": {"type": "integer"}},
    KeyKind.NUMBER: {"type": "number"},
    KeyKind.DURATION: {"type": "string", "pattern": _DURATION},
    KeyKind.DATE: {"type": "string", "format": "date"},
    KeyKind.SCALARS: {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}},
    KeyKind.TABLE: {"type": "object"},
    KeyKind.TABLES: {"type": "array", "items": {"type": "object"}},
}


def build_schema(ml: Sequence[Key], azure: Sequence[Key]) -> Schema:
    """Return the schema of a TOML file with ``[tool.gates]`` and ``[tool.ml]``.

    ``ml`` and ``azure`` declare the keys of ``[tool.ml]`` and ``[tool.ml.azure]``. What a policy may take from another that it
    extends is not required.
    """
    gates = _table(TOP, "The policy: what has to hold before a model is promoted.", required=False)
    properties = cast(Schema, gates["properties"])
    properties |= {gate: _gate(gate) for gate in (*GATES, *ASIDE)}
    of_ml = _table(ml, "The work being gated.")
    cast(Schema, of_ml["properties"])["azure"] = _table(azure, "Where the work is done on Azure.", required=False)
    tool = {"type": "object", "properties": {"gates": gates, "ml": of_ml}}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "urn:gates:policy",
        "title": "Gates: [tool.gates] and [tool.ml] of a pyproject.toml or a policy file",
        "type": "object",
        "properties": {"tool": tool},
    }


def read_declared() -> tuple[Sequence[Key], Sequence[Key]]:
    """Return the keys that the work declares for ``[tool.ml]`` and ``[tool.ml.azure]``."""
    return tuple(cast(Sequence[Key], importlib.import_module(name).KEYS) for name in (ML, AZURE))  # type: ignore[return-value]


def render_schema() -> str:
    """Return the schema as it is shipped."""
    return json.dumps(build_schema(*read_declared()), indent=1, ensure_ascii=False) + "\n"


def _table(keys: Sequence[Key], about: str, *, required: bool = True) -> Schema:
    needed = [key.name for key in keys if key.required] if required else []
    return {
        "type": "object",
        "description": about,
        "properties": {key.name: _key(key) for key in keys},
        **({"required": needed} if needed else {}),
        "additionalProperties": False,
    }


def _key(key: Key) -> Schema:
    schema = dict(_TYPES[key.kind])
    if key.keys:
        inner = _table(key.keys, key.about)
        schema = {**schema, "items": inner} if key.kind is KeyKind.TABLES else inner
    if key.blank:
        schema["items"] = {"type": "string"}
    if key.word:
        schema = {"anyOf": [{"const": key.word}, schema]}
    if key.kind is KeyKind.TEXT:
        schema |= (
            {"enum": list(key.choices)} if key.choices else {"pattern": f"^(?:{key.pattern})$"} if key.pattern else {}
        )
    limits = {"minimum": key.least, "maximum": key.most, "exclusiveMinimum": key.above, "exclusiveMaximum": key.below}
    numbers = {word: limit for word, limit in limits.items() if limit is not None}
    if key.kind is KeyKind.WHOLES:
        schema["items"] = {"type": "integer", **numbers}
    else:
        schema |= numbers
    default = list(key.default) if isinstance(key.default, tuple) else key.default
    return {"description": key.about, **schema, **({} if default is None else {"default": default})}


def _gate(gate: str) -> Schema:
    schema = _table(OF_GATE.get(gate, GATE), f"The {gate} gate.", required=False)
    checks = {"type": "object", "description": "The checks in the old, flat form; gates migrate-policy rewrites it."}
    cast(Schema, schema["properties"])["checks"] = checks
    bound: Schema = {"type": "string", "pattern": _BOUND_OF_ALPHA if gate == "nightly" else _BOUND}
    return {**schema, "patternProperties": {r"\.py$": _file(bound)}}


def _file(bound: Schema) -> Schema:
    file = _table(FILE, "What one file of the suite has to show.")
    apart = {key.name: _per_check(key) for key in PER_CHECK}
    properties = cast(dict[str, Schema], file["properties"])
    for name, schema in apart.items():
        properties[name] = {**properties[name], "additionalProperties": schema}
    check = {"type": "object", "properties": apart, "additionalProperties": bound}
    properties["thresholds"] = {**properties["thresholds"], "additionalProperties": check}
    return file


def _per_check(key: Key) -> Schema:
    word: Schema = {"type": "string", "enum": list(key.choices)}
    if key.kind is KeyKind.TEXT_OR_TEXTS:
        return {"description": key.about, "anyOf": [word, {"type": "array", "items": word}]}
    return {"description": key.about, **word}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the schema to the file that the one argument names."""
    (file,) = sys.argv[1:] if arguments is None else arguments
    Path(file).write_text(render_schema(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
