"""Send the ledger along with a job, so that the gates on the compute know the champion: a sound copy, never the original.

What the compute writes into its copy decides whether a model is registered with Azure ML, and nothing else; the champion is
moved only where the ledger really is.
"""

from __future__ import annotations

from pathlib import Path

from gates.work.backends.azure.judging import Gates

_DATABASE = "registry.db"
COPY = {"GATES_REGISTRY": "local"}  # for whoever works on the copy: never reach for the ledger that it was taken from


def copy_ledger(gates: Gates, into: Path) -> Path | None:
    """Copy the ledger and its blobs, as they are at one moment, into a folder. None where there is no ledger yet.

    The engine answers this, because only it knows whether the ledger lies in the home or is shared. Keys stay at home.
    Raises `RolloutFailed` where it cannot be copied: that is not the same as a ledger that is not there.
    """
    gates.do("export", str(into))
    return into if (into / _DATABASE).is_file() else None
