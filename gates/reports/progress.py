"""Show a person how a run proceeds: a live line on a terminal, plain lines elsewhere, and a line a gate as it ends."""

from __future__ import annotations

import io
import itertools
import os
import sys
import textwrap
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from gates.judgement.judge import Judgement
from gates.printing import printable
from gates.reason import Reason
from gates.reports.gate_lines import Line, attention_lines, check_lines, gate_line

_COLOURS = {"good": "32", "bad": "31", "mild": "33", "dim": "2", "bold": "1"}
_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


@dataclass(slots=True)
class _Counting:
    """Count the checks of one running gate."""

    wanted: int = 0
    ended: int = 0
    doing: str = ""


class Progress:
    """Write to one stream. Only a terminal gets the live line, wrapped lines and colours; NO_COLOR turns these off.

    ``whole`` writes every check of a gate; else only what needs attention is written.
    """

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False, whole: bool = False) -> None:
        self._stream = stream if stream is not None else sys.stdout
        if isinstance(self._stream, io.TextIOWrapper):  # a column name must not end a run on an ASCII-only stream
            self._stream.reconfigure(errors="backslashreplace")
        self._quiet = quiet
        self._whole = whole
        self._person = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._coloured = self._person and not os.environ.get("NO_COLOR")
        self._lock = threading.Lock()
        self._live = False
        self._counting: dict[str, _Counting] = {}
        self._told: list[Reason] = []

    @property
    def width(self) -> int:
        """Return how many characters a line of a table may have: those of the terminal, at least 80; 120 elsewhere."""
        return max(80, _columns() - 1) if self._person else 120

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
            self._counting.clear()

    def hear(self, gate: str, fact: Mapping[str, object]) -> None:
        """Take a fact of a running gate, and keep for the live line how many checks there are, how many ended, and which runs."""
        counting = self._counting.setdefault(gate, _Counting())
        match fact:
            case {"kind": "collected", "kept": list(kept)}:
                counting.wanted = len(kept)
            case {"kind": "start", "id": id}:
                counting.doing = str(id).rpartition("/")[2]
            case {"kind": "report", "when": "teardown"}:
                counting.ended += 1

    def gate(self, judgement: Judgement, seconds: float) -> None:
        """Write a line for the gate and, below it, what needs attention; with ``whole`` every check."""
        head = gate_line(judgement, seconds, plain=not self._writes("✓✗"))
        self.line(head.text, head.style)
        for line in check_lines(judgement) if self._whole else attention_lines(judgement):
            self._wrapped(line)
        self._told.extend(judgement.reasons)

    def has_told(self, reason: Reason) -> bool:
        """Return whether a reason stands below the line of a gate already."""
        return not self._quiet and any(
            (one.code, one.check, one.evidence) == (reason.code, reason.check, reason.evidence)
            and (bool(one.check) or reason.text.endswith(one.text))
            for one in self._told
        )

    def _wrapped(self, line: Line) -> None:
        """Write a line with its indentation, on a terminal in as many lines as it takes; elsewhere one line stays one."""
        blank, hanging = " " * line.indent, " " * (line.indent + line.hanging)
        if not self._person:
            self.line(f"{blank}{line.text}", line.style)
            return
        width = max(40, _columns() - 1)
        for part in textwrap.wrap(printable(line.text), width, initial_indent=blank, subsequent_indent=hanging):
            self.line(part, line.style)

    def reason(self, text: str) -> None:
        """Write one reason of a decision, or a note to it."""
        self._wrapped(Line(f"- {text}", "", 2, 2))

    def _writes(self, characters: str) -> bool:
        try:
            characters.encode(self._stream.encoding or "utf-8")
        except (UnicodeEncodeError, LookupError):
            return False
        return True

    def _paint(self, text: str, style: str) -> str:
        return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if style and self._coloured else text

    def _wipe(self) -> None:
        if self._live:
            self._stream.write("\r\x1b[2K")

    def _doing(self, name: str) -> str:
        """Return what the live line says: each running gate with its count, else the name of the stage; then the checks."""
        running = sorted(self._counting.copy().items(), key=lambda one: name.find(one[0]))
        counts = [f"{gate} gate {one.ended} of {one.wanted}" for gate, one in running if one.wanted]
        return "  ".join([", ".join(counts) or name, *(one.doing for _, one in running if one.ended < one.wanted)])

    def _paint_live(self, name: str, stop: threading.Event) -> None:
        started = time.monotonic()
        for frame in itertools.cycle(_FRAMES):
            if stop.wait(0.1):
                return
            with self._lock:
                shown = printable(self._doing(name))[: max(20, _columns() - 12)]
                self._stream.write(f"\r\x1b[2K{frame} {time.monotonic() - started:5.1f} s  {shown}")
                self._stream.flush()


def _columns() -> int:
    try:
        return os.get_terminal_size().columns
    except OSError:
        return 80
