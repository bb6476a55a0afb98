"""A suite as a file that a person can read, edit and review.

JSON with ``"schema": 1``. Columns with whole-number names that follow each other may be written as one: ``"0..127"`` stands for
128 columns, in lists and as a key. The rule it protects: a slip of the pen must not switch an expectation off, so unknown
expectations, unknown keys and values of the wrong type are refused with a sentence.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from gates.extras import EXPECTATIONS, require
from gates.measures.data.column_ranges import collapse_keys, collapse_list, expand_keys, expand_list

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.expectations.expectation import Expectation

SCHEMA = 1
BY_COLUMN = ("kinds", "seen", "ranges", "categories", "seen_once", "counts", "known", "at_most")
OF_COLUMNS = ("columns", "column_set", "ignore")
_SHORT = 100  # a JSON value shorter than this stays on one line


class SuiteFileError(ValueError):
    """Say why a suite file cannot be used: what was found, what was wanted, where."""


def write_suite(suite: ExpectationSuite, path: Path) -> None:
    """Write ``suite`` to ``path``; `read_suite` gives the same suite back."""
    expectations = []
    for expectation in suite.expectations:
        kwargs = {key: value for key, value in expectation.configuration.kwargs.items() if key != "batch_id"}
        expectations.append(
            {"type": expectation.configuration.type, **{key: _collapse(key, kwargs[key]) for key in kwargs}}
        )
    document = {"schema": SCHEMA, "name": suite.name, "expectations": expectations}
    path.write_text(_lay_out(document, 0) + "\n", encoding="utf-8")


def read_suite(path: Path) -> ExpectationSuite:
    """Read a suite. Raises `SuiteFileError`, and `MissingExtra` without Great Expectations."""
    try:
        document = json.loads(
            path.read_text(encoding="utf-8"), object_pairs_hook=_once, parse_constant=_refuse_constant
        )
    except FileNotFoundError:
        raise SuiteFileError(f"{path} does not exist; write one with gates.measures.data.profile.write") from None
    except (OSError, ValueError, RecursionError) as error:
        raise SuiteFileError(f"{path} cannot be read as JSON: {error}") from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        schema = document.get("schema") if isinstance(document, dict) else type(document).__name__
        raise SuiteFileError(f'{path} has schema {schema!r}; wanted a JSON object with "schema": {SCHEMA}')
    if strange := set(document) - {"schema", "name", "expectations", "notes"}:
        raise SuiteFileError(f"{path} has the unknown keys {sorted(strange)}; legal: schema, name, notes, expectations")
    entries = document.get("expectations")
    if not isinstance(entries, list) or not entries:
        raise SuiteFileError(f"{path} holds no expectations; a suite without any would accept everything")
    require("a suite of expectations", EXPECTATIONS)
    from great_expectations import ExpectationSuite

    expectations = [_expectation(entry, f"{path}, expectation {place}") for place, entry in enumerate(entries, 1)]
    return ExpectationSuite(name=str(document.get("name") or path.stem), expectations=expectations)


def _expectation(entry: object, where: str) -> Expectation:
    from great_expectations.compatibility.pydantic import ValidationError
    from great_expectations.expectations.registry import (
        get_expectation_impl,
        list_registered_expectation_implementations,
    )

    import gates.measures.data.expectations  # noqa: F401  (registers ours)

    if not isinstance(entry, dict) or not isinstance(entry.get("type"), str):
        raise SuiteFileError(f'{where} has no "type"; wanted an object like {{"type": "expect_finite_numbers"}}')
    kind = entry["type"]
    known = list_registered_expectation_implementations()
    if kind not in known:
        from difflib import get_close_matches

        near = get_close_matches(kind, known, n=1)
        raise SuiteFileError(
            f"{where} is of the unknown type {kind!r}" + (f"; did you mean {near[0]!r}?" if near else "")
        )
    try:
        kwargs = {key: _expand(key, value) for key, value in entry.items() if key != "type"}
        expectation: Expectation = get_expectation_impl(kind)(**kwargs)
    except (ValidationError, TypeError, ValueError) as error:
        faults = "; ".join(f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()) if (
            isinstance(error, ValidationError)
        ) else str(error)  # fmt: skip
        raise SuiteFileError(f"{where}, {kind}: {faults}") from None
    return expectation


def _expand(key: str, value: object) -> object:
    if key in BY_COLUMN and isinstance(value, dict):
        value = expand_keys(value)
        return {name: expand_list(inner) for name, inner in value.items()} if key == "categories" else value
    return expand_list(value) if key in OF_COLUMNS and isinstance(value, list) else value


def _collapse(key: str, value: object) -> object:
    if key in BY_COLUMN and isinstance(value, dict):
        plain = {name: list(inner) if isinstance(inner, tuple) else inner for name, inner in value.items()}
        if key == "categories":
            plain = {name: collapse_list(inner) for name, inner in plain.items()}
        return collapse_keys(plain)
    return collapse_list(list(value)) if key in OF_COLUMNS and isinstance(value, (list, tuple, set)) else value


def _lay_out(value: object, depth: int) -> str:
    """JSON with short values on one line, so that a column is a line and a review shows what changed."""
    flat = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if not isinstance(value, (dict, list)) or (len(flat) + depth <= _SHORT and depth > 0):
        return flat
    inner = [
        f"{json.dumps(key, ensure_ascii=False)}: {_lay_out(part, depth + 1)}" for key, part in value.items()
    ] if isinstance(value, dict) else [_lay_out(part, depth + 1) for part in value]  # fmt: skip
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    pad = "  " * (depth + 1)
    return f"{opening}\n{pad}" + f",\n{pad}".join(inner) + f"\n{'  ' * depth}{closing}"


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _ in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SuiteFileError(f"the keys {twice} stand twice in one object; the second would silently win")
    return dict(pairs)


def _refuse_constant(name: str) -> object:
    raise SuiteFileError(f"{name} is no JSON number")
