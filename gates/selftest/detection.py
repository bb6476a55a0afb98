"""A detection: who noticed a fault that was injected on purpose, and for which reason."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gates.reason import Code, Reason
from gates.selftest.project import shown


@dataclass(frozen=True, slots=True)
class Detection:
    """Hold who noticed a fault: ``by`` is a gate, ``policy``, ``promotion``, ``registry``, ``work`` or ``verify``.

    ``reason.code`` decides whether it counts; its text is for people.
    """

    by: str
    reason: Reason

    @classmethod
    def error(cls, by: str, message: str) -> Detection:
        """Return a detection by an error that ended the attempt before anything was judged."""
        return cls(by, Reason(Code.ERROR, message))

    def as_in_policy(self) -> Detection:
        """Return the detection with checks and suites named as in the user's policy, not as in the copy that was tried."""
        reason = self.reason
        return replace(self, reason=replace(reason, text=shown(reason.text), check=shown(reason.check)))
