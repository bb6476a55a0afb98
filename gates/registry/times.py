"""Moments as they are stored: UTC, ISO 8601 text. A time without a zone means something else on every machine, so it is refused."""

from __future__ import annotations

from datetime import UTC, datetime

from gates.errors import BackendError


def stamp(moment: datetime) -> str:
    """Return the stored form of a time. Raises `BackendError` for a time without a zone."""
    if moment.utcoffset() is None:
        raise BackendError(f"the time {moment.isoformat()} has no zone", "give times in UTC")
    return moment.astimezone(UTC).isoformat()


def read_stamp(text: str) -> datetime:
    """Return the time of a stored form. Raises ValueError for other text."""
    return datetime.fromisoformat(text)
