"""A policy of approvals that cannot be met, or that would approve by itself, is refused."""

import pytest

from gates.errors import ConfigError

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
