"""Write tables as TOML, which the standard library reads and does not write."""

from __future__ import annotations

import json
from collections.abc import Mapping


def write_toml(tables: Mapping[str, object]) -> str:
    """Return tables of plain values as a TOML document that reads back equal; below three levels, tables are written inline."""
    lines: list[str] = []
    _write(tables, (), lines)
    return "\n".join([*lines, ""])


def _write(table: Mapping[str, object], path: tuple[str, ...], lines: list[str]) -> None:
    """Add the lines of a table. Three levels of sections are enough for ``[tool.gates.data]``; deeper tables are on one line."""
    if path:
        lines.append(f"[{'.'.join(map(_text, path))}]")
    inner = {key: value for key, value in table.items() if isinstance(value, Mapping) and len(path) < 3}
    lines += [f"{_text(key)} = {_value(value)}" for key, value in table.items() if key not in inner]
    for key, value in inner.items():
        assert isinstance(value, Mapping)
        _write(value, (*path, key), lines)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_text(key)} = {_value(entry)}" for key, entry in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return str(value)  # numbers, inf, nan, and dates read back as they print


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=True).replace("\x7f", "\\u007f")
