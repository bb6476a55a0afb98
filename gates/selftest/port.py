"""Declare what `gates selftest` needs from the work: the faults that its data, models and endpoints can have.

An implementation is named in ``[tool.gates] mutants`` as ``module:factory``; the factory is called with the path of the
configuration file, like that of the work itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, cast

from gates.policy.records import Policy
from gates.ports import find


class Mutation(Protocol):
    """Describe a fault that the work can have: which gate should notice, what it is, and what helps a policy that does not
    notice.

    ``tables`` replace keys under ``[tool]`` while the gate runs; ``{folder}`` in a text is replaced by the mutation's own
    folder.
    """

    @property
    def name(self) -> str: ...
    @property
    def gate(self) -> str: ...
    @property
    def fault(self) -> str: ...
    @property
    def remedy(self) -> str: ...
    @property
    def tables(self) -> Mapping[str, Mapping[str, str]]: ...


class FaultyEndpoint(Protocol):
    """Describe a running endpoint that answers with one fault."""

    @property
    def url(self) -> str: ...
    def stop(self) -> None: ...


class Mutants(Protocol):
    """Make the faults of the work.

    ``make`` writes ``into/NAME/batch.csv``, or ``model.skops`` and ``golden.json``, for each mutation that is no endpoint, and
    clean batches: ``into/clean``, the earlier ``into/past``, and for the drift mutations ``into/window``. It returns, by name,
    why a mutation cannot be made. ``serve`` starts an endpoint in front of the good one, which answers with the fault ``name``.
    """

    @property
    def mutations(self) -> Sequence[Mutation]: ...
    def make(self, names: Sequence[str], batch: Path, digest: str, into: Path) -> Mapping[str, str]: ...
    def serve(self, name: str, good: str) -> FaultyEndpoint: ...


def open_mutants(policy: Policy) -> Mutants | None:
    """Return the mutants of the policy's work, or None where it names none. Raises `ConfigError` when they cannot be imported."""
    if not policy.mutants:
        return None
    make = find(policy.mutants, f"[tool.gates] mutants = {policy.mutants!r}", "gates.work.mutants:open_mutants")
    return cast(Mutants, make(policy.source))
