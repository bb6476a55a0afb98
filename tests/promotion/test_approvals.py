"""People approve exactly what they were shown, each with a key of their own, in time; anything else leaves the champion."""

from dataclasses import replace
from datetime import timedelta

import pytest
from promotion.small_home import NAME, NOON, SmallHome

from gates import documents
from gates.approvals import (
    ANSWER_TYPE,
    REQUEST_TYPE,
    Act,
    Answer,
    State,
    read_answer,
    read_request,
    write_answer,
    write_request,
)
from gates.approving import approve, promote_or_ask, reject, withdraw
from gates.attest import GATE, GATEKEEPER, open_envelope, sign
from gates.decision import Ending
from gates.errors import ApprovalWanted, ConfigError, DigestMismatch, PromotionRefused, SubjectError
from gates.inquiry import requests_of
from gates.pipeline import Request, run_pipeline
from gates.promoting import promote_version
from gates.requests import ANSWER, REQUEST


def ask(small: SmallHome, words: str = "A"):
    """A judged version, and what was asked about it."""
    version = small.judged(words)
    engine = small.engine
    decision = promote_or_ask(engine, version)
    assert decision.ending is Ending.AWAITING_APPROVAL, decision
    return version, requests_of(engine).find(engine.id)


def say(small: SmallHome, name: str, asked, act=approve, reason: str = ""):
    return act(small.engine, asked, small.someone(name).signer, reason)


def refused(small: SmallHome, name: str, asked, act=approve, reason: str = "because") -> str:
    """Why it was refused; nothing has then changed."""
    before = (small.engine.champion(), requests_of(small.engine).answers())
    with pytest.raises(PromotionRefused) as refusal:
        say(small, name, asked, act, reason)
    assert (small.engine.champion(), requests_of(small.engine).answers()) == before
    return "\n".join(refusal.value.reasons)


def standing(small: SmallHome, asked):
    engine = small.engine
    return requests_of(engine).standing(asked, engine.clock())


# --- asking


def test_a_run_that_passed_awaits_approval_and_says_how_to_decide(asking):
    engine = asking.engine
    decision = run_pipeline(engine, Request())
    assert (decision.ending, decision.exit_code) == (Ending.AWAITING_APPROVAL, 4)
    assert decision.sentence == "awaiting approval: papers version 1 passed every gate; 0 of 2 approvals"
    assert decision.reasons == (
        "it takes 2 of: Ada, Bo, Cy; until 2026-11-25 12:00:00 UTC, then it is rejected",
        f"to decide: gates approve {engine.id}, or gates reject {engine.id} --reason TEXT",
    )
    assert engine.champion() is None


def test_a_request_holds_what_is_to_be_promoted_and_what_was_measured(asking):
    version, asked = ask(asking)
    request = asked.request
    assert (request.name, request.version, request.digest, request.epoch, request.champion) == (
        NAME,
        1,
        version.digest,
        0,
        None,
    )
    assert set(request.verdicts) == {"data", "model", "drift", "endpoint"}
    assert request.authors == ("cy", "runner")
    assert request.until - request.at == timedelta(hours=24)
    assert request.summary[0] == "data gate: 1 of 1 checks count, judged 2026-11-24 12:00:00 UTC"


def test_the_same_promotion_is_asked_for_once(asking):
    version, asked = ask(asking)
    again = promote_or_ask(asking.engine, version)
    assert again.ending is Ending.AWAITING_APPROVAL
    assert requests_of(asking.engine).all() == (asked,)


def test_new_verdicts_are_asked_about_anew(asking):
    version, first = ask(asking)
    asking.clock.forward(minutes=1)
    asking.judge(version)
    promote_or_ask(asking.engine, version)
    assert len(requests_of(asking.engine).all()) == 2
    with pytest.raises(PromotionRefused, match="is about other verdicts than the newest ones of papers version 1"):
        say(asking, "Ada", first)


def test_what_does_not_pass_is_not_asked_about(asking):
    version = asking.register()
    with pytest.raises(PromotionRefused, match="no verdict"):
        promote_or_ask(asking.engine, version)
    assert requests_of(asking.engine).all() == ()


def test_without_approvals_in_the_policy_nobody_is_asked(small):
    assert promote_or_ask(small.engine, small.judged()).ending is Ending.PROMOTED


def test_nobody_who_does_not_ask_gets_round_the_approvals(asking):
    with pytest.raises(ApprovalWanted, match="nobody was asked to approve"):
        promote_version(asking.engine, asking.judged())
    assert issubclass(ApprovalWanted, PromotionRefused)


# --- approving


def test_the_last_approval_promotes_and_the_decision_names_who_approved(asking):
    from gates.attest import STATEMENT_TYPE
    from gates.attest.decision import read_decision

    version, asked = ask(asking)
    first = say(asking, "Ada", asked, reason="looks right")
    assert (first.ending, first.exit_code) == (Ending.AWAITING_APPROVAL, 4)
    assert first.sentence.endswith("passed every gate; 1 of 2 approvals by Ada")
    assert asking.engine.champion() is None
    assert say(asking, "Bo", asked).ending is Ending.PROMOTED
    engine = asking.engine
    assert engine.champion().version == version
    (entry,) = engine.registry.log(NAME)
    envelope = engine.registry.blobs.read(entry.decision)
    decided = read_decision(open_envelope(envelope, STATEMENT_TYPE, engine.keys.trusted(GATEKEEPER)))
    assert decided.notes == {"approval request": str(asked.digest), "approved by": "Ada, Bo"}
    assert engine.registry.audit() == ()
    assert requests_of(engine).told(asked, engine.clock()) == "promoted"


def test_the_same_person_twice_is_one_approval(asking):
    _, asked = ask(asking)
    say(asking, "Ada", asked)
    assert refused(asking, "Ada", asked) == (
        f"Ada has approved the request {asked.request.id} already; it waits for somebody else"
    )


def test_a_stranger_does_not_approve(asking):
    _, asked = ask(asking)
    assert "is of none of the approvers (Ada, Bo, Cy)" in refused(asking, "Eve", asked)


@pytest.mark.parametrize("act", [reject, withdraw])
def test_a_stranger_neither_rejects_nor_withdraws(act, asking):
    _, asked = ask(asking)
    assert "is of none of the approvers (Ada, Bo, Cy)" in refused(asking, "Eve", asked, act)


def test_whoever_started_the_run_does_not_approve_it(asking):
    _, asked = ask(asking)
    assert refused(asking, "Cy", asked) == (
        f"Cy started the run {asked.request.id}, and whoever started a run does not approve it"
    )


def test_an_approvers_other_accounts_are_theirs_too(asking):
    ada = asking.someone("Ada")
    asking.project.edit("pyproject.toml", ada.entry(), ada.entry(', accounts = ["Runner"]'))
    _, asked = ask(asking)
    assert "Ada started the run" in refused(asking, "Ada", asked)


def test_who_trained_the_model_does_not_approve_it_though_another_asked(asking, monkeypatch):
    from gates.recording import recorded

    engine = asking.engine
    recorded(engine, "run", lambda: run_pipeline(engine, Request()))
    monkeypatch.setattr("gates.inquiry.find_authors", lambda: ("somebody else",))
    version = asking.engine.registry.version(NAME, 1)
    asking.clock.forward(minutes=1)
    asking.judge(version)
    engine = asking.engine
    promote_or_ask(engine, version)
    asked = requests_of(engine).find(engine.id)
    assert asked.request.authors == ("somebody else", "cy", "runner")
    assert "Cy started the run" in refused(asking, "Cy", asked)


def test_a_policy_may_allow_own_runs(asking):
    asking.project.edit("pyproject.toml", "approvals = 2", "approvals = 2\nown_runs = true")
    _, asked = ask(asking)
    say(asking, "Cy", asked)
    assert say(asking, "Ada", asked).ending is Ending.PROMOTED


def test_a_key_that_signs_verdicts_here_approves_nothing(asking):
    signer = asking.engine.keys.signer(GATE)
    import base64

    key = base64.b64encode(signer.public.der).decode()
    asking.project.edit("pyproject.toml", asking.someone("Ada").entry(), f'{{ name = "Ada", key = "{key}" }}')
    _, asked = ask(asking)
    with pytest.raises(
        PromotionRefused, match="the key of Ada signs verdicts or decisions here; an approver signs with a key"
    ):
        approve(asking.engine, asked, signer)
    requests_of(asking.engine).keep_answer(Answer(Act.APPROVE, asked.digest, "Ada", "", NOON), signer)
    assert requests_of(asking.engine).answers() == ()


# --- rejecting, withdrawing, time


def test_a_rejection_closes_the_request_for_good(asking):
    version, asked = ask(asking)
    decision = say(asking, "Ada", asked, reject, "the data of Oslo are wrong")
    assert (decision.exit_code, decision.sentence) == (
        0,
        f"rejected by Ada: the data of Oslo are wrong; the request {asked.request.id} is closed",
    )
    for name in ("Bo", "Ada"):
        assert f"the request {asked.request.id} is closed: Ada rejected it: the data of Oslo are wrong" in refused(
            asking, name, asked
        )
    with pytest.raises(
        PromotionRefused, match="about these verdicts is closed: Ada rejected it: the data of Oslo are wrong"
    ):
        promote_or_ask(asking.engine, version)


def test_one_rejection_outweighs_every_approval(asking):
    _, asked = ask(asking)
    say(asking, "Ada", asked)
    say(asking, "Cy", asked, reject, "my own mistake")
    assert "is closed: Cy rejected it: my own mistake" in refused(asking, "Bo", asked)


def test_a_rejection_needs_a_reason(asking):
    _, asked = ask(asking)
    assert refused(asking, "Ada", asked, reject, "  ") == "a rejection needs a reason"


def test_a_withdrawn_approval_does_not_count(asking):
    _, asked = ask(asking)
    say(asking, "Ada", asked)
    decision = say(asking, "Ada", asked, withdraw, "too early")
    assert decision.sentence == f"Ada withdrew the approval of the request {asked.request.id}; 0 of 2 approvals"
    assert say(asking, "Bo", asked).ending is Ending.AWAITING_APPROVAL
    assert asking.engine.champion() is None
    assert say(asking, "Ada", asked).ending is Ending.PROMOTED


def test_only_ones_own_approval_is_withdrawn(asking):
    _, asked = ask(asking)
    say(asking, "Ada", asked)
    assert refused(asking, "Bo", asked, withdraw) == f"Bo has no approval of the request {asked.request.id} to withdraw"


def test_nothing_is_withdrawn_after_the_promotion(asking):
    _, asked = ask(asking)
    say(asking, "Ada", asked)
    say(asking, "Bo", asked)
    for act in (withdraw, approve, reject):
        assert f"the request {asked.request.id} is closed: it was promoted" in refused(asking, "Ada", asked, act)


def test_a_time_out_rejects(asking):
    asking.gates('max_age = "7d"')
    version, asked = ask(asking)
    say(asking, "Ada", asked)
    asking.clock.forward(hours=24, seconds=1)
    over = "its time was over at 2026-11-25 12:00:00 UTC, which rejects it"
    assert f"is closed: {over}" in refused(asking, "Bo", asked)
    assert standing(asking, asked).state is State.TIMED_OUT
    with pytest.raises(PromotionRefused, match="which rejects it"):
        promote_or_ask(asking.engine, version)


def test_approvals_that_are_complete_expire_too(asking):
    """Everybody approved, the promotion failed half-way, and then nobody came back in time."""
    asking.gates('max_age = "7d"')
    version, asked = ask(asking)
    for name in ("Ada", "Bo"):
        signer = asking.someone(name).signer
        requests_of(asking.engine).keep_answer(Answer(Act.APPROVE, asked.digest, name, "", NOON), signer)
    assert standing(asking, asked).state is State.APPROVED
    asking.clock.forward(hours=25)
    with pytest.raises(PromotionRefused, match="which rejects it"):
        promote_version(asking.engine, version)


def test_a_promotion_that_failed_after_the_last_approval_is_tried_again(asking):
    version, asked = ask(asking)
    for name in ("Ada", "Bo"):
        signer = asking.someone(name).signer
        requests_of(asking.engine).keep_answer(Answer(Act.APPROVE, asked.digest, name, "", NOON), signer)
    assert say(asking, "Bo", asked).ending is Ending.PROMOTED
    assert asking.engine.champion().version == version


def test_a_clock_that_was_set_back_does_not_reopen_a_request(asking):
    _, asked = ask(asking)
    engine = asking.engine
    engine.registry.keep_run("later", "started", b"{}")  # by the registry's own clock, which says today
    latest = max(run.at for run in engine.registry.runs())
    asking.clock.now = latest - timedelta(hours=1)
    with pytest.raises(PromotionRefused) as refusal:
        say(asking, "Ada", replace(asked, request=replace(asked.request, until=latest, at=latest - timedelta(days=1))))
    assert any(reason.endswith("it was set back") for reason in refusal.value.reasons), refusal.value.reasons


def test_a_request_from_the_future_is_not_answered(asking):
    _, asked = ask(asking)
    asking.clock.forward(hours=-1)
    assert f"the request {asked.request.id} is from the future (2026-11-24 12:00:00 UTC)" in refused(
        asking, "Ada", asked
    )


# --- all checks again


def test_a_champion_that_moved_meanwhile_stays(asking):
    _, asked = ask(asking, "A")
    _, other = ask(asking, "B")
    for name in ("Ada", "Bo"):
        say(asking, name, other)
    with pytest.raises(PromotionRefused, match=r"the champion changed since the gate judged \(epoch 0, now 1\)"):
        say(asking, "Ada", asked)
    assert asking.engine.champion().version.version == 2


CHANGES = {
    "the policy": (
        lambda s: s.project.edit("pyproject.toml", ">= 100", ">= 1"),
        "the policy changed since the gate judged",
    ),
    "the suite": (lambda s: s.project.edit("conftest.py", "200", "300"), "the suite changed since the gate judged"),
    "the time": (lambda s: s.clock.forward(hours=24, seconds=1), "old, allowed 1 day, 0:00:00; judge again"),
}


@pytest.mark.parametrize(("change", "sentence"), CHANGES.values(), ids=list(CHANGES))
def test_what_changed_before_the_last_approval_is_refused(change, sentence, asking):
    asking.project.edit("pyproject.toml", "approvals = 2", 'approvals = 2\ntimeout = "7d"')
    _, asked = ask(asking)
    say(asking, "Ada", asked)
    change(asking)
    with pytest.raises(PromotionRefused) as refusal:
        say(asking, "Bo", asked)
    assert any(sentence in reason for reason in refusal.value.reasons), refusal.value.reasons
    assert asking.engine.champion() is None


def test_a_verdict_that_was_made_since_and_refused_is_not_overlooked(asking):
    version, asked = ask(asking)
    say(asking, "Ada", asked)
    engine = asking.engine
    from gates.engine import Case
    from gates.verdict import Judgement

    batch = asked.request.data
    bindings = engine.bindings(Case(batch_digest=batch, challenger=engine.model_file(version)))
    engine.keep(Judgement("model", (), ("accuracy = 0.1",), True), bindings["model"])
    with pytest.raises(PromotionRefused, match=r"model gate: it refused: accuracy = 0\.1"):
        say(asking, "Bo", asked)


# --- documents


def test_an_approval_of_another_digest_does_not_count(asking):
    _, asked = ask(asking, "A")
    _, other = ask(asking, "B")
    say(asking, "Ada", other)
    assert standing(asking, asked).approved == ()
    assert standing(asking, other).approved == ("Ada",)


def test_an_answer_in_somebody_elses_name_does_not_count(asking):
    _, asked = ask(asking)
    signer = asking.someone("Ada").signer
    requests_of(asking.engine).keep_answer(Answer(Act.APPROVE, asked.digest, "Bo", "", NOON), signer)
    assert standing(asking, asked).approved == ()


def test_an_answer_of_a_key_that_the_policy_does_not_name_any_more_does_not_count(asking):
    _, asked = ask(asking)
    signer = asking.someone("Eve").signer
    requests_of(asking.engine).keep_answer(Answer(Act.APPROVE, asked.digest, "Ada", "", NOON), signer)
    assert requests_of(asking.engine).answers() == ()


@pytest.mark.parametrize("hours", [-1, 25])
def test_an_answer_from_before_the_request_or_after_its_end_does_not_count(hours, asking):
    _, asked = ask(asking)
    signer = asking.someone("Ada").signer
    answer = Answer(Act.APPROVE, asked.digest, "Ada", "", NOON + timedelta(hours=hours))
    requests_of(asking.engine).keep_answer(answer, signer)
    assert standing(asking, asked).approved == ()


def test_an_answer_with_a_borrowed_key_id_is_refused(asking):
    """Eve signs, and writes Ada's key id beside it."""
    _, asked = ask(asking)
    payload = write_answer(Answer(Act.APPROVE, asked.digest, "Ada", "", NOON))
    envelope = documents.load(sign(ANSWER_TYPE, payload, asking.someone("Eve").signer), "it")
    envelope["signatures"][0]["keyid"] = asking.someone("Ada").signer.public.id
    asking.engine.registry.keep_note(NAME, ANSWER, documents.dump(envelope), NOON)
    with pytest.raises(SubjectError, match="was not signed by the key that it names"):
        say(asking, "Bo", asked)
    (finding,) = asking.findings()
    assert (finding.where, "was not signed by the key that it names" in finding.what) == ("approval of papers", True)


def test_an_answer_of_another_kind_of_document_is_refused(asking):
    _, asked = ask(asking)
    payload = write_answer(Answer(Act.APPROVE, asked.digest, "Ada", "", NOON))
    asking.engine.registry.keep_note(NAME, ANSWER, sign(REQUEST_TYPE, payload, asking.someone("Ada").signer), NOON)
    with pytest.raises(SubjectError, match="its payload type is"):
        say(asking, "Bo", asked)


def test_an_answer_without_a_single_signature_is_refused(asking):
    _, asked = ask(asking)
    asking.engine.registry.keep_note(NAME, ANSWER, b'{"signatures":[]}', NOON)
    with pytest.raises(SubjectError, match="carries no single signature"):
        say(asking, "Ada", asked)


def test_a_request_that_the_gatekeeper_did_not_sign_is_refused(asking):
    _, asked = ask(asking)
    forged = sign(REQUEST_TYPE, write_request(replace(asked.request, authors=())), asking.someone("Eve").signer)
    asking.engine.registry.keep_note(NAME, REQUEST, forged, NOON)
    with pytest.raises(SubjectError, match="is signed by the unknown key"):
        requests_of(asking.engine).all()
    (finding,) = asking.findings()
    assert (finding.where, "is signed by the unknown key" in finding.what) == ("approval-request of papers", True)


@pytest.mark.parametrize("kind", [REQUEST, ANSWER])
def test_a_kept_document_that_was_edited_is_refused(kind, asking):
    _, asked = ask(asking)
    say(asking, "Ada", asked)
    registry = asking.engine.registry
    (note,) = registry.notes(NAME, kind)
    path = registry.blobs.path(note.digest)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"A", b"B", 1))
    with pytest.raises(DigestMismatch, match="no longer holds the bytes"):
        say(asking, "Bo", asked)
    assert asking.engine.champion() is None
    assert any(kind in finding.where for finding in registry.audit())


REQUEST_EDITS = {
    "another schema": ({"schema": 2}, "it has schema 2, wanted 1"),
    "a field more": ({"trust": "me"}, "its fields are"),
    "an author that is no text": ({"authors": [3]}, "one of its lists holds what is no text"),
    "a version that is true": ({"version": True}, "version has another type"),
    "a time without a zone": ({"until": "2026-11-24T12:00:00"}, "has no zone"),
    "a digest that is none": ({"digest": "md5:0"}, "is not a digest"),
    "verdicts of another kind": ({"verdicts": []}, "verdicts has another type"),
}


@pytest.mark.parametrize(("edit", "sentence"), REQUEST_EDITS.values(), ids=list(REQUEST_EDITS))
def test_a_request_of_another_form_is_not_read(edit, sentence, asking):
    _, asked = ask(asking)
    payload = write_request(asked.request)
    assert read_request(payload) == asked.request
    with pytest.raises(SubjectError) as refusal:
        read_request(documents.dump({**documents.load(payload, "it"), **edit}))
    assert sentence in refusal.value.message


ANSWER_EDITS = {
    "another schema": ({"schema": 2}, "it has schema 2, wanted 1"),
    "another act": ({"act": "applaud"}, "its act is 'applaud', wanted approve, reject, withdraw"),
    "a field more": ({"trust": "me"}, "its fields are"),
    "no time": ({"at": "soon"}, "which is no ISO 8601 time"),
}


@pytest.mark.parametrize(("edit", "sentence"), ANSWER_EDITS.values(), ids=list(ANSWER_EDITS))
def test_an_answer_of_another_form_is_not_read(edit, sentence, asking):
    answer = Answer(Act.REJECT, ask(asking)[1].digest, "Ada", "no", NOON, "k")
    payload = write_answer(answer)
    assert read_answer(payload, "k") == answer
    with pytest.raises(SubjectError) as refusal:
        read_answer(documents.dump({**documents.load(payload, "it"), **edit}), "k")
    assert sentence in refusal.value.message


def test_an_unknown_request_is_named_with_the_known_ones(asking):
    _, asked = ask(asking)
    with pytest.raises(SubjectError) as refusal:
        requests_of(asking.engine).find("nobody")
    assert refusal.value.message == f"no approval was asked for under nobody (newest: {asked.request.id})"


# --- the policy file

FAULTS = {
    "more approvals than approvers": ("approvals = 2", "approvals = 4", "approvals is 4, and there are 3 approvers"),
    "approvers that nobody asks": ("approvals = 2", "", "approvers are named, and approvals = 0 asks none of them"),
    "a negative number": ("approvals = 2", "approvals = -1", "approvals is -1, wanted a whole number of zero or more"),
    "another end of the wait": (
        "approvals = 2",
        'approvals = 2\non_timeout = "approve"',
        "on_timeout is 'approve', wanted 'reject'",
    ),
    "an unknown key": ("approvals = 2", "approvals = 2\napproval = 1", "approval is not a key that exists"),
    "a time of nothing": ("approvals = 2", 'approvals = 2\ntimeout = "0s"', "timeout is '0s', wanted a length of time"),
    "a key that is none": ('key = "MC', 'key = "no', "[tool.gates.promotion.approvers 1] key is 'no"),
    "no key": (', key = "', ', kye = "', "[tool.gates.promotion.approvers 1] key is missing"),
    "one name twice": ('"Bo"', '"Ada"', "approvers 2] is Ada with a name or key that Ada has; one person, one name, one key"),
    "approvers as a table": ("approvers = [", "approvers = 3 #", "approvers is no list, wanted [{ name = "),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "sentence"), FAULTS.values(), ids=list(FAULTS))
def test_a_bad_policy_of_approvals_is_refused(old, new, sentence, asking):
    text = asking.config.read_text()
    assert old in text
    asking.config.write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigError) as refusal:
        _ = asking.project.policy
    assert sentence in refusal.value.message


def test_one_key_for_two_people_is_refused(asking):
    asking.project.edit("pyproject.toml", asking.someone("Bo").key, asking.someone("Ada").key)
    with pytest.raises(ConfigError, match="is Bo with a name or key that Ada has"):
        _ = asking.project.policy
