"""`gates show`: print one run, model version, verdict or decision, as it was kept."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping

from gates import documents
from gates.attest import GATE, GATEKEEPER, STATEMENT_TYPE, PublicKey, open_envelope
from gates.cli.options import Commands, command, look, split_version
from gates.digest import Digest
from gates.history.alias_moves import tell_move
from gates.judgement.decision import Ending
from gates.printing import printable_json
from gates.promotion.approvals.documents import write_request
from gates.promotion.approvals.store import ApprovalStore
from gates.registry import Ledger
from gates.reports.progress import Progress
from gates.session import ReadOnlySession


def add(commands: Commands) -> None:
    """Add the parser of `gates show` to the commands."""
    parser = command(commands, "show", "one run, model version, verdict or decision")
    parser.add_argument("id", metavar="ID", help="a run's id, NAME@VERSION, or the digest of a verdict or decision")
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
    content = _find(session, options.id)
    if content.get("ending") == Ending.AWAITING_APPROVAL:
        content = {**content, "approval": _approval(session, options.id)}
    if options.json:
        print(printable_json(json.dumps(content, indent=2, ensure_ascii=False)))
        return 0
    if options.id.startswith("sha256:"):
        role = GATEKEEPER if _is_decision(session.registry, Digest.parse(options.id)) else GATE
        content = _opened(content, session.keys.trusted(role))
    _tell(Progress(), content)
    return 0


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


def _opened(envelope: Mapping[str, object], trusted: Mapping[str, PublicKey]) -> Mapping[str, object]:
    """Return the statement in an envelope, if it is signed by a key that is trusted here."""
    payload = open_envelope(documents.dump(envelope), STATEMENT_TYPE, trusted, "the document")
    return documents.load(payload, "the document")


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
