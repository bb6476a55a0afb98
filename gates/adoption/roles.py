"""Decide which column identifies a row, which is predicted, which dates and which groups: by options, by evidence, or by a person.

The rule it protects: nobody's guess becomes a policy. Without a person and without --yes only what is sure is taken. Where no
column looks like a key, rows are identified by their content.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gates.errors import ConfigError
from gates.toml_reader import listed, nearest

NONE = "-"  # what a person or an option says for "no such column"
ROLES = ("id", "target", "time", "group")
NEEDED = ("target",)
MEANINGS: Mapping[str, str] = {
    "id": "identifies a row",
    "target": "is to be predicted",
    "time": "dates a row",
    "group": "names what several rows belong to",
}
_CHOSEN = ("id", "target")  # where --yes accepts a guess
BY_CONTENT = (
    "no column identifies a row, so its content does: equal rows stand on one side of the split, and a row of which a value changes"
    " is a new row"
)
TASKS = ("classification", "regression")
SPLITS = ("id", "time")
NEWER = "a model answers for rows newer than those it learned from, so the newest rows are held out"

Ask = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Choice:
    """Hold the column chosen for a role, and the reason."""

    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChosenRoles:
    """Hold the chosen columns by role, the task (classification or regression), and what chooses the holdout with the reason."""

    choices: Mapping[str, Choice]
    task: str
    split: str = "id"
    split_reason: str = ""

    def columns(self) -> Mapping[str, str]:
        """Return the column of each role that has one, the task, and the split where it is not by id."""
        split = {} if self.split == "id" else {"split": self.split}
        return {role: choice.column for role, choice in self.choices.items()} | {"task": self.task} | split


def choose_roles(
    look: Mapping[str, Any], given: Mapping[str, str], *, ask: Ask | None, accept_guesses: bool
) -> ChosenRoles:
    """Return the roles, from ``given`` (role or task: what an option says), else from what was seen in the data.

    ``ask`` puts a question to a person and returns the answer; None where there is nobody. Raises `ConfigError` for a column that
    does not exist or has another role, and for a role that cannot be decided; all of them at once.
    """
    names = [str(one["name"]) for one in look["columns"]]
    _require_known(given, names)
    choices: dict[str, Choice] = {}
    unclear: list[str] = []
    for role in ROLES:
        taken = {choice.column for choice in choices.values()} | {
            name for other, name in given.items() if other != role
        }
        candidates = [one for one in look[role] if one["column"] not in taken]
        if role in given:
            if given[role] != NONE:
                choices[role] = Choice(given[role], f"--{role} says so")
        elif ask is not None:
            answer = _ask_for(role, candidates, names, ask)
            if answer:
                choices[role] = answer
        elif candidates and (candidates[0]["sure"] or (accept_guesses and role in _CHOSEN)):
            choices[role] = Choice(candidates[0]["column"], candidates[0]["reason"])
        elif role in NEEDED or (role == "id" and candidates):
            may = listed((repr(one["column"]) for one in candidates), 5)
            unclear.append(
                f"which column {MEANINGS[role]} is unclear: {f'it may be {may}' if may else 'no column looks like it'}"
            )
    if unclear:
        raise ConfigError(
            tuple(unclear),
            "name it with --id and --target; --id - says that no column does, and that a row is identified by its content;"
            " --yes accepts the first one named; nothing was written",
        )
    _require_different(choices)
    task = given.get("task") or str(look["tasks"][choices["target"].column])
    return ChosenRoles(choices, task, *_choose_split(choices.get("time"), given.get("split"), ask))


def _choose_split(time: Choice | None, given: str | None, ask: Ask | None) -> tuple[str, str]:
    """Return what chooses the holdout, and the reason: time where a column dates the rows, unless an option or a person differs."""
    if time is None:
        if given == "time":
            raise ConfigError(
                "--split time holds out the newest rows, and no column dates the rows",
                "name one with --time, or leave --split out; nothing was written",
            )
        return "id", ""
    if given is not None:
        return given, "--split says so"
    while ask is not None:
        answer = ask(f"What chooses the holdout, {' or '.join(SPLITS)}? [time]; {NEWER}: ").strip() or "time"
        if answer in SPLITS:
            return answer, NEWER if answer == "time" else "you chose it"
    return "time", NEWER


def _require_known(given: Mapping[str, str], names: Sequence[str]) -> None:
    faults = [
        f"--{role} names {name!r}, which is no column of the data{nearest(name, names)}; there are {listed(map(repr, names))}"
        for role, name in given.items()
        if role in ROLES and name not in names and not (name == NONE and role not in NEEDED)
    ]
    if faults:
        raise ConfigError(tuple(faults), "name columns of the data; nothing was written")


def _require_different(choices: Mapping[str, Choice]) -> None:
    columns = [choice.column for choice in choices.values()]
    if len(set(columns)) < len(columns):
        both = listed(f"{role} {choice.column!r}" for role, choice in choices.items())
        raise ConfigError(f"two roles have the same column: {both}", "name different columns; nothing was written")


def _ask_for(role: str, candidates: Sequence[Mapping[str, Any]], names: Sequence[str], ask: Ask) -> Choice | None:
    """Put the question until the answer is a column, or "-" where the role may stay empty."""
    best = candidates[0] if candidates else None
    proposal = best["column"] if best is not None else "" if role in NEEDED else NONE
    why = f"; {best['reason']}" if best is not None else ""
    optional = "" if role in NEEDED else f", {NONE} for none"
    while True:
        answer = ask(f"Which column {MEANINGS[role]}{optional}? [{proposal}]{why}: ").strip() or proposal
        if answer == NONE and role not in NEEDED:
            return None
        if best is not None and answer == best["column"]:
            return Choice(answer, str(best["reason"]))
        if answer in names:
            return Choice(answer, "you chose it")
