"""Documents that Gates itself wrote, with fields exchanged: read as what they say, or refused in our own words.

Each begins with a sound one, as a command writes it, so that what is exchanged lies beyond every first look.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fuzz.mutation import damaged, reshaped
from fuzz.test_readers_of_foreign_bytes import bounded
from hypothesis import given
from promotion.small_home import NAME, NOON, SmallHome, make_small_home

from gates.attest.decision import Decided, read_decision, write_decision
from gates.attest.result import read_result, write_result
from gates.attest.rollback_guard import Landmark, read_landmark, write_landmark
from gates.digest import Digest
from gates.errors import GatesError
from gates.nightly.night import Night, NightState, Worst, from_document, to_document
from gates.policy.lockfile import Lock, read_lock, render
from gates.promotion.approvals.documents import (
    AnswerKind,
    ApprovalAnswer,
    ApprovalRequest,
    read_answer,
    read_request,
    write_answer,
    write_request,
)
from gates.reason import Code, Reason
from gates.work.mark_documents import SeenContent, as_bytes, read_document
from gates.work.model.golden import read_golden
from gates.work.triggers.receive import Receiver

SHA = Digest.of_bytes(b"a model")
URL = "https://papers.blob.core.windows.net/training/papers.csv"


@dataclass(frozen=True)
class Kind:
    """Sound bytes of one kind of document, what reads them, and what writes them again (None where nothing does)."""

    sound: bytes
    read: Callable[[bytes], object]
    write: Callable[[object], bytes] | None = None


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> SmallHome:
    made = make_small_home(tmp_path_factory.mktemp("documents") / "project")
    made.crowned("A")
    made.crowned("B")
    return made


def in_file(path: Path, reader: Callable[[Path], object]) -> Callable[[bytes], object]:
    def look(content: bytes) -> object:
        path.write_bytes(content)
        return reader(path)

    return look


class NoMarks:
    """Marks that remember nothing: every event is new."""

    def hold(self, url: str):
        raise GatesError("this mark is held", "look again")


def receive(content: bytes) -> object:
    reply = Receiver("training", "papers.csv", NoMarks(), lambda event: "").receive(content)
    if reply.status != 200:
        raise GatesError(str(reply.body["message"]), "")
    return reply


def result(home: SmallHome) -> Kind:
    digest = home.session.registry.log(NAME)[-1].verdicts[0]
    verdict = dataclasses.replace(
        home.verdict(digest),
        passed=False,
        reasons=(Reason(Code.BOUND_MISSED, "accuracy = 0.7", "test_x.py::test_a", "accuracy"),),
    )
    return Kind(write_result(verdict), read_result, write_result)


def decision(home: SmallHome) -> Kind:
    return Kind(write_decision(home.decided()), read_decision, write_decision)


def golden(home: SmallHome) -> Kind:
    content = {
        "schema": 1, "rows": [{"a": 1.0, "b": 2.0}, {"a": 3.5, "b": -1.0}], "matrix": [[1.0, 2.0], [3.5, -1.0]],
        "predictions": ["x", "y"], "probabilities": [[0.25, 0.75], [1.0, 0.0]],
    }  # fmt: skip
    return Kind(json.dumps(content).encode(), in_file(home.project.root / "golden.json", read_golden))


def landmark(home: SmallHome) -> Kind:
    return Kind(write_landmark(Landmark(NAME, SHA, NOON, 2, "a" * 64)), read_landmark, write_landmark)


def request(home: SmallHome) -> Kind:
    verdicts = dict.fromkeys(("data", "model", "drift", "endpoint"), SHA)
    until = NOON + timedelta(hours=24)
    made = ApprovalRequest("run", NAME, 2, SHA, SHA, SHA, 2, SHA, verdicts, ("ada",), NOON, until, ("accuracy = 0.9",))
    return Kind(write_request(made), read_request, write_request)


def answer(home: SmallHome) -> Kind:
    made = ApprovalAnswer(AnswerKind.APPROVE, SHA, "Ada", "it is good", NOON)
    return Kind(write_answer(made), lambda content: read_answer(content, ""), write_answer)


def night(home: SmallHome) -> Kind:
    made = Night(
        "n1", datetime(2026, 11, 24, 3, tzinfo=UTC), NightState.ALARM, 0.001, 2, 1, str(SHA), "1000", "papers.csv", str(SHA),
        900, 800, 0.0001, (Reason(Code.BOUND_MISSED, "drift"),), (Worst("a", "moved by 2", 0.001, True),),
        {"a": (2.0, 0.1), "b": (0.3,)}, "n1",
    )  # fmt: skip
    return Kind(to_document(made), from_document, to_document)


def mark(home: SmallHome) -> Kind:
    content = SeenContent("0x2", "9", "Wed, 25 Nov 2026 03:27:05 GMT", SHA.hex, 1.5)
    return Kind(as_bytes(URL, ("0x1", "0x2"), content), lambda text: read_document(text, URL, "mark.json"))


def event(home: SmallHome) -> Kind:
    made = [{
        "id": "1", "topic": "", "subject": "/blobServices/default/containers/training/blobs/papers.csv",
        "eventType": "Microsoft.Storage.BlobCreated", "eventTime": "2026-11-24T03:27:05Z",
        "data": {"api": "PutBlob", "eTag": "0x1", "contentLength": 9, "blobType": "BlockBlob", "url": URL, "sequencer": "0"},
    }]  # fmt: skip
    return Kind(json.dumps(made).encode(), receive)


KINDS = (result, decision, golden, landmark, request, answer, night, mark, event)


def look_at(kind: Kind, content: bytes, refusals: list[str]) -> None:
    """Read; what is accepted has to be written again, with the same meaning, and nothing else may be raised."""
    try:
        read = kind.read(content)
    except GatesError as refusal:
        refusals.append(refusal.message)
        return
    if kind.write is not None:
        assert kind.read(kind.write(read)) == read or "nan" in repr(read)
    if isinstance(read, Night):
        assert read.day
        assert all(one.sentence for one in read.worst)
    repr(read)


@pytest.mark.parametrize("make", KINDS)
def test_a_sound_document_is_read_and_written_again_as_it_was(make, home):
    kind = make(home)
    if make is event:
        with pytest.raises(GatesError, match="this mark is held"):
            kind.read(kind.sound)
        return
    read = kind.read(kind.sound)
    if kind.write is not None:
        assert kind.write(read) == kind.sound


@pytest.mark.slow
@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("mutation", [reshaped, damaged])
def test_a_document_with_other_fields_is_read_or_refused(make, mutation, home):
    kind, refusals = make(home), []

    @bounded
    @given(mutation(kind.sound))
    def look(content: bytes) -> None:
        look_at(kind, content, refusals)

    look()
    assert len(set(refusals)) >= 5, "the faults lie beyond the first look"
    assert max(map(len, refusals)) < 6_000


@pytest.mark.slow
@pytest.mark.parametrize("make", [result, decision])
def test_no_field_of_a_verdict_or_a_decision_can_be_exchanged_unseen(make, home):
    """What is accepted says the same when it is written anew: no field is there that nothing reads."""
    kind = make(home)
    sound = json.loads(kind.sound)

    @bounded
    @given(reshaped(kind.sound))
    def look(content: bytes) -> None:
        try:
            read = kind.read(content)
        except GatesError:
            return
        again = json.loads(kind.write(read))
        if isinstance(
            read, Decided
        ):  # the version of Gates that wrote it is the one thing that is written as it is now
            for document in (again, changed := json.loads(content)):
                document["predicate"]["verifier"]["version"] = sound["predicate"]["verifier"]["version"]
            assert again == changed
        elif (
            json.loads(content)["predicate"]["urn:gates:verdict:v1"]["schema"] != 1
        ):  # an older one is written as a newer
            assert again == json.loads(content)

    look()


@pytest.mark.slow
def test_a_lock_with_other_lines_is_read_or_refused(home):
    lock = Lock.of(home.session.policy)
    sound, refusals = render(lock).encode(), []
    read = in_file(home.project.root / "gates.lock", read_lock)
    assert read(sound) == lock

    @bounded
    @given(damaged(sound))
    def look(content: bytes) -> None:
        try:
            assert render(read(content)).encode() == content.replace(b"\r\n", b"\n"), "only what Gates wrote is read"
        except GatesError as refusal:
            refusals.extend(refusal.faults if hasattr(refusal, "faults") else [refusal.message])

    look()
    assert len(set(refusals)) >= 5
    assert asdict(lock)["policy"]["hex"] == lock.policy.hex
