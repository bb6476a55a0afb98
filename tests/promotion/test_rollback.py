"""A rollback goes back to the last champion whose verdicts still verify, in the same transaction, and is told as what it is."""

from types import SimpleNamespace

import pytest
from promotion.small_home import NAME, NOON, SmallHome

from gates.attest import GATE, STATEMENT_TYPE, sign
from gates.errors import BackendError, PromotionRefused
from gates.judgement.decision import Ending
from gates.promotion.break_glass import break_glass
from gates.promotion.execute import promote
from gates.promotion.rollback import roll_back
from gates.registry import Move

pytestmark = pytest.mark.usefixtures("quick")


def serving(small: SmallHome) -> tuple[int, int]:
    champion = small.session.champion()
    return champion.version.version, champion.epoch


def damage(small: SmallHome, digest) -> None:
    path = small.session.registry.blobs.path(digest)
    path.chmod(0o644)
    path.write_bytes(b"something else")


def refused(small: SmallHome, reason: str = "it answers wrongly", to: int | None = None) -> str:
    before = small.session.registry.log(NAME)
    with pytest.raises(PromotionRefused) as refusal:
        roll_back(small.session, reason, to)
    assert small.session.registry.log(NAME) == before
    return "\n".join(map(str, refusal.value.reasons))


def test_a_rollback_makes_the_champion_before_champion_again(small):
    first = small.crowned("A")
    small.crowned("B")
    decision = roll_back(small.session, "it answers wrongly")
    assert (decision.ending, decision.exit_code) == (Ending.PROMOTED, 0)
    assert decision.sentence == f"rolled back: papers version 1 is champion again (epoch 3, {first.digest.short})"
    assert serving(small) == (1, 3)
    entry, decided = small.session.registry.log(NAME)[-1], small.decided()
    assert entry.kind is Move.ROLLBACK
    assert (decided.kind, decided.epoch, decided.notes["reason"]) == ("rollback", 3, "it answers wrongly")
    assert decided.notes["by"]
    assert set(decided.verdicts) == {"data", "model", "drift", "endpoint"}
    assert small.findings() == ()


def test_a_rollback_goes_further_back_each_time_and_never_forward(small):
    for words in "ABC":
        small.crowned(words)
    roll_back(small.session, "one")
    assert serving(small) == (2, 4)
    roll_back(small.session, "two")
    assert serving(small) == (1, 5)
    assert refused(small) == "no version of papers was promoted before version 1; there is nothing to go back to"
    assert small.findings() == ()


def test_a_rollback_to_a_version_goes_there_forward_too(small):
    for words in "ABC":
        small.crowned(words)
    roll_back(small.session, "one", to=1)
    assert serving(small) == (1, 4)
    roll_back(small.session, "back", to=3)
    assert serving(small) == (3, 5)
    assert small.findings() == ()


def test_what_changed_in_policy_and_suite_since_does_not_hinder_a_rollback(small):
    small.crowned("A")
    small.crowned("B")
    small.project.edit("pyproject.toml", ">= 0.8", ">= 0.99")
    small.project.edit("conftest.py", "200", "300")
    small.clock.forward(days=400)
    assert roll_back(small.session, "now").ending is Ending.PROMOTED


def test_a_promotion_after_a_rollback_is_against_the_champion_of_now(small):
    small.crowned("A")
    second = small.crowned("B")
    roll_back(small.session, "wrong")
    small.judge(second)
    assert promote(small.session, second).epoch == 4
    assert small.findings() == ()


def test_verdicts_made_before_a_rollback_carry_no_promotion_after_it(small):
    small.crowned("A")
    small.crowned("B")
    third = small.judged("C")
    roll_back(small.session, "wrong")
    with pytest.raises(PromotionRefused, match=r"the champion changed since the gate judged \(epoch 2, now 3\)"):
        promote(small.session, third)


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_rollback_needs_a_reason(reason, small):
    small.crowned("A")
    small.crowned("B")
    assert refused(small, reason) == "a rollback needs a reason"


def test_there_must_be_a_champion(small):
    assert refused(small) == "papers has no champion to go back from"


def test_there_must_be_something_to_go_back_to(small):
    small.crowned("A")
    assert refused(small) == "no version of papers was promoted before version 1; there is nothing to go back to"


@pytest.mark.parametrize("to", [0, 1, 3, 9])
def test_what_was_never_promoted_or_serves_is_no_target(to, small):
    """Version 1 serves, version 3 is registered only, 0 and 9 are nothing."""
    small.crowned("A")
    small.crowned("B")
    small.judged("C")
    roll_back(small.session, "wrong")
    assert "no version of papers was promoted before" in refused(small, to=to)


def test_a_champion_by_break_glass_is_no_target(small):
    """Nothing ever carried it."""
    eve = small.someone("Eve")
    small.gates(f"[tool.gates.promotion]\nbreak_glass = [{eve.entry()}]\n")
    first = small.crowned("A")
    break_glass(small.session, small.register("B"), eve.signer, "fire", "T-1")
    small.crowned("C")
    assert "no version of papers was promoted before" in refused(small, to=2)
    assert roll_back(small.session, "smoke").sentence.startswith("rolled back: papers version 1 is champion again")
    assert small.session.champion().version == first


def test_from_a_champion_by_break_glass_one_goes_back_to_the_last_clean_one(small):
    eve = small.someone("Eve")
    small.gates(f"[tool.gates.promotion]\nbreak_glass = [{eve.entry()}]\n")
    small.crowned("A")
    small.crowned("B")
    break_glass(small.session, small.register("C"), eve.signer, "fire", "T-1")
    roll_back(small.session, "over")
    assert serving(small) == (2, 4)
    assert small.findings() == ()


# --- what does not verify any more


def test_a_champion_whose_model_was_damaged_is_passed_over(small):
    small.crowned("A")
    second = small.crowned("B")
    small.crowned("C")
    damage(small, second.digest)
    decision = roll_back(small.session, "wrong")
    assert serving(small) == (1, 4)
    (passed_over,) = decision.notes
    assert passed_over.startswith("passed over version 2: ")
    assert "no longer holds the bytes" in passed_over


def test_a_champion_whose_verdict_was_damaged_is_passed_over(small):
    small.crowned("A")
    small.crowned("B")
    damage(small, small.session.registry.log(NAME)[0].verdicts[0])
    assert "version 1: " in refused(small)
    assert "no longer holds the bytes" in refused(small)
    assert "no longer holds the bytes" in refused(small, to=1)


def test_a_champion_whose_gate_key_is_not_trusted_any_more_is_passed_over(small):
    small.crowned("A")
    small.crowned("B")
    (key,) = (small.project.root / ".gates/keys/public/gate").glob("*.pem")
    key.unlink()
    assert "is signed by the unknown key" in refused(small)


def test_a_champion_whose_verdicts_are_not_four_that_passed_about_it_is_passed_over(small, monkeypatch):
    """A ledger that somebody wrote by hand, with signed verdicts about something else."""
    from dataclasses import replace

    from gates.promotion import rollback

    small.crowned("A")
    small.crowned("B")
    honest = rollback.open_verdicts

    def bent(session, kept):
        verdicts, unreadable = honest(session, kept)
        return [replace(verdicts[0], passed=False), *verdicts[1:]], unreadable

    monkeypatch.setattr(rollback, "open_verdicts", bent)
    assert refused(small) == "version 1: its verdicts are not four that passed about it (data)"


def test_a_verdict_that_was_never_burnt_carries_no_rollback(small):
    """The registry compares with what carried the target's own promotion."""
    first = small.crowned("A")
    small.crowned("B")
    session = small.session
    document = sign(STATEMENT_TYPE, b"{}", session.keys.signer(GATE))
    other = session.registry.keep_verdict(NAME, "model", first.digest, document, True, NOON)
    with pytest.raises(PromotionRefused, match="the verdicts are not those on which papers version 1 was promoted"):
        session.registry.promote(
            NAME,
            1,
            expected=(2, session.champion().version.digest),
            verdicts=[other],
            decision=b"d",
            kind=Move.ROLLBACK,
        )


def test_an_alias_that_was_moved_by_hand_is_not_rolled_back(small):
    import sqlite3

    small.crowned("A")
    small.crowned("B")
    connection = sqlite3.connect(small.project.root / ".gates/registry.db", isolation_level=None)
    (rule,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'alias_is_moved_by_promotion'").fetchone()
    connection.execute("DROP TRIGGER alias_is_moved_by_promotion")
    connection.execute("UPDATE alias SET version = 1, epoch = 1")
    connection.execute(rule)
    connection.close()
    with pytest.raises(BackendError, match="it was moved by hand"):
        roll_back(small.session, "wrong")


# --- the command


def test_the_command_tells_what_it_did_and_status_says_why(small, gates):
    small.crowned("A")
    small.crowned("B")
    code, said = gates("rollback", "--reason", "it answers wrongly")
    assert code == 0, said
    assert "rolled back: papers version 1 is champion again (epoch 3" in said
    code, said = gates("status")
    assert "          by rollback to version 1, " in said
    assert "UTC: it answers wrongly (by " in said
    assert "rollback to version 1" in gates("show", "papers@1")[1]
    assert gates("verify")[0] == 0
    code, said = gates("rollback", "--reason", "again")
    assert code == 1
    assert "there is nothing to go back to" in said


def test_a_served_endpoint_follows_a_rollback(small, monkeypatch):
    """`gates serve` looks at the epoch, which grows with every move."""
    from gates.cli import serve

    small.crowned("A")
    small.crowned("B")
    loaded = []

    class Stop(Exception):
        pass

    def look(seconds):
        if small.session.champion().epoch == 2:
            roll_back(small.session, "it answers wrongly")
        elif loaded:
            raise Stop

    monkeypatch.setattr(
        "fakes.work.FakeDeployment.reload", lambda self, model, identity: loaded.append(identity.version)
    )
    monkeypatch.setattr(serve, "time", SimpleNamespace(sleep=look))
    from gates.cli import build_parser

    about = ["serve", "--policy", str(small.config), "--home", str(small.folder)]
    options = build_parser().parse_args(about)
    with pytest.raises(Stop):
        options.execute(options)
    assert loaded == [1]
