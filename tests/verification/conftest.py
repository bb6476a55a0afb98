"""Share the homes and signed documents of the tests of attest with the tests of verification."""

from __future__ import annotations

from attest.conftest import decided, home, verdict

__all__ = ["decided", "home", "verdict"]
