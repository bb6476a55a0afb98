"""Write the decision as Markdown, for the summary of a CI job. Foreign text cannot make a link, image or heading in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from gates.errors import BackendError
from gates.judgement.judge import CheckResult, Judgement
from gates.printing import printable, unsigned
from gates.reason import texts
from gates.reports.account import Account
from gates.reports.counting import count_checks, find_unlooked, name_outcome, name_result
from gates.run import Outcome

# What Markdown may take for its own is written as an entity; inside a word `_` marks nothing, before a blank `:` nothing, and in
# `<=`, `>=` and ` ->` neither `<` nor `>` begins an element.
_FOREIGN = re.compile(
    r"[^a-zA-Z0-9 ,.;()=%'_:<>-]|^[-<>]|(?<=[wW]{3})\.|(?<![a-zA-Z0-9])_|_(?![a-zA-Z0-9])|:(?! )|<(?!=)|(?<! -)>(?!=)",
    re.ASCII,
)
_NAME = re.compile(r"[\w./:=,\[\] -]+", re.ASCII)  # what a code span shows letter by letter, also in a table
_MARKS = {0: "✅", 4: "⏳"}  # by exit code: done, awaiting approval
_LONGEST, _MOST = 1_000, 200  # characters of one sentence, checks of one gate


def as_markdown(account: Account) -> str:
    """Return the decision, its reasons, one table of checks for each gate, and the champion, as Markdown."""
    return "\n".join(_lines(account)) + "\n"


def append_summary(path: Path, account: Account) -> None:
    """Add the summary at the end of a file, after what other steps wrote. Raises `BackendError` when it cannot be written."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(as_markdown(account))
    except OSError as error:
        raise BackendError(
            f"{path} cannot be written: {error.strerror}; the decision was: {account.decision.sentence}",
            "name a file in a writable folder",
        ) from None


def _lines(account: Account) -> Iterator[str]:
    decision = account.decision
    yield f"## {_MARKS.get(decision.exit_code, '❌')} {_text(decision.sentence)}"
    yield ""
    yield from (f"- {_text(line)}" for line in (*texts(decision.reasons), *decision.notes))
    for judgement in account.judgements:
        yield from _gate(judgement)
    if account.champion is not None:
        champion = account.champion
        yield ""
        yield (
            f"Champion: {_text(champion.name)} version {champion.version} (epoch {champion.epoch}, {champion.digest.short})."
        )
        if champion.glass:
            yield f"\n**{_text(champion.glass)}**"
    yield ""
    yield f"Again with: {_text(account.command)}"
    yield ""


def _gate(judgement: Judgement) -> Iterator[str]:
    yield ""
    yield f"### The {judgement.gate} gate {name_result(judgement)}: {count_checks(judgement)}"
    yield ""
    yield from (f"- mark: {_text(mark)}" for mark in judgement.marks)
    yield from (f"- warning: {_text(warning)}" for warning in judgement.warnings)
    yield from (f"- not compared by {_name(check)}: {_text(columns)}" for check, columns in find_unlooked(judgement))
    yield ""
    yield "| | check | outcome | evidence |"
    yield "| --- | --- | --- | --- |"
    bad_first = sorted(judgement.checks, key=lambda check: check.counts)
    yield from (_row(check) for check in bad_first[:_MOST])
    if len(bad_first) > _MOST:
        yield f"| | and {len(bad_first) - _MOST} more | | |"


def _row(check: CheckResult) -> str:
    excuse = f"; {check.excuse}" if check.excuse else ""
    mark = "❌" if not check.counts else "➖" if check.outcome is Outcome.NOT_APPLICABLE else "✅"
    return f"| {mark} | {_name(check)} | {_text(name_outcome(check))} | {_text(check.sentence + excuse)} |"


def _name(check: CheckResult) -> str:
    """Return the id of a check without its folder, as code where nothing in it could end the code."""
    name = check.id.rpartition("/")[2]
    plain = len(name) <= _LONGEST and name == name.strip() and _NAME.fullmatch(name) is not None
    return f"`{name}`" if plain else _text(name)


def _text(text: str) -> str:
    """Return a text that Markdown and HTML show letter by letter, on one line."""
    shown = printable(unsigned(text))
    shown = shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]} ..."
    return _FOREIGN.sub(lambda match: f"&#{ord(match[0])};", shown)
