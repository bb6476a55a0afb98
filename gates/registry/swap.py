"""Compare, log, mark verdicts as used, move the alias: the steps inside the one transaction that makes a champion.

Each kind of move has its own rule for its verdicts, and is in the log under its own name: a promotion uses up verdicts that
passed and were never used; a rollback names again exactly those that the target's own last promotion used; a break-glass move
names none. No kind skips the comparison, the log or the decision.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from gates.digest import Digest
from gates.errors import PromotionRefused
from gates.reason import Code, Reason
from gates.registry.chain import FIELDS, START, entry_hash
from gates.registry.database import Database
from gates.registry.records import Move, Version
from gates.registry.rows import verdicts_of

_COLUMNS = ", ".join((*FIELDS, "hash"))
_MARKS = ", ".join("?" * (len(FIELDS) + 1))
_Standing = tuple[int, str | None, int | None]  # epoch, digest, version


def swap_champion(
    db: Database,
    wanted: Version,
    expected: tuple[int, Digest | None],
    verdicts: Sequence[Digest],
    decision: Digest,
    kind: Move,
    at: str,
    moment: Callable[[str], None],
) -> int:
    """Make ``wanted`` the champion and return the new epoch. Call it inside `Database.writing`.

    ``expected`` is the champion that was judged against: (epoch, digest), (0, None) for none. ``at`` is the time as
    `gates.registry.times` stores it. Raises `PromotionRefused` with every reason, before anything is written.
    """
    standing = _standing(db, wanted.name)
    faults = {Move.PROMOTION: _faults, Move.ROLLBACK: _rollback_faults, Move.BREAK_GLASS: _break_glass_faults}[kind]
    reasons = (*_changes(standing, expected), *faults(db, wanted, verdicts))
    if kind is not Move.PROMOTION and standing[2] == wanted.version:
        reasons += (Reason(Code.ALREADY_CHAMPION, f"{wanted.name} version {wanted.version} is the champion already"),)
    if reasons:
        raise PromotionRefused(reasons, "run the gates again for this version")
    moment("compared")
    epoch = standing[0] + 1
    last = db.row("SELECT hash FROM promotion ORDER BY id DESC LIMIT 1")
    burnt = json.dumps([str(verdict) for verdict in verdicts])
    previous = last[0] if last else START
    entry = (
        wanted.name,
        standing[2],
        wanted.version,
        str(wanted.digest),
        epoch,
        at,
        str(decision),
        burnt,
        str(kind),
        previous,
    )
    (promotion,) = db.row(
        f"INSERT INTO promotion ({_COLUMNS}) VALUES ({_MARKS}) RETURNING id", *entry, entry_hash(entry)
    )
    moment("logged")
    for verdict in verdicts if kind is Move.PROMOTION else ():
        db.rows("INSERT INTO used VALUES (?, ?)", str(verdict), promotion)
    moment("burnt")
    db.rows(
        "INSERT INTO alias VALUES (?, ?, ?, ?) ON CONFLICT (name)"
        " DO UPDATE SET version = excluded.version, epoch = excluded.epoch, since = excluded.since",
        wanted.name,
        wanted.version,
        epoch,
        at,
    )
    moment("moved")
    return epoch


def _standing(db: Database, name: str) -> _Standing:
    """Who is champion by the log, which the alias has to follow."""
    alias = db.row("SELECT epoch, version FROM alias WHERE name = ?", name)
    logged = db.row("SELECT epoch, new_version, digest FROM promotion WHERE name = ? ORDER BY epoch DESC LIMIT 1", name)
    if alias != (logged and logged[:2]):
        raise PromotionRefused(
            Reason(
                Code.ALIAS_MOVED_BY_HAND, f"the champion alias of {name} does not follow the log: it was moved by hand"
            ),
            "gates verify says how; restore the home from a backup",
        )
    return (logged[0], logged[2], logged[1]) if logged else (0, None, None)


def _changes(standing: _Standing, expected: tuple[int, Digest | None]) -> Iterator[Reason]:
    epoch, digest, _ = standing
    wanted = (expected[0], str(expected[1]) if expected[1] else None)
    if (epoch, digest) != wanted:
        yield Reason(
            Code.OTHER_CHAMPION,
            "the champion changed since the gates judged:"
            f" found {_described(epoch, digest)}, wanted {_described(*wanted)}",
        )


def _described(epoch: int, digest: str | None) -> str:
    return f"epoch {epoch} of {Digest.parse(digest).short}" if digest else "no champion"


def _faults(db: Database, wanted: Version, verdicts: Sequence[Digest]) -> Iterator[Reason]:
    """Each verdict may be used once, and only for the model it is about."""
    if not verdicts:
        yield Reason(Code.VERDICT_MISSING, "no verdict was given")
    for verdict in sorted(set(verdicts)):
        row = db.row("SELECT name, subject, passed FROM verdict WHERE digest = ?", str(verdict))
        if row is None:
            yield Reason(Code.VERDICT_NOT_KEPT, f"the verdict {verdict.short} was never kept here")
            continue
        if row[:2] != (wanted.name, str(wanted.digest)):
            about = f"{row[0]}, {Digest.parse(row[1]).short}"
            yield Reason(Code.OTHER_MODEL, f"the verdict {verdict.short} is about another model ({about})")
        if not row[2]:
            yield Reason(Code.VERDICT_REFUSED, f"the verdict {verdict.short} did not pass")
        if db.row("SELECT 1 FROM used WHERE verdict = ?", str(verdict)):
            yield Reason(Code.VERDICT_USED, f"the verdict {verdict.short} was already used for a promotion")
        if verdicts.count(verdict) > 1:
            times = verdicts.count(verdict)
            yield Reason(Code.VERDICT_REPEATED, f"the verdict {verdict.short} was given {times} times")


def _rollback_faults(db: Database, wanted: Version, verdicts: Sequence[Digest]) -> Iterator[Reason]:
    """Go back only to a version that was promoted, and with exactly the verdicts of its last promotion."""
    row = db.row(
        "SELECT verdicts FROM promotion WHERE name = ? AND new_version = ? AND digest = ? AND kind = ?"
        " ORDER BY epoch DESC LIMIT 1",
        *(wanted.name, wanted.version, str(wanted.digest), str(Move.PROMOTION)),
    )
    if row is None:
        sentence = (
            f"{wanted.name} version {wanted.version} was never promoted on verdicts; there is nothing to go back to"
        )
        yield Reason(Code.NEVER_PROMOTED, sentence)
    elif sorted(verdicts_of(row)) != sorted(str(verdict) for verdict in verdicts):
        sentence = f"the verdicts are not those on which {wanted.name} version {wanted.version} was promoted"
        yield Reason(Code.OTHER_VERDICTS, sentence)


def _break_glass_faults(db: Database, wanted: Version, verdicts: Sequence[Digest]) -> Iterator[Reason]:
    """A break-glass move uses no verdict: those that are there stay for a promotion."""
    if verdicts:
        sentence = f"a break-glass move stands on no verdict, and {len(verdicts)} were given"
        yield Reason(Code.VERDICT_NOT_WANTED, sentence)
