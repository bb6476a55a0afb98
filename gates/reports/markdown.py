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

_PLAIN = re.compile(r"[^a-zA-Z0-9 ,.;()=%'-]|^-|(?<=[wW]{3})\.", re.ASCII)
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
    counted = sum(check.counts for check in judgement.checks)
    word = "passed" if judgement.passed else "refused" if judgement.could_judge else "could not judge"
    yield ""
    yield f"### The {judgement.gate} gate {word}: {counted} of {len(judgement.checks)} checks count"
    yield ""
    yield from (f"- warning: {_text(warning)}" for warning in judgement.warnings)
    yield ""
    yield "| | check | outcome | evidence |"
    yield "| --- | --- | --- | --- |"
    bad_first = sorted(judgement.checks, key=lambda check: check.counts)
    yield from (_row(check) for check in bad_first[:_MOST])
    if len(bad_first) > _MOST:
        yield f"| | and {len(bad_first) - _MOST} more | | |"


def _row(check: CheckResult) -> str:
    excuse = f"; {check.excuse}" if check.excuse else ""
    name = check.id.rpartition("/")[2]
    mark = "✅" if check.counts else "❌"
    return f"| {mark} | {_text(name)} | {_text(str(check.outcome))} | {_text(check.sentence + excuse)} |"


def _text(text: str) -> str:
    """Return a text that Markdown and HTML show letter by letter, on one line."""
    shown = printable(unsigned(text))
    shown = shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]} ..."
    return _PLAIN.sub(lambda match: f"&#{ord(match[0])};", shown)
