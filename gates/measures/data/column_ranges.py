"""Runs of columns with whole-number names in short form: ``"0..127"`` for 128 columns, in lists and as keys."""

from __future__ import annotations

import re
from collections.abc import Mapping

_RUN = re.compile(r"(0|[1-9]\d{0,5})\.\.(0|[1-9]\d{0,5})\Z")
_NUMBER = re.compile(r"(0|[1-9]\d{0,5})\Z")


def expand(word: str) -> list[str]:
    """Return ``["2", "3", "4"]`` for ``"2..4"``; any other word, and a run that goes backwards, stands for itself."""
    run = _RUN.match(word)
    if run is None or int(run[1]) > int(run[2]):
        return [word]
    return [str(number) for number in range(int(run[1]), int(run[2]) + 1)]


def expand_list(words: object) -> object:
    """Return a list with every entry expanded; what is no list stays as it is."""
    if not isinstance(words, list):
        return words
    return [name for word in words for name in (expand(word) if isinstance(word, str) else [word])]


def expand_keys(table: Mapping[str, object]) -> dict[str, object]:
    """Return a table with every key expanded, each with the same value. Raises `ValueError` for a key given twice."""
    expanded: dict[str, object] = {}
    for word, value in table.items():
        for name in expand(word):
            if name in expanded:
                raise ValueError(f"column {name!r} is spoken of twice, the second time by {word!r}")
            expanded[name] = value
    return expanded


def collapse_list(names: object) -> object:
    """Return a list with runs of three and more written short: the inverse of `expand_list`."""
    if not isinstance(names, list):
        return names
    return [word for run in _runs([str(name) for name in names], [None] * len(names)) for word in _write(run)]


def collapse_keys(table: Mapping[str, object]) -> dict[str, object]:
    """Return a table in which neighbours with equal values share a key: the inverse of `expand_keys`."""
    return {word: table[run[0]] for run in _runs([*table], [*table.values()]) for word in _write(run)}


def _runs(names: list[str], values: list[object]) -> list[list[str]]:
    runs: list[list[str]] = []
    for place, name in enumerate(names):
        follows = place > 0 and values[place] == values[place - 1] and _follows(names[place - 1], name)
        if follows:
            runs[-1].append(name)
        else:
            runs.append([name])
    return runs


def _follows(before: str, name: str) -> bool:
    return bool(_NUMBER.match(before) and _NUMBER.match(name)) and int(name) == int(before) + 1


def _write(run: list[str]) -> list[str]:
    return [f"{run[0]}..{run[-1]}"] if len(run) > 2 else run
