"""Glass is broken only with a listed key, a reason and a ticket; it is logged, signed, and told until a clean promotion follows."""

import json

import pytest
from promotion.small_home import NAME, SmallHome

from gates import documents
from gates.attest import GATEKEEPER, PublicKey, open_envelope
from gates.errors import ConfigError, PromotionRefused, SubjectError
from gates.history.alias_moves import BREAK_GLASS, BREAK_GLASS_TYPE, broken_glass, tell_glass
from gates.judgement.decision import Ending
from gates.promotion.break_glass import break_glass
from gates.promotion.execute import promote
from gates.promotion.rollback import roll_back
from gates.registry import Move
from gates.workflow.run_history import make_account

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def glass(small: SmallHome) -> SmallHome:
    """Eve may break the glass, Ada may approve, and version 1 serves."""
    small.crowned("A")
    people = f"break_glass = [{small.someone('Eve').entry()}]\n"
    small.gates(f"[tool.gates.promotion]\n{people}")
    return small


def smash(small: SmallHome, version, name: str = "Eve", reason: str = "customers get errors", ticket: str = "T-7"):
    return break_glass(small.session, version, small.someone(name).signer, reason, ticket)


def told(small: SmallHome) -> str:
    session = small.session
    return tell_glass(session.registry, session.keys, NAME)


def test_a_listed_key_moves_the_champion_on_no_verdict(glass):
    version = glass.register("B")
    decision = smash(glass, version)
    assert (decision.ending, decision.exit_code) == (Ending.PROMOTED, 0)
    assert decision.sentence == (
        f"glass broken by Eve: papers version 2 is champion on no verdict (epoch 2, {version.digest.short})"
    )
    entry = glass.session.registry.log(NAME)[-1]
    assert (entry.kind, entry.verdicts, entry.new_version, entry.epoch) == (Move.BREAK_GLASS, (), 2, 2)
    assert glass.findings() == ()


def test_the_decision_says_who_and_why_and_is_no_pass_for_any_other_tool(glass):
    smash(glass, glass.register("B"))
    decided = glass.decided()
    assert (decided.kind, decided.verdicts) == ("break-glass", {})
    assert {key: decided.notes[key] for key in ("reason", "ticket", "by")} == {
        "reason": "customers get errors",
        "ticket": "T-7",
        "by": "Eve",
    }
    session = glass.session
    envelope = session.registry.blobs.read(session.registry.log(NAME)[-1].decision)
    payload = open_envelope(envelope, "application/vnd.in-toto+json", session.keys.trusted(GATEKEEPER))
    predicate = documents.load(payload, "it")["predicate"]
    assert (predicate["verificationResult"], predicate["verifiedLevels"]) == ("FAILED", [])


def test_whoever_broke_the_glass_signed_what_for(glass):
    version = glass.register("B")
    smash(glass, version)
    session, eve = glass.session, glass.someone("Eve").signer.public
    (note,) = session.registry.notes(NAME, BREAK_GLASS)
    assert str(note.digest) == glass.decided().notes["statement"]
    payload = open_envelope(
        session.registry.blobs.read(note.digest), BREAK_GLASS_TYPE, {eve.id: PublicKey(eve.id, eve.der)}
    )
    said = documents.load(payload, "it")
    assert (said["digest"], said["epoch"], said["reason"], said["ticket"]) == (
        str(version.digest),
        2,
        "customers get errors",
        "T-7",
    )


def refused(small: SmallHome, version, *about: str) -> str:
    before = small.session.registry.log(NAME)
    with pytest.raises(PromotionRefused) as refusal:
        smash(small, version, *about)
    assert small.session.registry.log(NAME) == before
    return "\n".join(map(str, refusal.value.reasons))


def test_a_key_that_is_not_listed_breaks_nothing(glass):
    assert "may not break the glass; the policy lists: Eve" in refused(glass, glass.register("B"), "Ada")


def test_an_approver_is_not_listed_by_that(glass):
    ada = glass.someone("Ada")
    glass.project.edit("pyproject.toml", "break_glass =", f"approvals = 1\napprovers = [{ada.entry()}]\nbreak_glass =")
    assert "may not break the glass; the policy lists: Eve" in refused(glass, glass.register("B"), "Ada")


def test_without_a_list_nobody_breaks_the_glass(small):
    assert "may not break the glass; the policy lists: nobody" in refused(small, small.register("B"))


def test_a_key_that_signs_decisions_here_breaks_nothing(glass):
    import base64

    signer = glass.session.keys.signer(GATEKEEPER)
    key = base64.b64encode(signer.public.der).decode()
    glass.project.edit("pyproject.toml", glass.someone("Eve").key, key)
    with pytest.raises(PromotionRefused, match="the key of Eve signs verdicts or decisions here"):
        break_glass(glass.session, glass.register("B"), signer, "fire", "T-7")


@pytest.mark.parametrize(("reason", "ticket"), [("", "T-7"), ("fire", ""), (" ", " ")])
def test_a_reason_and_a_ticket_are_needed(reason, ticket, glass):
    version = glass.register("B")
    with pytest.raises(ConfigError, match="break-glass needs a reason and a ticket"):
        smash(glass, version, "Eve", reason, ticket)
    assert glass.session.champion().epoch == 1


def test_the_champion_is_not_replaced_by_itself(glass):
    assert "papers version 1 is the champion already" in refused(glass, glass.session.registry.version(NAME, 1))


def test_even_broken_glass_serves_no_damaged_model(glass):
    version = glass.register("B")
    path = glass.session.registry.blobs.path(version.digest)
    path.chmod(0o644)
    path.write_bytes(b"something else")
    with pytest.raises(SubjectError, match="no longer holds the bytes"):
        smash(glass, version)
    assert glass.session.champion().epoch == 1


def test_glass_can_be_broken_where_approvals_are_wanted(glass):
    """That is what it is for."""
    ada = glass.someone("Ada")
    glass.project.edit("pyproject.toml", "break_glass =", f"approvals = 1\napprovers = [{ada.entry()}]\nbreak_glass =")
    assert smash(glass, glass.register("B")).ending is Ending.PROMOTED


def test_a_break_glass_that_nobody_signed_for_is_found(glass, monkeypatch):
    """Somebody with the gatekeeper key writes the move, and no person's statement."""
    from gates.promotion.execute import move_champion

    session, version = glass.session, glass.register("B")
    move_champion(session, version, session.champion(), {}, Move.BREAK_GLASS, {"reason": "none of yours"})
    (finding,) = glass.findings()
    assert str(finding).startswith("break-glass papers epoch 2: nobody signed a statement for it; ask whoever is named")


def test_a_statement_for_another_move_is_found(glass):
    from gates.promotion.execute import move_champion

    smash(glass, glass.register("B"))
    notes, session = glass.decided().notes, glass.session
    move_champion(session, glass.register("C"), session.champion(), {}, Move.BREAK_GLASS, notes)
    (finding,) = glass.findings()
    assert finding.what == "its statement was signed for another version, digest, epoch"


def test_a_damaged_statement_is_found(glass):
    smash(glass, glass.register("B"))
    registry = glass.session.registry
    path = registry.blobs.path(registry.notes(NAME, BREAK_GLASS)[0].digest)
    path.chmod(0o644)
    path.write_bytes(b"something else")
    assert any(finding.where == "break-glass papers epoch 2" for finding in glass.findings())


# --- it is told until a clean promotion follows


def test_it_is_told_until_a_clean_promotion_follows(glass):
    assert told(glass) == ""
    smash(glass, glass.register("B"))
    assert told(glass) == (
        f"BREAK-GLASS, and no clean promotion since: break-glass to version 2,"
        f" {glass.session.registry.log(NAME)[-1].at:%Y-%m-%d %H:%M:%S} UTC: customers get errors (ticket T-7, by Eve)"
    )
    roll_back(glass.session, "the fire is out")
    assert "customers get errors (ticket T-7, by Eve)" in told(glass)
    third = glass.judged("C")
    promote(glass.session, third)
    assert told(glass) == ""
    assert glass.findings() == ()


def test_of_several_the_last_is_told(glass):
    smash(glass, glass.register("B"))
    smash(glass, glass.register("C"), "Eve", "and again", "T-8")
    assert "and again (ticket T-8, by Eve)" in told(glass)
    assert broken_glass(glass.session.registry.log(NAME)).epoch == 3


def test_a_decision_that_was_damaged_is_told_as_that(glass):
    smash(glass, glass.register("B"))
    registry = glass.session.registry
    path = registry.blobs.path(registry.log(NAME)[-1].decision)
    path.chmod(0o644)
    path.write_bytes(b"nothing happened")
    assert "BREAK-GLASS" in told(glass)
    assert "no longer holds the bytes" in told(glass)


def test_every_report_says_it(glass, capsys):
    from gates.judgement.decision import Decision
    from gates.reports.document import describe
    from gates.reports.ending import tell_ending
    from gates.reports.markdown import as_markdown
    from gates.reports.progress import Progress

    smash(glass, glass.register("B"))
    account = make_account(glass.session, Decision(Ending.PASSED, "the data gate passed"), "gates check data")
    tell_ending(Progress(), account)
    said = "BREAK-GLASS, and no clean promotion since: break-glass to version 2"
    assert said in capsys.readouterr().out
    assert describe(account)["champion"]["break_glass"].startswith(said)
    assert "customers get errors" in as_markdown(account)


# --- the command


def smashing(small: SmallHome, *more: str) -> tuple[str, ...]:
    return ("promote", "papers@2", "--break-glass", "--key", str(small.someone("Eve").file), *more)


def test_the_command_breaks_the_glass_and_status_keeps_saying_so(glass, gates):
    glass.register("B")
    code, said = gates(*smashing(glass, "--reason", "customers get errors", "--ticket", "T-7"))
    assert code == 0, said
    assert "glass broken by Eve: papers version 2 is champion on no verdict (epoch 2" in said
    assert "BREAK-GLASS, and no clean promotion since" in said
    code, said = gates("status")
    assert said.startswith("BREAK-GLASS, and no clean promotion since: break-glass to version 2")
    assert json.loads(gates("status", "--json")[1])["break_glass"].startswith("BREAK-GLASS")
    assert "break-glass to version 2" in gates("show", "papers@2")[1]
    assert gates("verify")[0] == 0


FAULTS = {
    "no reason": (("--ticket", "T-7"), "break-glass needs a reason and a ticket"),
    "no ticket": (("--reason", "fire"), "break-glass needs a reason and a ticket"),
    "an empty reason": (("--reason", " ", "--ticket", "T-7"), "break-glass needs a reason and a ticket"),
}


@pytest.mark.parametrize(("more", "sentence"), FAULTS.values(), ids=list(FAULTS))
def test_a_half_said_break_glass_is_wrong_usage(more, sentence, glass, gates):
    glass.register("B")
    code, said = gates(*smashing(glass, *more))
    assert (code, sentence in said) == (2, True), said


@pytest.mark.parametrize("more", [("--reason", "fire"), ("--ticket", "T-7"), ("--key", "eve.pem")])
def test_what_belongs_to_break_glass_is_refused_without_it(more, glass, gates):
    glass.register("B")
    code, said = gates("promote", "papers@2", *more)
    assert code == 2
    assert "--reason, --ticket and --key belong to --break-glass" in said


def test_a_break_glass_without_a_key_is_wrong_usage(glass, gates, monkeypatch):
    monkeypatch.delenv("GATES_APPROVER_KEY", raising=False)
    glass.register("B")
    code, said = gates("promote", "papers@2", "--break-glass", "--reason", "fire", "--ticket", "T-7")
    assert code == 2
    assert "a person signs this, and no key was given" in said


def test_a_secret_in_a_reason_is_not_kept(glass, gates, monkeypatch):
    monkeypatch.setenv("GATES_TEST_TOKEN", "hunter2-hunter2-hunter2")
    glass.register("B")
    code, said = gates(*smashing(glass, "--reason", "it used hunter2-hunter2-hunter2", "--ticket", "T-7"))
    assert code == 0, said
    assert "hunter2" not in glass.decided().notes["reason"]
