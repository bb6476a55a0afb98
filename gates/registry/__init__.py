"""The ledger: what was registered, judged and promoted, kept as content-addressed blobs and one SQLite file."""

from gates.registry.ledger import Ledger
from gates.registry.records import Champion, Finding, KeptRun, KeptVerdict, LogEntry, Move, Note, Version
from gates.registry.sqlite import Registry

__all__ = ["Champion", "Finding", "KeptRun", "KeptVerdict", "Ledger", "LogEntry", "Move", "Note", "Registry", "Version"]
