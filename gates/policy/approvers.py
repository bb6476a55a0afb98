"""Read ``[tool.gates.promotion]``: how many people must approve, who they are, and who may break the glass. A person is a key."""

from __future__ import annotations

import base64
import binascii
from datetime import timedelta

from gates.policy.keys import PERSON
from gates.policy.names import find_name_fault, fold_name
from gates.policy.records import Person, PromotionPolicy
from gates.toml_reader import Table

_SHORTEST, _LONGEST = 44, 200  # bytes of an ed25519 key, and more than those of any curve that is accepted


def read_promotion(table: Table) -> PromotionPolicy:
    """Return what ``[tool.gates.promotion]`` says; where it is absent, no approval is needed and nobody may break the glass.

    What is wrong becomes a fault of the table.
    """
    approvals = table.whole("approvals")
    approvers = _people(table, "approvers")
    wait = table.duration("timeout")
    table.text("on_timeout")
    own_runs = table.flag("own_runs")
    break_glass = _people(table, "break_glass")
    if approvals > len(approvers):
        table.fault(
            "approvals", f"is {approvals}, and there are {len(approvers)} approvers; name as many, or ask for fewer"
        )
    if approvers and not approvals:
        table.fault("approvers", "are named, and approvals = 0 asks none of them; say how many must approve")
    table.close()
    return PromotionPolicy(approvals, approvers, wait or timedelta(0), own_runs, break_glass)


def _people(table: Table, key: str) -> tuple[Person, ...]:
    entries = table.raw(key)
    if entries is None:
        return ()
    if not isinstance(entries, list):
        table.fault(key, 'is no list, wanted [{ name = "Ada", key = "MCowBQYDK2VwAyEA..." }]')
        return ()
    people: list[Person] = []
    for number, content in enumerate(entries, 1):
        entry = Table(f"{table.path}.{key} {number}", content, table.faults, PERSON)
        person = Person(entry.text("name"), _key(entry), entry.texts("accounts"))
        for name in (person.name, *person.accounts):
            if fault := find_name_fault(name):
                entry.fault("", f"{name!a} {fault}; write it in the letters of one script")
        for other in people:
            if fold_name(other.name) == fold_name(person.name) or other.der == person.der:
                entry.fault(
                    "", f"is {person.name} with a name or key that {other.name} has; one person, one name, one key"
                )
        people.append(person)
        entry.close()
    return tuple(people)


def _key(entry: Table) -> bytes:
    """Return the DER bytes of the base64 line of a public key in PEM form."""
    text = entry.text("key")
    try:
        der = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        der = b""
    if not (_SHORTEST <= len(der) <= _LONGEST and der[:1] == b"0") and text:
        entry.fault(
            "key", f"is {text!r:.30}, wanted the text between BEGIN and END PUBLIC KEY (openssl pkey -in FILE -pubout)"
        )
        return b""
    return _one_spelling(entry, der) if der else b""


def _one_spelling(entry: Table, der: bytes) -> bytes:
    """Return a public key as it is always written: an elliptic curve key has several encodings, and all are one person."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

    try:
        return load_der_public_key(der).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        entry.fault("key", "is no public key that can be read (openssl pkey -in FILE -pubout)")
        return b""
