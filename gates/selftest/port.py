"""What `gates selftest` needs from the work: the faults that its data, models and endpoints can have.

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
    """A fault that the work can have: which gate should notice, what it is, and what helps a policy that does not notice.

    ``tables`` are laid over ``[tool]`` while the gate runs; ``{folder}`` in a text stands for the mutation's own folder.
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


class Bent(Protocol):
    """A running endpoint that bends what a good one answers."""

    @property
    def url(self) -> str: ...
    def stop(self) -> None: ...


class Mutants(Protocol):
    """Faults on purpose.

    ``make`` writes ``into/NAME/batch.csv``, or ``model.skops`` and ``golden.json``, for each mutation that is no endpoint,
    and batches that are in order: ``into/clean``, the earlier ``into/past``, and for the drift mutations ``into/window``. It
    returns why a mutation cannot be made.
    """

    @property
    def mutations(self) -> Sequence[Mutation]: ...
    def make(self, names: Sequence[str], batch: Path, digest: str, into: Path) -> Mapping[str, str]: ...
    def serve(self, name: str, good: str) -> Bent: ...


def open_mutants(policy: Policy) -> Mutants | None:
    """The mutants of the policy's work, or None where it names none. Raises `ConfigError` when they cannot be imported."""
    if not policy.mutants:
        return None
    make = find(policy.mutants, f"[tool.gates] mutants = {policy.mutants!r}", "gates.work.mutants:open_mutants")
    return cast(Mutants, make(policy.source))
