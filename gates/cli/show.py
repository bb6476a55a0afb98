"""`gates show`: print one run, model version, verdict or decision: the decision first, with --full as it was kept."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping

from gates import documents
from gates.attest import GATE, GATEKEEPER, STATEMENT_TYPE, PublicKey, open_envelope
from gates.cli.options import Commands, command, look, split_version
from gates.cli.show_short import show_decision, show_run, show_verdict, show_version
from gates.digest import Digest
from gates.errors import SubjectError
from gates.history.alias_moves import tell_move
from gates.judgement.decision import Ending
from gates.printing import printable_json
from gates.promotion.approvals.documents import write_request
from gates.promotion.approvals.store import ApprovalStore
from gates.registry import KeptRun, Ledger
from gates.reports.progress import Progress
from gates.session import ReadOnlySession

_SHORTEST = 4  # characters of a run's id that may stand for all of it


def add(commands: Commands) -> None:
    """Add the parser of `gates show` to the commands."""
    parser = command(commands, "show", "one run, model version, verdict or decision")
    parser.add_argument(
        "id",
        metavar="ID",
        help="latest, champion, NAME@VERSION, a run's id or its end, or the digest of a verdict or decision",
    )
    parser.add_argument("--full", action="store_true", help="print the whole document")
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the kept document itself; of a verdict or decision, its signed envelope",
    )
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Print one run, model version, verdict or decision, and return 0.

    Raises `SubjectError` where nothing of that id was kept, or where its signature is by no key that is trusted here.
    """
    session = look(options)
    id = _resolve(session, options.id)
    content = _find(session, id)
    if content.get("ending") == Ending.AWAITING_APPROVAL:
        content = {**content, "approval": _approval(session, id)}
    if options.json:
        print(printable_json(json.dumps(content, indent=2, ensure_ascii=False)))
        return 0
    progress = Progress(whole=options.verbose > 0)
    if not options.full:
        _show_short(progress, session, id, content)
        return 0
    if id.startswith("sha256:"):
        role = GATEKEEPER if _is_decision(session.registry, Digest.parse(id)) else GATE
        content = documents.load(_opened(content, session.keys.trusted(role)), "the document")
    _tell(progress, content)
    return 0


def _show_short(progress: Progress, session: ReadOnlySession, id: str, content: Mapping[str, object]) -> None:
    """Print what a person wants to know first."""
    if id.startswith("sha256:"):
        is_decision = _is_decision(session.registry, Digest.parse(id))
        payload = _opened(content, session.keys.trusted(GATEKEEPER if is_decision else GATE))
        (show_decision if is_decision else show_verdict)(progress, payload)
    elif "@" in id:
        name, number = split_version(id)
        show_version(progress, session, session.registry.version(name, number))
    else:
        show_run(progress, session.registry.run(id), content)
    progress.line(f"whole:     gates show {id} --full", "dim")


def _resolve(session: ReadOnlySession, id: str) -> str:
    """Return what ``latest``, ``champion`` or the end of a run's id stands for, else the id itself.

    Raises `SubjectError` where there is none, or where several runs have this end.
    """
    if id == "champion":
        _, work = session.project()
        champion = session.registry.champion(work.name)
        if champion is None:
            raise SubjectError(f"{work.name} has no champion", "run gates run first, or name a version: NAME@VERSION")
        return f"{work.name}@{champion.version.version}"
    if "@" in id or id.startswith("sha256:"):
        return id
    runs: tuple[KeptRun, ...] = session.registry.runs()
    if id == "latest":
        if not runs:
            raise SubjectError("no command was run in this home", "run gates run first")
        return runs[-1].id
    named = [run.id for run in runs if run.id.endswith(id) and len(id) >= _SHORTEST]
    if len(named) > 1 and id not in named:
        raise SubjectError(f"{len(named)} runs end with {id:.40}: {', '.join(named[:4])}", "write more of the id")
    return named[0] if len(named) == 1 else id


def _approval(session: ReadOnlySession, id: str) -> Mapping[str, object]:
    """Return what a run requested, how that stands under today's policy, and who answered what."""
    policy, work = session.project()
    store = ApprovalStore(session.registry, session.keys, policy.promotion, work.name)
    kept = store.find(id)
    answers = [answer for answer in store.answers() if answer.request == kept.digest]
    return {
        "request": str(kept.digest),
        "stands": store.describe(kept, session.clock()),
        "asks": documents.load(write_request(kept.request), "the request"),
        "answers": [f"{a.at:%Y-%m-%d %H:%M:%S} UTC  {a.by}: {a.act}{a.reason and f' ({a.reason})'}" for a in answers],
    }


def _opened(envelope: Mapping[str, object], trusted: Mapping[str, PublicKey]) -> bytes:
    """Return the payload of an envelope, if it is signed by a key that is trusted here."""
    return open_envelope(documents.dump(envelope), STATEMENT_TYPE, trusted, "the document")


def _is_decision(registry: Ledger, digest: Digest) -> bool:
    return any(entry.decision == digest for name in registry.names() for entry in registry.log(name))


def _find(session: ReadOnlySession, id: str) -> Mapping[str, object]:
    registry = session.registry
    if "@" in id:
        name, number = split_version(id)
        version = registry.version(name, number)
        verdicts = registry.verdicts(name, version.digest)
        return {
            "model": f"{name}@{number}",
            "digest": str(version.digest),
            "size": version.size,
            "created": version.created.isoformat(),
            **version.facts,
            "moves": [tell_move(registry, session.keys, e) for e in registry.log(name) if e.new_version == number],
            "verdicts": [f"{v.gate} {'passed' if v.passed else 'refused'} {v.digest}" for v in verdicts],
            "decisions": [f"{e.kind} {e.decision}" for e in registry.log(name) if e.new_version == number],
        }
    if id.startswith("sha256:"):
        digest = Digest.parse(id)
        if _is_decision(registry, digest):
            return documents.load(registry.blobs.read(digest), "the decision")
        return documents.load(registry.verdict_document(digest), "the verdict")
    return documents.load(registry.run(id).document, f"run {id}")


def _tell(progress: Progress, content: Mapping[str, object], indent: str = "") -> None:
    """Print a document as indented lines; lists of plain values one a line."""
    for key, value in content.items():
        if isinstance(value, dict):
            progress.line(f"{indent}{key}")
            _tell(progress, value, indent + "  ")
        elif isinstance(value, list):
            progress.line(f"{indent}{key}" + ("" if value else "  none"))
            for entry in value:
                if isinstance(entry, dict):
                    _tell(progress, entry, indent + "  ")
                else:
                    progress.line(f"{indent}  {entry}")
        else:
            progress.line(f"{indent}{key}  {value}")
