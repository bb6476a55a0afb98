"""Write policies as TOML: the effective one with the origin of each line, or one file's own tables in the nested form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from gates.policy.layers import PER_CHECK, Effective, as_table, is_file_key, texts_of

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
_SURROGATES = re.compile(r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\x7f")
_WIDTH = 60  # a line's text is filled up to here before the origin follows

Tables = Mapping[str, object]
Path = tuple[str, ...]


def render_effective(effective: Effective) -> str:
    """Return the effective ``[tool.gates]`` and ``[tool.ml]`` as TOML that reads back equal, the origin behind each value."""
    lines: list[str] = []
    for header, path, table in _sections(effective):
        lines += ["", header]
        for text, place in _values(table, path, ()):
            origin = _origin(effective, place)
            lines.append(f"{text:{_WIDTH}}  # {origin}" if origin else text)
    return "\n".join([*lines[1:], ""])


def render_nested(gates: Tables) -> str:
    """Return one file's own ``[tool.gates]`` in the nested form, as a person would write it."""
    lines = ["[tool.gates]", *_plain(gates)]
    for key, value in gates.items():
        if not isinstance(value, dict):
            continue
        if own := _plain(value):
            lines += ["", f"[tool.gates.{write_key(key)}]", *own]
        for inner, entry in value.items():
            if isinstance(entry, dict):
                lines += ["", f"[tool.gates.{write_key(key)}.{write_key(inner)}]"]
                lines += _file(entry) if is_file_key(inner) else _plain(entry, inline=True)
    return "\n".join([*lines, ""])


def write_value(value: object) -> str:
    """Return a plain value as TOML: a text, number, date, flag, list or inline table."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{write_key(key)} = {write_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(write_value, value)) + "]"
    return str(value)  # numbers, inf, nan and dates read back as they print


def write_key(key: str) -> str:
    """Return a key as TOML, in quotes where it needs them."""
    return key if _BARE.match(key) else _text(key)


def _text(text: str) -> str:
    """Return a TOML string. JSON's escapes are TOML's, except for pairs of surrogates and DEL."""
    return _SURROGATES.sub(
        lambda match: json.loads(f'"{match[0]}"') if match[0] != "\x7f" else "\\u007f", json.dumps(text)
    )


def _sections(effective: Effective) -> Iterator[tuple[str, Path, Tables]]:
    gates = effective.gates
    yield "[tool.gates]", (), {key: value for key, value in gates.items() if not isinstance(value, dict)}
    for gate, table in gates.items():
        if not isinstance(table, dict):
            continue
        own = {key: value for key, value in table.items() if not is_file_key(key)}
        yield f"[tool.gates.{write_key(gate)}]", (gate,), own
        for label, file in table.items():
            if is_file_key(label) and isinstance(file, dict):
                yield f"[tool.gates.{write_key(gate)}.{write_key(label)}]", (gate, label), file
    if "ml" in effective.tool:
        yield "[tool.ml]", ("ml",), as_table(effective.tool["ml"])


def _values(table: Tables, path: Path, keys: Path) -> Iterator[tuple[str, Path]]:
    """Yield one line for each value, with dotted keys; a list of checks has a line for each check."""
    for key, value in table.items():
        dotted, place = (*keys, write_key(key)), (*path, key)
        if isinstance(value, dict) and value and path[:1] != ("ml",):
            yield from _values(value, place, dotted)
        elif len(path) == 2 and key in ("invariants", "without") and texts_of(value):
            yield f"{'.'.join(dotted)} = [", ()
            yield from ((f"    {write_value(name)},", (*place, name)) for name in texts_of(value))
            yield "]", ()
        else:
            yield f"{'.'.join(dotted)} = {write_value(value)}", place


def _origin(effective: Effective, place: Path) -> str:
    """Return where a value came from; of a list or table, where the nearest part of it did."""
    if place[:1] == ("ml",):
        return effective.source.name
    return effective.origins.get(place, "")


def _plain(table: Tables, *, inline: bool = False) -> list[str]:
    return [
        f"{write_key(key)} = {write_value(value)}"
        for key, value in table.items()
        if inline or not isinstance(value, dict)
    ]


def _file(table: Tables) -> list[str]:
    """Return the lines of a suite file's table, with each check's other keys beside its thresholds."""
    thresholds = as_table(table.get("thresholds"))
    lines = []
    for key, value in table.items():
        if key == "thresholds":
            for check, bounds in thresholds.items():
                apart = {k: as_table(table.get(k))[check] for k in PER_CHECK if check in as_table(table.get(k))}
                entry = {**bounds, **apart} if isinstance(bounds, dict) else bounds
                lines.append(f"thresholds.{write_key(check)} = {write_value(entry)}")
        elif key in PER_CHECK and isinstance(value, dict):
            lines += [
                f"{key}.{write_key(check)} = {write_value(one)}"
                for check, one in value.items()
                if check not in thresholds
            ]
        elif len(names := texts_of(value)) > 3:
            lines += [f"{key} = [", *(f"    {write_value(name)}," for name in names), "]"]
        else:
            lines.append(f"{key} = {write_value(value)}")
    return lines
