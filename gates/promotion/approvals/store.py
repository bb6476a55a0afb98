"""Keep the approval requests of one model name and their answers, as notes: signed documents in the ledger's hash chain.

Everything read was verified: a request is signed by the gatekeeper, an answer by an approver in today's policy.
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
    ApprovalAnswer,
    ApprovalRequest,
    read_answer,
    read_request,
    write_answer,
    write_request,
)
from gates.promotion.approvals.standing import RequestStanding, RequestState, conflicts, find_standing
from gates.registry import Finding, Ledger
from gates.session import Session

REQUEST, ANSWER = "approval-request", "approval"


@dataclass(frozen=True, slots=True)
class KeptRequest:
    """Hold a request as it was kept: ``digest`` names exactly what is shown and approved."""

    request: ApprovalRequest
    digest: Digest


@dataclass(frozen=True, slots=True)
class ApprovalStore:
    """Keep and read the requests and answers about the promotions of ``name``, under the people of ``policy``."""

    ledger: Ledger
    keys: Keyring
    policy: PromotionPolicy
    name: str

    @classmethod
    def of(cls, session: Session) -> ApprovalStore:
        """Return the store for the model that a session gates."""
        return cls(session.registry, session.keys, session.policy.promotion, session.work.name)

    def all(self) -> tuple[KeptRequest, ...]:
        """Return every request, oldest first.

        Raises `SubjectError` for one that was edited or has no trusted signature.
        """
        notes = self.ledger.notes(self.name, REQUEST)
        trusted = self.keys.trusted(GATEKEEPER) if notes else {}
        return tuple(self._read(note.digest, trusted) for note in notes)

    def _read(self, digest: Digest, trusted: Mapping[str, PublicKey]) -> KeptRequest:
        what = f"the approval request {digest.short}"
        envelope = self.ledger.blobs.read(digest)
        return KeptRequest(read_request(open_envelope(envelope, REQUEST_TYPE, trusted, what), what), digest)

    def findings(self) -> Iterator[Finding]:
        """Yield a finding for each request and answer that was edited or has no trusted signature."""
        requests, answers = (self.ledger.notes(self.name, kind) for kind in (REQUEST, ANSWER))
        trusted, known = self.keys.trusted(GATEKEEPER) if requests else {}, self._approvers()
        for note in requests:
            yield from _finding(f"{REQUEST} of {self.name}", partial(self._read, note.digest, trusted))
        for note in answers:
            yield from _finding(f"{ANSWER} of {self.name}", partial(self._answer, note.digest, known))

    def find(self, id: str) -> KeptRequest:
        """Return the newest request of the run ``id``. Raises `SubjectError` when there is none."""
        requests = self.all()
        of_run = [kept for kept in requests if kept.request.id == id]
        if not of_run:
            known = ", ".join(kept.request.id for kept in requests[-3:]) or "none"
            raise SubjectError(f"no approval was requested under {id:.80} (newest: {known})", "gates status lists them")
        return of_run[-1]

    def about(self, request: ApprovalRequest) -> KeptRequest | None:
        """Return the newest kept request for the same promotion; None where there is none."""
        return next((kept for kept in reversed(self.all()) if kept.request.is_about(request)), None)

    def answers(self) -> tuple[ApprovalAnswer, ...]:
        """Return the answers of approvers of today's policy, oldest first, without those by a key that signs for this home.

        Raises `SubjectError` for one that was edited.
        """
        known, own = self._approvers(), self.own_keys()
        return tuple(
            answer
            for note in self.ledger.notes(self.name, ANSWER)
            if (answer := self._answer(note.digest, known)) and answer.key not in own
        )

    def _answer(self, digest: Digest, known: Mapping[str, PublicKey]) -> ApprovalAnswer | None:
        return _open(self.ledger.blobs.read(digest), known, digest)

    def _approvers(self) -> Mapping[str, PublicKey]:
        return {person.key_id: PublicKey(person.key_id, person.der) for person in self.policy.approvers}

    def own_keys(self) -> frozenset[str]:
        """Return the ids of the keys that sign verdicts and decisions here."""
        return frozenset({**self.keys.trusted(GATE), **self.keys.trusted(GATEKEEPER)})

    def standing(self, kept: KeptRequest, now: datetime) -> RequestStanding:
        """Return how a request stands at the time ``now`` under today's policy."""
        return find_standing(kept.request, kept.digest, self.answers(), self.policy, now)

    def is_promoted(self, kept: KeptRequest) -> bool:
        """Return whether a promotion has used any verdict of the request."""
        return any(self.ledger.used(verdict) for verdict in kept.request.verdicts.values())

    def describe(self, kept: KeptRequest, now: datetime) -> str:
        """Return in words how a request stands at the time ``now``."""
        if self.is_promoted(kept):
            return "promoted"
        standing = self.standing(kept, now)
        return (
            f"{standing.state}: {standing.sentence}"
            if standing.state is not RequestState.APPROVED
            else standing.sentence
        )

    def awaited(self, kept: KeptRequest, now: datetime) -> tuple[str, ...]:
        """Return the names of those who may still approve a request at the time ``now``; none where it waits for nobody."""
        if self.is_promoted(kept):
            return ()
        standing = self.standing(kept, now)
        if standing.state is not RequestState.WAITING:
            return ()
        return tuple(
            person.name
            for person in self.policy.approvers
            if person.name not in standing.approved and not conflicts(kept.request, person, self.policy)
        )

    def keep(self, request: ApprovalRequest) -> KeptRequest:
        """Sign a request with the gatekeeper's key, keep it, and return it with its digest."""
        envelope = sign(REQUEST_TYPE, write_request(request), self.keys.signer(GATEKEEPER))
        return KeptRequest(request, self.ledger.keep_note(self.name, REQUEST, envelope, request.at).digest)

    def keep_answer(self, answer: ApprovalAnswer, signer: Signer) -> None:
        """Sign an answer with the key of the person who gives it, and keep it."""
        self.ledger.keep_note(self.name, ANSWER, sign(ANSWER_TYPE, write_answer(answer), signer), answer.at)


def _open(envelope: bytes, known: Mapping[str, PublicKey], digest: Digest) -> ApprovalAnswer | None:
    """Return an answer, or None where its key is of no approver in today's policy. Raises `SubjectError` for one that was
    edited.
    """
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
