"""Faults on purpose: what `gates selftest` injects into data, models and endpoints to see whether a gate notices.

`open_mutants` is what ``[tool.gates] mutants`` names. Each family is one small module; all but the endpoints are made in one
child process, so that this import stays light and the heavy ones are paid once.
"""

from __future__ import annotations

from gates.work.mutants.local import LocalMutants, open_mutants

__all__ = ["LocalMutants", "open_mutants"]
