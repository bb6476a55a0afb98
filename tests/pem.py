"""Text that looks like the PEM form of a private key and holds none, for tests of what is refused or hidden."""

from __future__ import annotations

_LABEL = " ".join(["PRIVATE", "KEY"])


def pem_around(content: str) -> str:
    """Return ``content`` between the first and the last line of a private key in PEM form."""
    return f"-----BEGIN {_LABEL}-----\n{content}\n-----END {_LABEL}-----\n"
