"""Write tables as TOML, which the standard library reads and does not write."""

from __future__ import annotations

from collections.abc import Mapping

from gates.policy.rendering import write_key, write_value


def write_toml(tables: Mapping[str, object]) -> str:
    """Return tables of plain values as a TOML document that reads back equal; below three levels, tables are written inline."""
    lines: list[str] = []
    _write(tables, (), lines)
    return "\n".join([*lines, ""])


def _write(table: Mapping[str, object], path: tuple[str, ...], lines: list[str]) -> None:
    """Add the lines of a table. Three levels of sections are enough for ``[tool.gates.data]``; deeper tables are on one line."""
    if path:
        lines.append(f"[{'.'.join(map(write_key, path))}]")
    inner = {key: value for key, value in table.items() if isinstance(value, Mapping) and len(path) < 3}
    lines += [f"{write_key(key)} = {write_value(value)}" for key, value in table.items() if key not in inner]
    for key, value in inner.items():
        assert isinstance(value, Mapping)
        _write(value, (*path, key), lines)
