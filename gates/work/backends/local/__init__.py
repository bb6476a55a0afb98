"""The work on one machine: nothing but Python packages, the real scoring server, and no process left behind."""

from gates.work.backends.local.work import LocalWork, open_work

__all__ = ["LocalWork", "open_work"]
