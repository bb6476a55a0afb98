"""What the agents of two CI systems take for a command in a job's output, written anew from their parsers."""

from __future__ import annotations


def commands_in(output: str) -> list[str]:
    """Return every line that an agent of Azure Pipelines or GitHub would obey."""
    return [line for line in output.splitlines() if obeyed_by_azure(line) or obeyed_by_github(line)]


def obeyed_by_azure(line: str) -> bool:
    """Azure Pipelines looks for ``##vso[area.event ...]`` anywhere in a line, and formats ``##[section]``."""
    lower = line.lower()
    return any(mark in lower and "]" in lower[lower.index(mark) :] for mark in ("##vso[", "##["))


def obeyed_by_github(line: str) -> bool:
    """GitHub's runner looks for ``##[command]`` anywhere, and for ``::command::`` behind blanks at the beginning."""
    old = "##[" in line and "]" in line[line.index("##[") :]
    trimmed = line.strip()
    return old or (trimmed.startswith("::") and "::" in trimmed[2:])
