"""With require_lock = true nothing decides that was not reviewed, and a lock that anybody touched is no lock."""

from dataclasses import replace
from pathlib import Path

import pytest
from promotion.small_home import SmallHome

from gates.cli import main
from gates.errors import ConfigError, PromotionRefused
from gates.policy.lockfile import Lock, differences, lock_faults, lock_path, read_lock, render, require_locked
from gates.promotion.execute import promote
from gates.reason import Code
from gates.workflow.pipeline import RunRequest, run_pipeline


@pytest.fixture
def locked(small: SmallHome) -> SmallHome:
    small.gates("require_lock = true")
    write_lock(small)
    return small


def write_lock(small: SmallHome) -> Path:
    policy = small.project.policy
    lock_path(policy).write_text(render(Lock.of(policy)))
    return lock_path(policy)


def test_a_lock_says_what_is_true_today(locked):
    policy = locked.project.policy
    lock = read_lock(lock_path(policy))
    assert lock == Lock.of(policy)
    assert differences(lock, Lock.of(policy)) == ()
    require_locked(policy)


def test_the_same_state_gives_the_same_text(locked):
    before = lock_path(locked.project.policy).read_text()
    assert write_lock(locked).read_text() == before
    assert before.startswith("# What decides, as it was reviewed: written by `gates lock`, never by hand.\n")


def test_a_lock_names_files_and_packages_for_a_reviewer(locked):
    text = lock_path(locked.project.policy).read_text()
    assert '"model_checks/test_floors.py" = "sha256:' in text
    assert '"conftest.py" = "sha256:' in text
    assert '  "pytest==' in text


def test_a_policy_beside_pyproject_has_a_lock_of_its_own(locked):
    other = locked.project.root / "strict.toml"
    other.write_text('[tool.gates]\nextends = "pyproject.toml"\n')
    from gates.policy.reader import read_policy

    assert lock_path(read_policy(other)).name == "strict.gates.lock"


def test_without_require_lock_nothing_is_asked_for(small):
    require_locked(small.project.policy)


def loosen(small: SmallHome) -> None:
    small.project.edit("pyproject.toml", ">= 0.8", ">= 0.1")


def edit_suite(small: SmallHome) -> None:
    small.project.edit("model_checks/test_floors.py", "assert True", "assert 1")


def add_to_suite(small: SmallHome) -> None:
    small.project.write({"endpoint_checks/extra.py": "A = 1\n"})


def take_from_suite(small: SmallHome) -> None:
    (small.project.root / "conftest.py").unlink()


CHANGES = {
    "the policy was weakened": (loosen, "the policy is not the locked one (found "),
    "a check was edited": (
        edit_suite,
        "the suite of the model gate is not the locked one (changed model_checks/test_floors.py)",
    ),
    "a file was added": (add_to_suite, "the suite of the endpoint gate is not the locked one (new endpoint_checks/extra.py)"),
    "a file was removed": (take_from_suite, "the suite of the drift gate is not the locked one (gone conftest.py)"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "sentence"), CHANGES.values(), ids=list(CHANGES))
def test_what_is_not_as_it_was_reviewed_is_refused_at_the_start(change, sentence, locked):
    change(locked)
    with pytest.raises(PromotionRefused) as refused:
        run_pipeline(locked.session, RunRequest())
    assert any(
        reason.text.startswith(sentence) and reason.code is Code.LOCK_DIFFERS for reason in refused.value.reasons
    ), refused.value.reasons
    assert refused.value.remedy == "review what changed, then write the lock again with: gates lock"
    assert not locked.session.judgements


def test_other_packages_than_the_reviewed_ones_are_named(locked):
    lock = Lock.of(locked.project.policy)
    python, first, *rest = lock.packages
    name = first.partition("==")[0]
    changed = replace(lock, packages=(python, f"{name}==0.0.1", *rest[1:], "zzz==1"))
    (sentence,) = differences(changed, lock)
    assert sentence == (
        f"the installed packages are not the locked ones (changed {name}; new {rest[0].partition('==')[0]}; gone zzz)"
    )


def test_packages_in_another_order_are_other_packages(locked):
    lock = Lock.of(locked.project.policy)
    assert differences(replace(lock, packages=lock.packages[::-1]), lock) == (
        "the installed packages are not the locked ones (in their order)",
    )


@pytest.mark.parametrize(("change", "sentence"), CHANGES.values(), ids=list(CHANGES))
def test_verdicts_made_with_anything_else_carry_no_promotion(change, sentence, locked):
    """The verdicts are those of today's policy and suite; only the lock is not."""
    change(locked)
    version = locked.judged()
    with pytest.raises(PromotionRefused) as refused:
        promote(locked.session, version)
    assert any(
        reason.text.startswith(sentence) and reason.code is Code.LOCK_DIFFERS for reason in refused.value.reasons
    ), refused.value.reasons
    assert all("is not the locked one" in reason.text for reason in refused.value.reasons)
    assert locked.session.champion() is None


def test_a_lock_without_a_gate_that_is_configured_differs(locked):
    path = lock_path(locked.project.policy)
    path.write_text(path.read_text().partition("\n[suites.endpoint]")[0])
    (reason,) = lock_faults(locked.project.policy)
    assert reason.code is Code.LOCK_DIFFERS
    assert reason.text.startswith("the suite of the endpoint gate is not the locked one (new ")


def test_verdicts_made_with_what_was_reviewed_carry_a_promotion(locked):
    assert promote(locked.session, locked.judged()).epoch == 1


def cut_last_line(text: str) -> str:
    return "".join(text.splitlines(keepends=True)[:-1])


FAULTS = {
    "an unknown key": (lambda t: 'trust = "me"\n' + t, "[gates.lock] trust is not a key that exists"),
    "an unknown gate": (lambda t: t + "\n[suites.praise]\n", "[gates.lock.suites] praise is not a key that exists"),
    "another schema": (lambda t: t.replace("schema = 1", "schema = 2"), "[gates.lock] schema is 2, wanted 1"),
    "a package edited": (lambda t: t.replace("pytest==", "pytest==9"), "environment is not the digest of the packages"),
    "a package taken out": (lambda t: t.replace('  "pytest', '  # "pytest'), "environment is not the digest of the packag"),
    "a file edited": (lambda t: t.replace('"conftest.py" = "sha256:', '"conftest.py" = "md5:'), "is no digest: 'md5:"),
    "cut by a line": (cut_last_line, "[gates.lock.suites.endpoint] digest is not the digest of the files below it"),
    "cut in the middle": (lambda t: t[: len(t) // 2], "cannot be read as TOML"),
    "emptied": (lambda t: "", "[gates.lock] policy is missing, wanted a text"),
    "no TOML": (lambda t: "<<<<<<< ours\n" + t, "cannot be read as TOML"),
    "a policy that is no digest": (lambda t: t.replace('policy = "sha256:', 'policy = "'), "policy is no digest"),
    "a comment taken out": (lambda t: t.partition("\n")[2], "is not laid out as gates lock writes it"),
    "a comment added": (lambda t: t + "# reviewed by nobody\n", "is not laid out as gates lock writes it"),
}  # fmt: skip


@pytest.mark.parametrize(("edit", "sentence"), FAULTS.values(), ids=list(FAULTS))
def test_a_bad_lock_is_refused(edit, sentence, locked):
    path = lock_path(locked.project.policy)
    before = path.read_text()
    path.write_text(edit(before))
    assert path.read_text() != before
    with pytest.raises(ConfigError) as refused:
        require_locked(locked.project.policy)
    assert sentence in refused.value.message
    assert refused.value.exit_code == 2


def test_a_missing_lock_is_refused(locked):
    lock_path(locked.project.policy).unlink()
    with pytest.raises(
        ConfigError, match=r"gates\.lock does not exist, and require_lock = true lets nothing decide"
    ) as refused:
        run_pipeline(locked.session, RunRequest())
    assert "gates lock" in refused.value.remedy


def test_a_lock_is_read_after_a_checkout_with_other_line_ends(locked):
    path = lock_path(locked.project.policy)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    require_locked(locked.project.policy)


def test_odd_file_names_come_back_as_they_were(locked):
    names = ('endpoint_checks/a "b" \\ c.py', "endpoint_checks/\x7f\t.py", "endpoint_checks/é = [x].py")
    locked.project.write(dict.fromkeys(names, "A = 1\n"))
    assert set(names) <= set(read_lock(write_lock(locked)).suites["endpoint"])


def test_the_command_writes_and_compares(locked, capsys):
    policy = ("--policy", str(locked.config))
    assert main(["lock", "--check", *policy]) == 0
    loosen(locked)
    assert main(["lock", "--check", *policy]) == 1
    told = capsys.readouterr().out
    assert "the policy is not the locked one (found " in told
    assert "review what changed, then write the lock again with: gates lock" in told
    assert main(["lock", *policy]) == 0
    assert main(["lock", "--check", *policy]) == 0


def test_a_lock_that_nobody_asks_for_is_said_to_be_one(small, capsys):
    assert main(["lock", "--policy", str(small.config)]) == 0
    assert "nothing asks for it yet: set require_lock = true in [tool.gates]" in capsys.readouterr().out


def test_gates_check_decides_with_what_was_reviewed_only(locked, gates):
    loosen(locked)
    code, said = gates("check", "data")
    assert code == 1
    assert "the policy is not the locked one (found " in said
    lock_path(locked.project.policy).unlink()
    code, said = gates("check", "data")
    assert code == 2
    assert "gates.lock does not exist" in said
