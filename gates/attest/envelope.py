"""Sign bytes and open what was signed: DSSE envelopes. The bytes that were verified are the bytes that are handed back.

Stricter than DSSE requires: exactly one signature, no other field, plain base64. Only envelopes that gates wrote need to open.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from gates import documents
from gates.attest.keys import PublicKey, Signer
from gates.errors import SubjectError

STATEMENT_TYPE = "application/vnd.in-toto+json"
LARGEST = 2 << 20
_FIELDS = ["payload", "payloadType", "signatures"]


class EnvelopeRefused(SubjectError):
    """Refuse what is no envelope of gates, is too large, or is not signed by a key that is trusted for its kind."""


def sign(payload_type: str, payload: bytes, signer: Signer) -> bytes:
    """Return an envelope around ``payload``. Raises `EnvelopeRefused` when it would be too large to be opened again."""
    signature = signer.sign(encode(payload_type, payload))
    envelope = documents.dump(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": payload_type,
            "signatures": [{"keyid": signer.public.id, "sig": base64.b64encode(signature).decode()}],
        }
    )
    if len(envelope) > LARGEST:
        raise EnvelopeRefused(
            f"a document of {len(payload):,} bytes is too large to be signed (an envelope may have {LARGEST >> 20} MiB)",
            "let the checks give fewer or shorter details",
        )
    return envelope


def open_envelope(
    envelope: bytes, payload_type: str, keys: Mapping[str, PublicKey], what: str = "the envelope"
) -> bytes:
    """Return the payload, if one of ``keys`` (by key id) signed it as a ``payload_type``.

    ``what`` names it in messages. Raises `EnvelopeRefused` otherwise, `SubjectError` for bytes that are not strict JSON.
    """
    if len(envelope) > LARGEST:
        raise EnvelopeRefused(
            f"{what} is larger than {LARGEST >> 20} MiB", "it is not an envelope that gates wrote; judge again"
        )
    content = documents.load(envelope, what)
    if sorted(content) != _FIELDS:
        raise _not_one(what, f"its fields are {', '.join(sorted(content)) or 'none'}, wanted {', '.join(_FIELDS)}")
    if content["payloadType"] != payload_type:
        raise _not_one(what, f"its payload type is {content['payloadType']!r:.80}, wanted {payload_type!r}")
    signatures = content["signatures"]
    if not isinstance(signatures, list) or len(signatures) != 1:
        count = len(signatures) if isinstance(signatures, list) else "no list of"
        raise _not_one(what, f"it carries {count} signatures, wanted exactly one")
    if not isinstance(signatures[0], dict) or sorted(signatures[0]) != ["keyid", "sig"]:
        raise _not_one(what, "its signature is no table of keyid and sig")
    payload, signature = _plain(content["payload"], what), _plain(signatures[0]["sig"], what)
    id = signatures[0]["keyid"]
    key = keys.get(id) if isinstance(id, str) else None
    if key is None:
        known = ", ".join(sorted(known[:12] for known in keys)) or "none"
        raise EnvelopeRefused(
            f"{what} is signed by the unknown key {id!r:.14}; trusted here: {known}",
            "judge again here, or put the signer's public key among the trusted ones (docs/attestations.md)",
        )
    if not key.accepts(signature, encode(payload_type, payload)):
        raise EnvelopeRefused(
            f"{what} was not signed by the key that it names ({id[:12]}): it was edited, or the key's name is borrowed",
            "restore the file from a backup, or judge again",
        )
    return payload


def encode(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes that are signed: DSSE's pre-authentication encoding, so that a payload cannot pass for another kind."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _plain(text: object, what: str) -> bytes:
    """Decode base64 that has one spelling only: the standard alphabet, padded, nothing between."""
    if isinstance(text, str):
        try:
            content = base64.b64decode(text.encode("ascii"), validate=True)
        except (binascii.Error, ValueError):
            content = b""
        if content and base64.b64encode(content).decode() == text:
            return content
    raise _not_one(what, "its payload and signature are not both plain base64")


def _not_one(what: str, why: str) -> EnvelopeRefused:
    return EnvelopeRefused(f"{what} is not an envelope of ours: {why}", "it was damaged or edited; judge again")
