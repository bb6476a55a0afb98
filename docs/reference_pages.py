"""Write the pages of docs/reference that are made from the code: every key, command and fixture.

``python docs/reference_pages.py [FOLDER]`` writes them, by default beside this file; a test holds the pages to what it would write.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
MADE = "<!-- Made by `python docs/reference_pages.py`. Do not edit. -->"


def write_pages(folder: Path) -> None:
    """Write every generated page into ``folder``, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in {"configuration": configuration(), "commands": commands(), "fixtures": fixtures()}.items():
        (folder / f"{name}.md").write_text("\n".join([*lines, ""]), encoding="utf-8")


def configuration() -> Iterator[str]:
    """Every key of ``[tool.ml]`` and ``[tool.gates]``, from the JSON Schema that ships with Gates."""
    schema = json.loads((ROOT / "gates/policy/schema.json").read_text(encoding="utf-8"))
    tables = schema["properties"]["tool"]["properties"]
    yield from ("# Configuration", "", MADE, "")
    yield "Gates reads `[tool.gates]` and `[tool.ml]` of `gates.toml` or `pyproject.toml`. An unknown key and a value of another type are refused,"
    yield "each with the nearest key that exists. `gates policy --schema` prints the JSON Schema for editors, `gates policy` the effective policy with the"
    yield "origin of each line."
    for name, about in (("ml", tables["ml"]), ("gates", tables["gates"])):
        yield from _table(f"tool.{name}", about, 2)


def _table(path: str, schema: Mapping, level: int) -> Iterator[str]:
    inner = []
    yield from ("", f"{'#' * level} `[{path}]`", "", schema.get("description", ""), "", "| key | type | default | meaning |")
    yield "| --- | --- | --- | --- |"
    needed = set(schema.get("required", ()))
    for key, value in schema.get("properties", {}).items():
        default = "required" if key in needed else _code(value["default"]) if "default" in value else ""
        yield f"| `{key}` | {_type(value)} | {default} | {_cell(value.get('description', ''))} |"
        items = value.get("items", {}) if value.get("type") == "array" else value
        if isinstance(items, dict) and items.get("properties"):
            inner.append((f"{path}.{key}", items))
    for pattern, value in schema.get("patternProperties", {}).items():
        file = f'{path}."test_*.py"'
        yield f"| `{_cell(pattern)}` | table | | a file of the suite, see `[{file}]` |"
        inner.append((file, value))
    for name, value in inner:
        yield from _table(name, value, min(level + 1, 4))


def _type(value: Mapping) -> str:
    if "enum" in value:
        return " or ".join(_code(one) for one in value["enum"])
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(_type(one) for one in value["anyOf"]))
    words = {"object": "table", "string": "text", "integer": "whole number", "boolean": "true or false", "array": "list"}
    word = words.get(value.get("type", ""), value.get("type", ""))
    limits = (("minimum", ">="), ("exclusiveMinimum", ">"), ("maximum", "<="), ("exclusiveMaximum", "<"))
    bounds = ", ".join(f"{sign} {value[key]}" for key, sign in limits if key in value)
    return f"{word} {bounds}".strip()


def commands() -> Iterator[str]:
    """The help text of every command, from the parsers themselves."""
    os.environ["COLUMNS"] = "100"
    from gates.cli import build_parser

    parser = build_parser()
    yield from ("# Commands", "", MADE, "", *_help(parser))
    yield from _inner(parser, "gates", 2)


def _inner(parser: argparse.ArgumentParser, name: str, level: int) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, child in action.choices.items():
                yield from ("", f"{'#' * level} {name} {word}", "", *_help(child))
                yield from _inner(child, f"{name} {word}", level + 1)


def _help(parser: argparse.ArgumentParser) -> Iterator[str]:
    yield from ("```text", parser.format_help().rstrip(), "```")


def fixtures() -> Iterator[str]:
    """Every fixture that a check may take, with its type and its description, from the source."""
    yield from ("# Fixtures", "", MADE, "")
    yield "A check takes these as arguments. They are loaded where a gate's suite is collected, and nowhere else; a conftest.py of the project overrides them."
    files = [ROOT / "gates/plugin/fixtures.py", *sorted((ROOT / "gates/fixtures").glob("*.py"))]
    for file in files:
        rows = list(_fixtures_of(file))
        if rows:
            yield from ("", f"## `{file.relative_to(ROOT).as_posix()}`", "", "| fixture | gives | scope | description |", "| --- | --- | --- | --- |", *rows)


def _fixtures_of(file: Path) -> Iterator[str]:
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        marks = [ast.unparse(mark) for mark in node.decorator_list] if isinstance(node, ast.FunctionDef) else []
        mark = next((mark for mark in marks if mark.startswith("pytest.fixture")), None)
        if mark is None or not isinstance(node, ast.FunctionDef):
            continue
        scope = "session" if "session" in mark else "check"
        about = " ".join((ast.get_docstring(node) or "").split())
        gives = f"`{_cell(ast.unparse(node.returns))}`" if node.returns else "see there"
        yield f"| `{node.name}` | {gives} | {scope} | {_cell(about)} |"


def _code(value: object) -> str:
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("``", "`")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "reference")
