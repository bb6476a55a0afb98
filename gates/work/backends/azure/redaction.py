"""Take secrets out of a service's answer, before it becomes a message: keys, tokens, and signatures of shared access.

A service may repeat in its answer what it was sent. What looks like a secret is replaced, whoever it belongs to: an error that
says a little less is better than a key in a build log.
"""

from __future__ import annotations

import re

HIDDEN = "[hidden]"
_RULES = (
    (re.compile(r"eyJ[\w-]+\.[\w-]+(\.[\w-]*)?"), HIDDEN),
    (re.compile(r"(?i)\b(bearer|sharedkey|sharedaccesssignature)\s+[^\s,;'\"]+"), rf"\1 {HIDDEN}"),
    (re.compile(r"(?i)\b(sig|se|sp|skoid|sktid|code)=[^&\s'\"]+"), rf"\1={HIDDEN}"),
    (
        re.compile(
            r"(?i)(account_?key|shared_?access_?key|client_?secret|primary_?key|secondary_?key|access_?token|password)"
            r"(['\"]?\s*[=:]\s*['\"]?)[^\s,;'\"}]+"
        ),
        rf"\1\2{HIDDEN}",
    ),
    # A long run of letters and digits is a key, unless it is the digest of content or part of a path.
    (
        re.compile(r"(?<![\w/:+.])(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])(?![0-9a-fA-F]{8}-)[A-Za-z0-9+/_]{24,}={0,2}"),
        HIDDEN,
    ),
)
_LONGEST = 600


def redact(text: str) -> str:
    """Return ``text`` without what looks like a secret, on one line, at most some hundred characters."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."
