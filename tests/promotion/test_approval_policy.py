"""A policy of approvals that cannot be met, or that would approve by itself, is refused."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from gates.errors import ConfigError
from gates.policy.names import find_name_fault, fold_name

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
    "one name in two cases": ('"Bo"', '"ADA"', "approvers 2] is ADA with a name or key that Ada has"),
    "one name in two widths": ('"Bo"', '"\uff21da"', "approvers 2] is \uff21da with a name or key that Ada has"),
    "an invisible letter": ('"Bo"', '"Ada\u200b"', "'Ada\\u200b' holds a character that nobody sees"),
    "a letter of another script": ('"Bo"', '"\u0410da"', "writes one word in Cyrillic and Latin letters"),
    "bytes that are no key": ('key = "MC', 'key = "MB', "is no public key that can be read"),
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


def test_two_encodings_of_one_key_are_one_person(asking):
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    long = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    head, point = long[:26], key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    short = bytes([0x30, 0x39, *head[2:23], 0x03, 0x22, 0x00]) + point
    assert load_der_public_key(short) == key
    for name, der in (("Ada", long), ("Bo", short)):
        asking.project.edit("pyproject.toml", asking.someone(name).key, base64.b64encode(der).decode())
    with pytest.raises(ConfigError, match="is Bo with a name or key that Ada has"):
        _ = asking.project.policy


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace",
        "José Müller-O'Neil",
        "Łukasz",
        "李小龍",
        "山田 たろう",
        "김민수",
        "Иван Петров",
        "a.b@c.de",
        "Ada (CI)",
    ],
)
def test_ordinary_names_of_people_everywhere_are_allowed(name, asking):
    assert find_name_fault(name) == ""
    asking.config.write_text(asking.config.read_text().replace('"Bo"', f'"{name}"', 1), encoding="utf-8")
    assert name in [person.name for person in asking.project.policy.promotion.approvers]


@pytest.mark.parametrize("spelling", ["CY", "Cy\u200b", " cy ", "\uff23y", "C\u00ady"])
def test_whoever_started_a_run_is_known_in_every_spelling(spelling, asking):
    (person,) = (person for person in asking.project.policy.promotion.approvers if person.name == "Cy")
    assert fold_name(spelling) == fold_name(person.name)
