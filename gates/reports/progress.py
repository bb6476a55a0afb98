"""Show a person how a run proceeds: a live line on a terminal, plain lines elsewhere, one line a check at the end of a stage."""

from __future__ import annotations

import io
import itertools
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TextIO

from gates.evidence import Kind, format_number
from gates.judgement.judge import CheckResult, Judgement
from gates.printing import printable
from gates.run import Outcome

_COLOURS = {"good": "32", "bad": "31", "mild": "33", "dim": "2", "bold": "1"}
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class Progress:
    """Write to one stream. Only a terminal gets the live line and colours; NO_COLOR turns these off."""

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream = stream if stream is not None else sys.stdout
        if isinstance(self._stream, io.TextIOWrapper):  # a column name must not end a run on an ASCII-only stream
            self._stream.reconfigure(errors="backslashreplace")
        self._quiet = quiet
        self._person = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._coloured = self._person and not os.environ.get("NO_COLOR")
        self._lock = threading.Lock()
        self._live = False
        self._doing: dict[str, str] = {}

    def line(self, text: str = "", style: str = "") -> None:
        """Write one line, with control characters as escapes; ``style`` is good, bad, mild, dim, bold or empty."""
        if not self._quiet:
            with self._lock:
                self._wipe()
                self._stream.write(self._paint(printable(text), style) + "\n")
                self._stream.flush()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Show what runs during the block, on a terminal with the seconds so far, elsewhere with one line."""
        if self._quiet or not self._person:
            self.line(f"{name} ...")
            yield
            return
        self._live = True
        stop = threading.Event()
        painter = threading.Thread(target=self._paint_live, args=(name, stop), daemon=True)
        painter.start()
        try:
            yield
        finally:
            stop.set()
            painter.join()
            with self._lock:
                self._wipe()
                self._stream.flush()
                self._live = False
            self._doing.clear()

    def hear(self, gate: str, fact: Mapping[str, object]) -> None:
        """Take a fact of a running gate, and keep the check that it starts for the live line."""
        if fact.get("kind") == "start":
            self._doing[gate] = str(fact.get("id", "")).rpartition("/")[2]

    def gate(self, judgement: Judgement, seconds: float) -> None:
        """Write a line for each check of a judgement, then every reason that is not in the line of a check."""
        word = "passed" if judgement.passed else "refused" if judgement.could_judge else "could not judge"
        good = sum(check.counts for check in judgement.checks)
        style = "good" if judgement.passed else "bad"
        self.line(
            f"{judgement.gate} gate {word}: {good} of {len(judgement.checks)} checks count, {seconds:.1f} s", style
        )
        for sentence, checks in itertools.groupby(judgement.checks, key=_fault):
            if sentence:
                self._fallen(list(checks))
                continue
            for _, cases in itertools.groupby(checks, key=lambda check: check.id.partition("[")[0]):
                self._cases(list(cases))
        of_checks = {(check.id, reason.code) for check in judgement.checks for reason in check.reasons}
        for reason in judgement.reasons:
            if (reason.check, reason.code) not in of_checks:  # that one has its line already
                self.line(f"    {reason}", "bad")

    def _cases(self, cases: list[CheckResult]) -> None:
        """Write the cases of one check: one line where they are many and all passed without a measurement, else one line each."""
        if len(cases) > 3 and all(_is_plain(case) for case in cases):
            counted = tuple(Counter(evidence.label for case in cases for evidence in case.evidence))
            n = sum(evidence.n for case in cases for evidence in case.evidence)
            whole = f"{cases[0].id.partition('[')[0]} ({len(cases)} cases)"
            summed = (replace(cases[0].evidence[0], n=n),) if len(counted) == 1 else ()
            self._check(replace(cases[0], id=whole, evidence=summed))
            return
        for case in cases:
            self._check(case)

    def _fallen(self, checks: list[CheckResult]) -> None:
        """Write neighbouring checks that do not count for the same reason: the reason once, below the last of them."""
        for check in checks[:-1]:
            self.line(f"  {check.outcome.replace('_', ' '):14} {_name(check)}", "bad")
        self._check(checks[-1])

    def _check(self, check: CheckResult) -> None:
        """Write a check that counts on one line, and below one that does not its whole sentence."""
        word = "accepted" if check.accepted else "waived" if check.waived else check.outcome.replace("_", " ")
        excuse = f" ({check.excuse})" if check.excuse else ""
        style = "dim" if check.outcome is Outcome.NOT_APPLICABLE else "" if check.counts else "bad"
        name = _name(check)
        if check.counts and not excuse:
            measured = "; ".join(f"{e.label} = {format_number(e.number)} (n = {e.n:,})" for e in check.evidence)
            if check.outcome is Outcome.NOT_APPLICABLE:
                measured = check.sentence.removeprefix("not applicable ")
            self.line(f"  {word:14} {name}{'  ' if measured else ''}{measured}", style)
            return
        self.line(f"  {word:14} {name}", style)
        self.line(f"                 {check.sentence}{excuse}", style)

    def _paint(self, text: str, style: str) -> str:
        return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if style and self._coloured else text

    def _wipe(self) -> None:
        if self._live:
            self._stream.write("\r\x1b[2K")

    def _paint_live(self, name: str, stop: threading.Event) -> None:
        started = time.monotonic()
        for frame in itertools.cycle(_FRAMES):
            if stop.wait(0.1):
                return
            with self._lock:
                doing = "   ".join([name, *self._doing.values()])
                width = max(20, _columns() - 12)
                self._stream.write(f"\r\x1b[2K{frame} {time.monotonic() - started:5.1f} s  {printable(doing)[:width]}")
                self._stream.flush()


def _is_plain(check: CheckResult) -> bool:
    """Return whether a check passed and has only evidence of no violation."""
    nothing = all(evidence.kind is Kind.VIOLATIONS and evidence.number == 0 for evidence in check.evidence)
    return check.outcome is Outcome.PASSED and check.counts and nothing


def _name(check: CheckResult) -> str:
    """Return ``folder/test_floors.py::test_it_holds[a]`` as ``floors: it holds[a]``."""
    return check.id.rpartition("/")[2].replace(".py::test_", ": ").removeprefix("test_").replace("_", " ")


def _fault(check: CheckResult) -> str:
    """Return what is wrong with a check that does not count; nothing for one that counts."""
    return "" if check.counts else f"{check.outcome}: {check.sentence}"


def _columns() -> int:
    try:
        return os.get_terminal_size().columns
    except OSError:
        return 80
