"""One fault on purpose: its name, the gate that should notice, what it does, and what to add to a policy that does not see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NamedFault:
    """Describe one fault.

    ``tables`` replace keys of ``[tool]`` while the gate runs; ``{folder}`` in a text stands for the mutation's own folder.
    """

    name: str
    gate: str
    fault: str
    remedy: str
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class Inapplicable(Exception):
    """Say that the fault cannot be made from these data or this task; the text says why."""
