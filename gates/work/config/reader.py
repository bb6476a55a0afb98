"""Take typed values out of a configuration table; what is wrong is kept as a sentence, so that all of it is told at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from gates.work.config.spelling import listed, nearest
from gates.work.records import Value


class Reader:
    """Takes typed values out of the table called ``section``, and keeps a sentence for each that is wrong."""

    def __init__(self, table: Mapping[str, object], keys: tuple[str, ...], section: str = "tool.ml") -> None:
        self._table = table
        self._keys = keys
        self._section = section
        self.faults: list[str] = []

    def fault(self, key: str, found: str, wanted: str) -> None:
        self.faults.append(f"[{self._section}] {key} {found}; wanted {wanted}")

    def refuse_unknown(self) -> None:
        for key in self._table:
            if key not in self._keys:
                self.faults.append(
                    f"[{self._section}] {key} is not a known key; known are {', '.join(self._keys)}{nearest(key, self._keys)}"
                )

    def text(self, key: str, default: str = "", *, wanted: str, pattern: re.Pattern[str] | None = None) -> str:
        value = self._table.get(key, default)
        if key not in self._table and not default:
            self.fault(key, "is missing", wanted)
        elif not isinstance(value, str) or not value.strip() or (pattern and not pattern.match(value)):
            self.fault(key, f"is {value!r}", wanted)
        else:
            return value
        return default

    def optional(self, key: str) -> str | None:
        return self.text(key, wanted="a text") if key in self._table else None

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        value = self._table.get(key)
        if value in choices:
            return str(value)
        spelling = nearest(value, choices) if isinstance(value, str) else ""
        self.fault(key, "is missing" if value is None else f"is {value!r}", " or ".join(map(repr, choices)) + spelling)
        return choices[0]

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self.fault(key, f"is {value!r}", 'a list of texts, like ["a", "b"]')
            return ()
        repeated = sorted({item for item in value if value.count(item) > 1})
        if repeated:
            self.fault(key, f"lists {listed(map(repr, repeated))} more than once", "each entry once")
        return tuple(value)

    def whole(self, key: str, default: int, *, least: int) -> int:
        wanted = f"a whole number of at least {least}"
        return int(self._checked(key, default, lambda value: isinstance(value, int) and value >= least, wanted))

    def number(self, key: str, default: float, *, above: float, below: float) -> float:
        wanted = f"a number above {above:g}" + (f" and below {below:g}" if below != float("inf") else "")
        return float(self._checked(key, default, lambda value: above < value < below, wanted))

    def _checked(self, key: str, default: float, holds: Callable[[float], bool], wanted: str) -> float:
        value = self._table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not holds(value):
            self.fault(key, f"is {value!r}", wanted)
            return default
        return value

    def params(self, key: str) -> Mapping[str, Value]:
        table = self._table.get(key, {})
        if not isinstance(table, dict):
            self.fault(key, f"is {table!r}", 'a table, like { estimator = "decision_tree", max_depth = 5 }')
            return {}
        for name, value in table.items():
            if not isinstance(value, str | int | float | bool):
                self.fault(f"{key}.{name}", f"is {value!r}", "a text, a number, true or false")
        return dict(table)
