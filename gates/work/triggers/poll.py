"""See what lies at an address now: one content, named by its ETag.

The ETag of a file is made of its bytes and of when it was written, so that writing it again is a new event, as it is for
a blob. A file that is still being written is not looked at: half a file must never start a training.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import stat
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from gates.work.data.source import open_https, shown
from gates.work.errors import DataError
from gates.work.triggers.event import BlobEvent, subject_of


class StillWritten(DataError):
    """Say that the file changes while it is looked at."""


def look_at_file(path: Path, *, settle: float = 2.0, sleep: Callable[[float], None] = time.sleep) -> BlobEvent:
    """Return the event of the file's content now, if it stayed the same for ``settle`` seconds.

    Raises `StillWritten`, or `DataError` when there is no readable file.
    """
    try:
        before = path.stat()
        if not stat.S_ISREG(before.st_mode):
            raise DataError(f"{path} is not a regular file", "name one CSV or Parquet file")
        sleep(settle)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        after = path.stat()
    except FileNotFoundError:
        raise DataError(f"{path} is not there", "it is looked for again; check the path if it never comes") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}", "check the path and its permissions") from None
    if _state(before) != _state(after):
        raise StillWritten(
            f"{path} is still being written ({before.st_size:,} bytes, then {after.st_size:,})",
            "it is looked at again; write to another name and rename, and it is complete at once",
        )
    if after.st_size == 0:
        raise DataError(f"{path} is empty", "write the data and rename the file into place")
    url = path.resolve().as_uri()
    at = datetime.fromtimestamp(after.st_mtime, UTC)
    etag = f"{digest[:32]}-{after.st_mtime_ns:x}"
    return BlobEvent(url, etag, subject_of(url), at, after.st_size, f"{path}#sha256={digest}")


def _state(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev


def look_at_url(url: str, seen: str | None, *, timeout: float = 60.0) -> BlobEvent | None:
    """Look at an https URL; return the event of its content, or None where its ETag is still ``seen``.

    It is one conditional GET whose body is left unread.

    Raises `DataError` for every other answer, and where the server gives no ETag.
    """
    headers = {"User-Agent": "gates"} | ({"If-None-Match": _quoted(seen)} if seen else {})
    try:
        with open_https(urllib.request.Request(url, headers=headers), timeout) as answer:
            answer_headers = answer.headers
    except urllib.error.HTTPError as error:
        if error.code == 304 and seen:
            return None
        raise DataError(
            f"{shown(url)} answered {error.code} {error.reason}", "check the URL, and a signature's expiry"
        ) from None
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise DataError(f"{shown(url)} cannot be reached: {reason}", "check the URL and the connection") from None
    etag = (answer_headers.get("ETag") or "").strip()
    if not etag.strip('W/"'):
        raise DataError(f"{shown(url)} gives no ETag, so a change cannot be seen", "watch a blob, or a local file")
    plain = etag if etag.startswith("W/") else etag.strip('"')
    if plain == seen:
        return None
    length = answer_headers.get("Content-Length") or ""
    size = int(length) if length.isdigit() else None
    return BlobEvent(shown(url), plain, subject_of(url), _when(answer_headers.get("Last-Modified")), size, url)


def _quoted(etag: str) -> str:
    return etag if etag.startswith("W/") else f'"{etag}"'


def _when(text: str | None) -> datetime:
    """The time of the last change as the server tells it, else now."""
    try:
        return parsedate_to_datetime(text or "").astimezone(UTC)
    except (ValueError, TypeError):
        return datetime.now(UTC)
