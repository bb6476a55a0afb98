"""Draw what a terminal shows of real commands, as an SVG file: ``python -m benchmarks.picture docs/images/run.svg -- gates run``.

The commands run one after the other at a terminal of their own (a pty), so that what is drawn is what a person sees, colours
and all. Words after ``--`` are the first command; ``--then`` starts the next one. The picture has no font, script or address of
elsewhere.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import re
import select
import shlex
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

COLUMNS, SIZE, LINE, MARGIN = 100, 13, 18, 16  # characters; pixels
WIDTH = 7.82  # pixels of a character of the size, in the fonts named below
INK, PAPER = "#d8dee9", "#1f2430"
COLOURS = {"1": "#ffffff", "2": "#8a93a6", "31": "#ff7b72", "32": "#7ee787", "33": "#f2cc60", "36": "#79c0ff"}
_SEQUENCE = re.compile(r"\x1b\[([0-9;]*)m")
_OTHER = re.compile(r"\x1b\[[0-9;?]*[A-Za-ln-z]")


def run_at_terminal(command: Sequence[str], folder: Path) -> list[str]:
    """Run a command at a pty and return the lines that stay on the screen, with their colours as escape sequences."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = bytearray()
    while True:
        ready, _, _ = select.select([ours], [], [], 0.2)
        try:
            part = os.read(ours, 65_536) if ready else b""
        except OSError:  # the other side is closed
            break
        if not part and process.poll() is not None:
            break
        shown += part
    process.wait()
    os.close(ours)
    lines = shown.decode("utf-8", errors="replace").replace("\r\n", "\n").split("\n")
    stayed = [_OTHER.sub("", line.rpartition("\r")[2]) for line in lines]  # what a progress line overwrote is gone
    while stayed and not stayed[-1].strip():
        stayed.pop()
    return stayed


def draw(lines: Sequence[str], title: str) -> str:
    """Return lines with colours as an SVG document; ``title`` is what a reader who cannot see it is given."""
    height = 2 * MARGIN + LINE * len(lines)
    width = round(2 * MARGIN + WIDTH * COLUMNS)
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="{PAPER}"/>',
        f'<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="{SIZE}" fill="{INK}" xml:space="preserve">',
    ]
    for row, line in enumerate(lines):
        spans = "".join(_spans(line))
        body.append(f'<text x="{MARGIN}" y="{MARGIN + LINE * row + SIZE}">{spans}</text>')
    return "\n".join([*body, "</g>", "</svg>", ""])


def _spans(line: str) -> Iterator[str]:
    colour, start, column = "", 0, 0
    for match in [*_SEQUENCE.finditer(line), None]:
        text = line[start : match.start() if match else len(line)]
        if text.strip():
            fill = f' fill="{COLOURS[colour]}"' if colour in COLOURS else ""
            x = f"{MARGIN + WIDTH * column:.1f}"
            yield f'<tspan x="{x}" textLength="{WIDTH * len(text.rstrip()):.1f}"{fill}>{escape(text.rstrip())}</tspan>'
        column += len(text)
        if match:
            colour, start = match[1].split(";")[-1], match.end()


def main(arguments: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if arguments is None else arguments)
    at = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.picture", description=__doc__)
    parser.add_argument("file", type=Path, help="the SVG file to write")
    parser.add_argument("--folder", type=Path, default=Path(), help="where the commands run")
    options = parser.parse_args(words[:at])
    commands: list[list[str]] = [[]]
    for word in words[at + 1 :]:
        commands.append([]) if word == "--then" else commands[-1].append(word)
    if not all(commands):
        parser.error("name the commands after --")
    lines = []
    for command in commands:
        lines += [f"\x1b[36m$ {shlex.join(command)}\x1b[0m", *run_at_terminal(command, options.folder), ""]
    options.file.parent.mkdir(parents=True, exist_ok=True)
    options.file.write_text(draw(lines[:-1], f"What {shlex.join(commands[0])} shows"), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
