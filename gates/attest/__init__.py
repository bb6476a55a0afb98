"""Verdicts and decisions as signed statements: in-toto statements in DSSE envelopes, ed25519, one key for each kind."""

from gates.attest.binding import Binding, Verdict, bind
from gates.attest.envelope import STATEMENT_TYPE, EnvelopeRefused, open_envelope, sign
from gates.attest.keyring import GATE, GATEKEEPER, Keyring, take_sources
from gates.attest.keys import KeyRefused, PublicKey, Signer

__all__ = [
    "GATE",
    "GATEKEEPER",
    "STATEMENT_TYPE",
    "Binding",
    "EnvelopeRefused",
    "KeyRefused",
    "Keyring",
    "PublicKey",
    "Signer",
    "Verdict",
    "bind",
    "open_envelope",
    "sign",
    "take_sources",
]
