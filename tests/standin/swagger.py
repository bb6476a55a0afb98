"""Hold requests and answers to Microsoft's own description of the interface (swagger 2.0), file by file.

Knows what those files use: references across files, allOf, discriminators, enums (compared without case: the service does
not mind), patterns, formats that matter, and additional properties. A property that the description does not know is a fault.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from beside import SHARED

NAME = "azure/azure-rest-api-specs/specification"
ROOT = SHARED / NAME
_RESOURCE_MANAGER = ROOT / "machinelearningservices" / "resource-manager" / "Microsoft.MachineLearningServices"
_TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool}

# Which description is asked for an api-version: its own where it is there, else the nearest that describes the same resources.
_FOLDERS = {
    "2022-02-01-preview": "preview/2022-02-01-preview",
    "2023-04-01-preview": "preview/2023-04-01-preview",
    "2023-06-01-preview": "preview/2023-06-01-preview",
    "2023-04-01": "stable/2023-04-01",
    "2023-08-01-preview": "preview/2023-06-01-preview",
    "2024-01-01-preview": "preview/2023-06-01-preview",
    "2024-10-01-preview": "preview/2023-06-01-preview",
    "2025-01-01-preview": "preview/2023-06-01-preview",
}
EXACT = frozenset({"2022-02-01-preview", "2023-04-01-preview", "2023-06-01-preview", "2023-04-01"})


@cache
def load(path: Path) -> Mapping[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def operations(version: str) -> tuple[tuple[re.Pattern[str], str, Mapping[str, Any], Path], ...]:
    """Every operation of an api-version: a pattern of its path, its method, what it says, and the file that says it."""
    found = []
    for file in sorted((_RESOURCE_MANAGER / _FOLDERS[version]).glob("*.json")):
        for path, methods in load(file).get("paths", {}).items():
            pattern = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)) + r"\Z", re.IGNORECASE)
            for method, operation in methods.items():
                if method != "parameters":
                    found.append((pattern, method.upper(), operation, file))
    return tuple(found)


def find(method: str, path: str, version: str) -> tuple[Mapping[str, Any], Path] | None:
    for pattern, verb, operation, file in operations(version) if version in _FOLDERS else ():
        if verb == method and pattern.match(path):
            return operation, file
    return None


def faults_of_request(method: str, path: str, version: str, body: object) -> list[str]:
    """What is wrong with a request, one sentence each."""
    found = find(method, path, version)
    if found is None:
        return [f"{method} {path} is no operation of {version}"]
    operation, file = found
    for parameter in operation.get("parameters", []):
        parameter, where = _resolve(parameter, file)
        if parameter.get("in") == "body":
            if body is None:
                return ["the body is missing"] if parameter.get("required") else []
            return list(_faults(body, parameter["schema"], where, "body", answer=False))
    return [] if body in (None, {}) else ["a body was sent where none is described"]


def faults_of_answer(method: str, path: str, version: str, status: int, body: object) -> list[str]:
    """What is wrong with an answer, one sentence each; an error is held to the description of errors."""
    found = find(method, path, version)
    if found is None:
        return [f"{method} {path} is no operation of {version}"]
    operation, file = found
    described = operation["responses"].get(str(status)) or (
        operation["responses"].get("default") if status >= 400 else None
    )
    if described is None:
        return [f"status {status} is not described; {', '.join(operation['responses'])} are"]
    described, where = _resolve(described, file)
    if "schema" not in described:
        return []
    return list(_faults(body, described["schema"], where, "answer", answer=True))


def _resolve(schema: Mapping[str, Any], file: Path) -> tuple[Mapping[str, Any], Path]:
    while "$ref" in schema:
        name, _, pointer = schema["$ref"].partition("#")
        file = (file.parent / name).resolve() if name else file
        schema = load(file)
        for part in pointer.strip("/").split("/"):
            schema = schema[part.replace("~1", "/").replace("~0", "~")]
    return schema, file


def _faults(value: Any, schema: Mapping[str, Any], file: Path, at: str, *, answer: bool) -> Iterator[str]:
    schema, file = _resolve(schema, file)
    if value is None:
        if not (answer or schema.get("x-nullable")):
            yield f"{at} is null"
        return
    if "discriminator" in schema:
        schema, file = _concrete(value, schema, file)
    kind = schema.get("type", "object" if "properties" in schema or "allOf" in schema else None)
    if kind and (not isinstance(value, _TYPES[kind]) or (kind in ("integer", "number") and isinstance(value, bool))):
        yield f"{at} is {type(value).__name__} {str(value)[:60]!r}, wanted {kind}"
        return
    if "enum" in schema and str(value).lower() not in {str(choice).lower() for choice in schema["enum"]}:
        extensible = schema.get("x-ms-enum", {}).get("modelAsString")
        if not extensible or not answer:
            yield f"{at} is {value!r}, wanted one of {', '.join(map(str, schema['enum']))}"
    if "pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value):
        yield f"{at} is {value!r}, which does not match {schema['pattern']}"
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _faults(item, schema.get("items", {}), file, f"{at}[{number}]", answer=answer)
    if isinstance(value, dict) and kind == "object":
        yield from _faults_of_object(value, schema, file, at, answer=answer)


def _faults_of_object(
    value: Mapping[str, Any], schema: Mapping[str, Any], file: Path, at: str, *, answer: bool
) -> Iterator[str]:
    properties, required, additional = _members(schema, file)
    for name in required:
        known, where = properties.get(name, ({}, file))
        if name not in value and not _resolve(known, where)[0].get("readOnly"):
            yield f"{at}.{name} is missing"
    for name, item in value.items():
        if name in properties:
            known, where = properties[name]
            yield from _faults(item, known, where, f"{at}.{name}", answer=answer)
        elif additional is None:
            if properties:
                yield f"{at}.{name} is not described"
        elif additional[0]:
            yield from _faults(item, additional[0], additional[1], f"{at}.{name}", answer=answer)


def _members(
    schema: Mapping[str, Any], file: Path
) -> tuple[dict[str, tuple[Mapping[str, Any], Path]], list[str], tuple[Mapping[str, Any], Path] | None]:
    """Properties, required names and what additional properties are, of a schema and all that it is composed of."""
    properties: dict[str, tuple[Mapping[str, Any], Path]] = {}
    required: list[str] = []
    additional = None
    for part in schema.get("allOf", ()):
        found, where = _resolve(part, file)
        inner, needed, more = _members(found, where)
        properties |= inner
        required += needed
        additional = additional or more
    properties |= {name: (known, file) for name, known in schema.get("properties", {}).items()}
    required += schema.get("required", [])
    more = schema.get("additionalProperties")
    if more not in (None, False):
        additional = ({} if more is True else more, file)
    return properties, required, additional


def _concrete(value: Any, schema: Mapping[str, Any], file: Path) -> tuple[Mapping[str, Any], Path]:
    """The schema that the discriminator of a value names; the general one where it names none that is known."""
    tag = value.get(schema["discriminator"]) if isinstance(value, dict) else None
    for candidate, known in load(file)["definitions"].items():
        named = tag is not None and known.get("x-ms-discriminator-value", candidate).lower() == str(tag).lower()
        if named and _descends(known, schema, file):
            return {key: item for key, item in known.items() if key != "discriminator"}, file
    return {key: item for key, item in schema.items() if key != "discriminator"}, file


def _descends(known: Mapping[str, Any], schema: Mapping[str, Any], file: Path) -> bool:
    return any(
        found is schema or _descends(found, schema, file)
        for found, _ in (_resolve(part, file) for part in known.get("allOf", ()))
    )


def unknown_properties(sentences: Sequence[str]) -> list[str]:
    return [sentence for sentence in sentences if sentence.endswith("is not described")]
