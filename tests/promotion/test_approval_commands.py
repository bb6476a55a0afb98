"""`gates approve` and `gates reject` as people call them; `gates status` and `gates show` tell how it stands."""

import json

import pytest
from promotion.small_home import SmallHome


@pytest.fixture
def asked(asking: SmallHome, gates) -> str:
    """The id of the command that asked."""
    from datetime import UTC, datetime

    asking.clock.now = datetime.now(UTC)
    asking.judged()
    code, said = gates("promote", "papers@1")
    assert code == 4, said
    return said.split("gates approve ")[1].split(",")[0]


def key(asking: SmallHome, name: str) -> tuple[str, str]:
    return "--key", str(asking.someone(name).file)


def test_two_approvals_promote(asking, gates, asked):
    code, said = gates("approve", asked, *key(asking, "Ada"))
    assert code == 4, said
    assert f"request {asked}  sha256:" in said
    assert "  in place of  nobody\n" in said
    assert "  started by   cy, runner\n" in said
    assert "awaiting approval: papers version 1 passed every gate; 1 of 2 approvals by Ada" in said
    status = gates("status")[1]
    assert f"approval  {asked}  papers version 1\n          awaiting approval: 1 of 2 approvals by Ada\n" in status
    assert "          waits for Bo, until " in status, "Ada approved already, and Cy started the run"
    code, said = gates("approve", asked, *key(asking, "Bo"))
    assert code == 0, said
    assert "promoted: papers version 1 is champion (epoch 1" in said
    status = gates("status")[1]
    assert f"approval  {asked}  papers version 1\n          promoted\n" in status
    assert "waits for" not in status
    assert asking.session.registry.run(asked).state == "awaiting"
    assert gates("verify")[0] == 0


def test_a_key_may_come_from_the_environment_and_is_taken_out_of_it(asking, gates, asked, monkeypatch):
    import os

    monkeypatch.setenv("GATES_APPROVER_KEY", asking.someone("Ada").file.read_text())
    assert gates("approve", asked)[0] == 4
    assert "GATES_APPROVER_KEY" not in os.environ


def test_other_commands_take_the_approvers_key_out_of_the_environment_too(gates, asked, monkeypatch):
    import os

    monkeypatch.setenv("GATES_APPROVER_KEY", "-----BEGIN secret")
    gates("promote", "papers@1")
    assert "GATES_APPROVER_KEY" not in os.environ


REFUSED = {
    "no key": ((), 2, "a person signs this, and no key was given"),
    "a stranger": (("Eve",), 1, "is of none of the approvers (Ada, Bo, Cy)"),
    "the author": (("Cy",), 1, "whoever started a run does not approve it"),
}


@pytest.mark.parametrize(("who", "code", "sentence"), REFUSED.values(), ids=list(REFUSED))
def test_an_approval_is_refused(who, code, sentence, asking, gates, asked):
    found, said = gates("approve", asked, *(key(asking, *who) if who else ()))
    assert (found, sentence in said) == (code, True), said


def test_an_open_key_file_is_refused(asking, gates, asked):
    asking.someone("Ada").file.chmod(0o644)
    code, said = gates("approve", asked, *key(asking, "Ada"))
    assert code == 3
    assert "is open to others (mode 0644, wanted 0600)" in said


def test_a_rejection_is_told_with_its_reason(asking, gates, asked):
    code, said = gates("reject", asked, "--reason", "not \x1b[31m before Monday", *key(asking, "Ada"))
    assert code == 0, said
    assert "\x1b" not in said
    code, said = gates("show", asked)
    assert code == 0
    assert said.startswith("rejected: Ada rejected it: not \\x1b[31m before Monday\n")
    assert "UTC  Ada: reject (not \\x1b[31m before Monday)" in said
    code, said = gates("show", asked, "--json")
    assert json.loads(said)["approval"]["answers"][0].endswith("Ada: reject (not \x1b[31m before Monday)")
    assert gates("promote", "papers@1")[0] == 1


def test_a_withdrawal_is_told(asking, gates, asked):
    gates("approve", asked, *key(asking, "Ada"))
    code, said = gates("approve", asked, "--withdraw", *key(asking, "Ada"))
    assert code == 0
    assert f"Ada withdrew the approval of the request {asked}; 0 of 2 approvals" in said


def test_the_status_tells_a_damaged_request_and_who_serves_all_the_same(asking, gates, asked):
    from gates.promotion.approvals.store import REQUEST

    registry = asking.session.registry
    path = registry.blobs.path(registry.notes("papers", REQUEST)[0].digest)
    path.chmod(0o644)
    path.write_bytes(b"something else")
    code, said = gates("status")
    assert code == 0
    assert "champion  none: no version of papers was promoted yet" in said
    assert "approvals " in said
    assert "no longer holds the bytes that were judged" in said
    assert gates("verify")[0] == 1


def test_an_unknown_request_is_refused(asking, gates, asked):
    code, said = gates("approve", "nobody", *key(asking, "Ada"))
    assert code == 3
    assert f"no approval was requested under nobody (newest: {asked})" in said
