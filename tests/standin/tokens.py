"""Tokens as Azure's identity service gives them to a machine: three parts, an audience, an expiry; signed by nobody."""

from __future__ import annotations

import base64
import json
import time

TENANT = "00000000-0000-0000-0000-000000000002"
LIFETIME = 3600


def make_token(audience: str, *, name: str = "loopback") -> str:
    now = int(time.time())
    header = {"typ": "JWT", "alg": "RS256", "kid": "loopback"}
    claims = {
        "aud": audience.rstrip("/"), "iss": f"https://sts.windows.net/{TENANT}/", "tid": TENANT, "oid": name,
        "iat": now - 60, "nbf": now - 60, "exp": now + LIFETIME, "ver": "1.0",
    }  # fmt: skip
    return ".".join([_part(header), _part(claims), base64.urlsafe_b64encode(b"signed by nobody").decode().rstrip("=")])


def _part(content: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
