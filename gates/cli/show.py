"""`gates show`: one run, one model version, one verdict or one decision, as it was kept."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from gates import documents
from gates.attest import GATE, GATEKEEPER, STATEMENT_TYPE, Keyring, PublicKey, open_envelope
from gates.cli.options import Commands, command, home_of, policy_of, registry_of, split_version
from gates.digest import Digest
from gates.history.alias_moves import tell_move
from gates.home import Home
from gates.judgement.decision import Ending
from gates.policy.reader import read_policy
from gates.ports import open_work
from gates.promotion.approvals.documents import write_request
from gates.promotion.approvals.store import Requests
from gates.registry import Ledger
from gates.reports.progress import Progress


def add(commands: Commands) -> None:
    parser = command(commands, "show", "one run, model version, verdict or decision")
    parser.add_argument("id", metavar="ID", help="a run's id, NAME@VERSION, or the digest of a verdict or decision")
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the kept document itself; of a verdict or decision, its signed envelope",
    )
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    registry, progress = registry_of(options), Progress()
    keys = Keyring(Home(home_of(options)).keys)
    content = _find(registry, keys, options.id)
    if content.get("ending") == Ending.AWAITING_APPROVAL:
        content = {**content, "approval": _approval(options, registry)}
    if options.json:
        print(json.dumps(content, indent=2, ensure_ascii=False))
        return 0
    if options.id.startswith("sha256:"):
        role = GATEKEEPER if _is_decision(registry, Digest.parse(options.id)) else GATE
        content = _opened(content, keys.trusted(role))
    _tell(progress, content)
    return 0


def _approval(options: argparse.Namespace, registry: Ledger) -> Mapping[str, object]:
    """What a run asked for, how that stands under today's policy, and who said what."""
    policy = read_policy(policy_of(options))
    name = open_work(policy.work, policy.source).name
    keys = Keyring(Home(home_of(options)).keys, pinned=policy.trust)
    requests = Requests(registry, keys, policy.promotion, name)
    asked = requests.find(options.id)
    answers = [answer for answer in requests.answers() if answer.request == asked.digest]
    return {
        "request": str(asked.digest),
        "stands": requests.told(asked, datetime.now(UTC)),
        "asks": documents.load(write_request(asked.request), "the request"),
        "answers": [f"{a.at:%Y-%m-%d %H:%M:%S} UTC  {a.by}: {a.act}{a.reason and f' ({a.reason})'}" for a in answers],
    }


def _opened(envelope: Mapping[str, object], trusted: Mapping[str, PublicKey]) -> Mapping[str, object]:
    """The statement in an envelope, if it is signed by a key that is trusted here."""
    payload = open_envelope(documents.dump(envelope), STATEMENT_TYPE, trusted, "the document")
    return documents.load(payload, "the document")


def _is_decision(registry: Ledger, digest: Digest) -> bool:
    return any(entry.decision == digest for name in registry.names() for entry in registry.log(name))


def _find(registry: Ledger, keys: Keyring, id: str) -> Mapping[str, object]:
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
            "moves": [tell_move(registry, keys, entry) for entry in registry.log(name) if entry.new_version == number],
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
    """A document as indented lines; lists of plain values one a line."""
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
