"""The approval requests of one name and what was answered, kept as notes: signed documents in the ledger's hash chain.

What is read comes out of an envelope: a request that the gatekeeper signed, an answer that an approver in today's policy signed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from gates import documents
from gates.attest import GATE, GATEKEEPER, Keyring, PublicKey, Signer, open_envelope, sign
from gates.attest.keys import KeyRefused
from gates.digest import Digest
from gates.errors import GatesError, SubjectError
from gates.policy.records import PromotionPolicy
from gates.promotion.approvals.documents import (
    ANSWER_TYPE,
    REQUEST_TYPE,
    Answer,
    Request,
    Standing,
    State,
    read_answer,
    read_request,
    stand,
    write_answer,
    write_request,
)
from gates.registry import Finding, Ledger

REQUEST, ANSWER = "approval-request", "approval"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it was kept: ``digest`` names exactly what is shown and approved."""

    request: Request
    digest: Digest


@dataclass(frozen=True, slots=True)
class Requests:
    """What was asked and answered about ``name``."""

    ledger: Ledger
    keys: Keyring
    policy: PromotionPolicy
    name: str

    def all(self) -> tuple[Asked, ...]:
        """Every request, oldest first. Raises `SubjectError` for one that was edited or is signed by nobody who is trusted."""
        notes = self.ledger.notes(self.name, REQUEST)
        trusted = self.keys.trusted(GATEKEEPER) if notes else {}
        return tuple(self._read(note.digest, trusted) for note in notes)

    def _read(self, digest: Digest, trusted: Mapping[str, PublicKey]) -> Asked:
        what = f"the approval request {digest.short}"
        envelope = self.ledger.blobs.read(digest)
        return Asked(read_request(open_envelope(envelope, REQUEST_TYPE, trusted, what), what), digest)

    def findings(self) -> Iterator[Finding]:
        """Each request and answer that was edited, or that nobody who is trusted signed."""
        requests, answers = (self.ledger.notes(self.name, kind) for kind in (REQUEST, ANSWER))
        trusted, known = self.keys.trusted(GATEKEEPER) if requests else {}, self._approvers()
        for note in requests:
            yield from _finding(f"{REQUEST} of {self.name}", partial(self._read, note.digest, trusted))
        for note in answers:
            yield from _finding(f"{ANSWER} of {self.name}", partial(self._answer, note.digest, known))

    def find(self, id: str) -> Asked:
        """The request of the run ``id``. Raises `SubjectError` when there is none."""
        found = [asked for asked in self.all() if asked.request.id == id]
        if not found:
            known = ", ".join(asked.request.id for asked in self.all()[-3:]) or "none"
            raise SubjectError(f"no approval was asked for under {id:.80} (newest: {known})", "gates status lists them")
        return found[-1]

    def about(self, request: Request) -> Asked | None:
        """The newest request for the same promotion."""
        return next((asked for asked in reversed(self.all()) if asked.request.is_about(request)), None)

    def answers(self) -> tuple[Answer, ...]:
        """What approvers of today's policy said, oldest first; a key that signs verdicts or decisions here is no approver's."""
        known, ours = self._approvers(), self.ours()
        return tuple(
            answer
            for note in self.ledger.notes(self.name, ANSWER)
            if (answer := self._answer(note.digest, known)) and answer.key not in ours
        )

    def _answer(self, digest: Digest, known: Mapping[str, PublicKey]) -> Answer | None:
        return _open(self.ledger.blobs.read(digest), known, digest)

    def _approvers(self) -> Mapping[str, PublicKey]:
        return {person.key_id: PublicKey(person.key_id, person.der) for person in self.policy.approvers}

    def ours(self) -> frozenset[str]:
        """The ids of the keys that sign verdicts and decisions here."""
        return frozenset({**self.keys.trusted(GATE), **self.keys.trusted(GATEKEEPER)})

    def standing(self, asked: Asked, now: datetime) -> Standing:
        return stand(asked.request, asked.digest, self.answers(), self.policy, now)

    def is_promoted(self, asked: Asked) -> bool:
        return any(self.ledger.used(verdict) for verdict in asked.request.verdicts.values())

    def told(self, asked: Asked, now: datetime) -> str:
        """How it stands, for people."""
        if self.is_promoted(asked):
            return "promoted"
        standing = self.standing(asked, now)
        return f"{standing.state}: {standing.sentence}" if standing.state is not State.APPROVED else standing.sentence

    def keep(self, request: Request) -> Asked:
        envelope = sign(REQUEST_TYPE, write_request(request), self.keys.signer(GATEKEEPER))
        return Asked(request, self.ledger.keep_note(self.name, REQUEST, envelope, request.at).digest)

    def keep_answer(self, answer: Answer, signer: Signer) -> None:
        self.ledger.keep_note(self.name, ANSWER, sign(ANSWER_TYPE, write_answer(answer), signer), answer.at)


def _open(envelope: bytes, known: Mapping[str, PublicKey], digest: Digest) -> Answer | None:
    """An answer; None where its key is of nobody whom today's policy names. Raises `SubjectError` for one that was edited."""
    what = f"the answer {digest.short} to an approval request"
    match documents.load(envelope, what).get("signatures"):
        case [{"keyid": str(key)}]:
            pass
        case _:
            raise SubjectError(f"{what} carries no single signature", "it was damaged or edited; restore the home")
    if key not in known:
        return None
    try:
        return read_answer(open_envelope(envelope, ANSWER_TYPE, known, what), key, what)
    except ValueError:
        raise KeyRefused(
            f"the key {key[:12]} in the policy is no public key", "correct [tool.gates.promotion]"
        ) from None


def _finding(where: str, read: Callable[[], object]) -> Iterator[Finding]:
    try:
        read()
    except GatesError as error:
        yield Finding(where, error.message, "restore the home from a backup; approve nothing until it is explained")
