"""Make foreign text safe to print: a column name must not be able to control a terminal, nor an agent that reads the output.

The agents of Azure Pipelines and GitHub take some lines of a job's output for commands: ``##vso[`` and ``##[`` anywhere in a line,
``::`` at its beginning (microsoft/azure-pipelines-agent, Command.cs; actions/runner, ActionCommand.cs). A backslash breaks them.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from typing import TextIO

_CREDENTIALS = re.compile(r"(?P<scheme>https?://)(?:[^\s/?#]*@)?(?P<rest>[^\s?#]*)(?:\?[^\s#]*)?", re.IGNORECASE)
_ANYWHERE = re.compile(r"##(?=\[|vso\[)", re.IGNORECASE)
_AT_THE_START = re.compile(r"\A(\s*):(?=:)")


def printable(text: str) -> str:
    """Return a text on one line, with control and invisible formatting characters written as escapes, and without commands
    to an agent.
    """
    return harmless("".join(_visible(character) for character in text))


def harmless(line: str) -> str:
    """Return one line in which no agent finds a command."""
    return _AT_THE_START.sub(r"\1:\\", _ANYWHERE.sub(r"##\\", line))


def printable_lines(text: str) -> str:
    """Return a text of several lines, each made `printable`; the line ends stay."""
    return "\n".join(printable(line) for line in text.split("\n"))


def printable_json(document: str) -> str:
    """Return JSON or TOML text that means the same and is safe to print: what is not stands in strings alone, and is escaped."""
    escaped = re.sub("#(?=#)", r"\\u0023", document)
    return "".join(one if one == "\n" or one.isprintable() else _escape(one) for one in escaped)


def _escape(character: str) -> str:
    """An escape that JSON and TOML read."""
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at] << 8 | units[at + 1]:04x}" for at in range(0, len(units), 2))


def say(text: str, stream: TextIO | None = None) -> None:
    """Print a text of one or more lines, each made `printable`, to ``stream`` or to standard output, at once."""
    print(printable_lines(text), file=stream or sys.stdout, flush=True)


def unsigned(text: str) -> str:
    """Return a text without the query and the user of every URL in it: they may hold a signature, or a password."""
    return _CREDENTIALS.sub(r"\g<scheme>\g<rest>", text)


def _visible(character: str) -> str:
    if character == "\n":
        return " "
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return character.encode("unicode_escape").decode("ascii")
    return character
