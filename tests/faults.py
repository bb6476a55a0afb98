"""Read the tables of docs/faults.md and hold them to the tests that they name: ``python -m tests.faults`` prints what disagrees.

Each row of a table there is a fault, what refuses it, its message (``…`` stands for what is left out), and the test that fires it.
A row holds when pytest collects that very test, and every part of the message stands in the test's own source or in its parameters.

The tables of reason codes have a code, when it is given, an example and a test. Such a row holds when pytest collects that test and
the test asserts the code; the example is compared with the real sentence while the test runs (`held_examples`).
"""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from gates.reason import Reason

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "faults.md"
_CODE = re.compile(
    r"^\| `(?P<code>[a-z-]+)` \| (?P<when>[^|]+) \| `(?P<message>.+?)` \| `(?P<test>.+?)` \|$", re.MULTILINE
)
_ROW = re.compile(r"^\| (?P<fault>[^|`]+) \| (?P<by>[^|]+) \| `(?P<message>.+?)` \| `(?P<test>.+?)` \|$", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    fault: str
    by: str
    message: str
    test: str

    @property
    def file(self) -> str:
        return f"tests/{self.test.partition('::')[0]}"

    @property
    def parts(self) -> list[str]:
        return [part.strip() for part in self.message.split("…") if part.strip()]

    def fault_of(self, seen: Mapping[str, str]) -> str | None:
        """Why the row does not hold, or None."""
        said = seen.get(f"tests/{self.test}")
        if said is None:
            return f"{self.fault}: there is no test {self.test}"
        missing = [part for part in self.parts if part not in said]
        if missing or not self.parts:
            return f"{self.fault}: {self.test} does not ask for {missing or 'any message'}"
        return None


def read_rows(page: Path = PAGE) -> list[Row]:
    """Every row of the page; a line of a table that is none is an error."""
    text = page.read_text(encoding="utf-8")
    rows = [
        Row(**{key: value.replace("\\|", "|") for key, value in match.groupdict().items()})
        for match in _ROW.finditer(text)
    ]
    heads = ("| ---", "| fault ", "| code ", "| `")
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(heads)]
    assert len(lines) == len(rows), [line for line in lines if not _ROW.match(line)]
    return rows


@dataclass(frozen=True)
class CodeRow:
    """A row of the tables of reason codes."""

    code: str
    when: str
    message: str
    test: str

    @property
    def file(self) -> str:
        return f"tests/{self.test.partition('::')[0]}"

    def fits(self, reason: Reason) -> bool:
        """Return whether a reason has this code, and every part of the example stands in its sentence."""
        parts = [part.strip() for part in self.message.split("…") if part.strip()]
        return reason.code == self.code and all(part in reason.text for part in parts)

    def fault_of(self, seen: Mapping[str, str]) -> str | None:
        """Return why the row does not hold, or None."""
        source = seen.get(f"tests/{self.test}")
        if source is None:
            return f"{self.code}: there is no test {self.test}"
        asserted = (self.code, f"Code.{self.code.replace('-', '_').upper()}")
        return None if any(word in source for word in asserted) else f"{self.code}: {self.test} does not name it"


def read_codes(page: Path = PAGE) -> list[CodeRow]:
    """Return every row of the tables of reason codes; a line of such a table that is none is an error."""
    text = page.read_text(encoding="utf-8")
    rows = [CodeRow(**match.groupdict()) for match in _CODE.finditer(text)]
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(lines) == len(rows), [line for line in lines if not _CODE.match(line)]
    return rows


def held_examples(test: str) -> Iterator[list[Reason]]:
    """Give a list for the reasons of a test and, when the test is over, hold the examples that name it to them."""
    reasons: list[Reason] = []
    yield reasons
    for row in read_codes():
        if row.test == test.removeprefix("tests/"):
            assert any(row.fits(reason) for reason in reasons), f"docs/faults.md says {row.message!r}, found {reasons}"


def collect(files: list[str]) -> dict[str, str]:
    """What each test in these files asks for: its source and its parameters, by its node id. Nothing is run."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--collect", *files],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    seen: dict[str, str] = json.loads(ended.stdout.splitlines()[-1])
    return seen


class _Seen:
    def __init__(self) -> None:
        self.tests: dict[str, str] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            assert isinstance(item, pytest.Function)
            given = getattr(item, "callspec", None)
            params = list(given.params.values()) if given else []
            tables = [table for table in vars(item.module).values() if isinstance(table, dict)]
            rows = [table[value] for value in params if isinstance(value, str) for table in tables if value in table]
            words = [str(value) for value in (*params, *rows)]
            self.tests[item.nodeid] = "\n".join([inspect.getsource(item.function), *words])


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--collect"]:
        seen = _Seen()
        code = pytest.main(["--collect-only", "-qq", "-p", "no:cacheprovider", *arguments[1:]], plugins=[seen])
        print("\n" + json.dumps(seen.tests))
        return int(code)
    rows: list[Row | CodeRow] = [*read_rows(), *read_codes()]
    seen_tests = collect(sorted({row.file for row in rows}))
    wrong = [fault for row in rows if (fault := row.fault_of(seen_tests))]
    print("\n".join([*wrong, f"{len(rows)} rows, {len(wrong)} do not hold"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
