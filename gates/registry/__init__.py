"""The ledger: what was registered, judged and promoted, kept as content-addressed blobs and one SQLite file."""

from gates.registry.ledger import Registry
from gates.registry.records import Champion, Finding, KeptRun, KeptVerdict, LogEntry, Version

__all__ = ["Champion", "Finding", "KeptRun", "KeptVerdict", "LogEntry", "Registry", "Version"]
