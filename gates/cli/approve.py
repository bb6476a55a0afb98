"""`gates approve`, and what it shares with `gates reject`: show the request, and sign the answer with one's own key."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from gates.attest import Signer
from gates.attest.keyring import APPROVER_VARIABLE, open_source
from gates.attest.keys import PrivateKey
from gates.cli.options import Commands, command, session_of, tells_a_decision
from gates.cli.run import finish
from gates.errors import ConfigError
from gates.judgement.decision import Decision
from gates.promotion.approvals.answers import approve, withdraw
from gates.promotion.approvals.store import ApprovalStore, KeptRequest
from gates.registry.lock import hold
from gates.session import Session
from gates.workflow.run_history import recorded

GiveAnswer = Callable[[Session, KeptRequest, Signer, str], Decision]


def add(commands: Commands) -> None:
    """Add the parser of `gates approve` to the commands."""
    parser = command(commands, "approve", "approve a promotion that waits for it; the last approval promotes")
    add_answer_options(parser)
    parser.add_argument("--withdraw", action="store_true", help="take your own approval back, before the promotion")
    parser.add_argument("--reason", default="", metavar="TEXT", help="kept with the answer")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Approve the request that waits, or withdraw one's own approval, and return the exit code. Raises like `give_answer`."""
    return give_answer(options, "approve", withdraw if options.withdraw else approve)


def add_answer_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a command that answers a request: its id, --key, and those of `tells_a_decision`."""
    parser.add_argument("id", metavar="ID", help="the id of the run that waits; gates status lists them")
    parser.add_argument(
        "--key", type=Path, default=None, metavar="FILE", help=f"your own private key (default: {APPROVER_VARIABLE})"
    )
    tells_a_decision(parser)


def give_answer(options: argparse.Namespace, purpose: str, answer: GiveAnswer) -> int:
    """Show a request for approval, answer it with ``answer``, and return the exit code.

    ``purpose`` names the command in the lock and in the history. Raises `SubjectError` for an id under which nothing was
    requested, `ConfigError` without a key, and what ``answer`` raises.
    """
    source = os.environ.pop(APPROVER_VARIABLE, None)  # first of all: nothing that this process starts may inherit it
    session = session_of(options)
    with hold(session.home.path, purpose=f"gates {purpose}", wait=options.wait):
        kept = ApprovalStore.of(session).find(options.id)
        signer = signer_of(options.key, source)
        show(session, kept)
        decision = recorded(session, f"{purpose} {options.id}", lambda: answer(session, kept, signer, options.reason))
    return finish(session, decision, options)


def signer_of(file: Path | None, source: str | None) -> Signer:
    """Return a person's own key: from the file that was named, else from the text of the environment variable.

    Raises `ConfigError` where neither was given.
    """
    if file is not None:
        return PrivateKey.from_file(file)
    if source is None:
        raise ConfigError(
            "a person signs this, and no key was given", f"name it with --key FILE or {APPROVER_VARIABLE}"
        )
    return open_source(source, APPROVER_VARIABLE)


def show(session: Session, kept: KeptRequest) -> None:
    """Print what the answer will be bound to: the request, its digest, the champion, the verdicts, and what was measured."""
    request, line = kept.request, session.progress.line
    champion = f"{request.champion.short} (epoch {request.epoch})" if request.champion else "nobody"
    line(f"request {request.id}  {kept.digest}", "bold")
    line(f"  promote      {request.name} version {request.version}  {request.digest.short}")
    line(f"  in place of  {champion}")
    line(f"  learned from {request.data.short}, under the policy {request.policy.short}")
    line(f"  requested    {request.at:%Y-%m-%d %H:%M:%S} UTC, until {request.until:%Y-%m-%d %H:%M:%S} UTC")
    line(f"  started by   {', '.join(request.authors)}")
    for gate, verdict in request.verdicts.items():
        line(f"  verdict      {gate} {verdict.short}")
    for sentence in request.summary:
        line(f"  {sentence}")
