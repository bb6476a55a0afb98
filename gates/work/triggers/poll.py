"""See what lies at an address now: one content, named by its ETag.

The ETag of a file is made of its bytes and of when it was written, so that writing it again is a new event, as it is for
a blob. The ETag of a URL is the server's, which may be wrong: see `look_at_url`. A file that is still being written is not
looked at: half a file must never start a training.
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
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from gates.work.data.source import LARGEST, open_https, shown
from gates.work.errors import DataError
from gates.work.mark_documents import SeenContent
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


@dataclass(frozen=True, slots=True)
class UrlLook:
    """Hold what one look at a URL gave: the event of a new content, and what the content looks like where its bytes were read."""

    event: BlobEvent | None
    content: SeenContent | None


_UNCHANGED = UrlLook(None, None)


def look_at_url(url: str, known: SeenContent | None, *, whole: bool = False, timeout: float = 60.0) -> UrlLook:
    """Look at an https URL, of which ``known`` was seen before; return the event of its content where that is a new one.

    It is one conditional GET. Where ETag, size or time of the answer are others, and always where the ``whole`` content is wanted,
    the bytes are read: a server that gives other bytes under the same ETag is noticed by their digest. The event's ``data`` are
    pinned to that digest, and its ETag names the digest, too, where the server's own would say that nothing changed.

    Raises `DataError` for every other answer, for one that breaks off, and where the server gives no ETag.
    """
    conditional = known is not None and not whole
    headers = {"User-Agent": "gates"} | ({"If-None-Match": _quoted(known.etag)} if known and conditional else {})
    try:
        with open_https(urllib.request.Request(url, headers=headers), timeout) as answer:
            content = _described(answer.headers, url)
            if known and conditional and _looks_like(content, known):
                return _UNCHANGED
            digest, size = _read_digest(answer, url)
    except urllib.error.HTTPError as error:
        if error.code == 304 and known and conditional:
            other = known.modified and error.headers.get("Last-Modified", known.modified) != known.modified
            return look_at_url(url, known, whole=True, timeout=timeout) if other else _UNCHANGED
        raise DataError(
            f"{shown(url)} answered {error.code} {error.reason}", "check the URL, and a signature's expiry"
        ) from None
    except http.client.IncompleteRead as error:
        raise DataError(f"{shown(url)} broke off after {len(error.partial):,} bytes", "it is looked at again") from None
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise DataError(f"{shown(url)} cannot be reached: {reason}", "check the URL and the connection") from None
    content = replace(content, digest=digest)
    if known and content.etag == known.etag and known.digest in ("", digest):
        return UrlLook(None, content)
    etag = f"{content.etag}-{digest[:32]}" if known and content.etag == known.etag else content.etag
    data = f"{url}#sha256={digest}"
    return UrlLook(BlobEvent(shown(url), etag, subject_of(url), _when(content.modified), size, data), content)


def _described(headers: http.client.HTTPMessage, url: str) -> SeenContent:
    etag = (headers.get("ETag") or "").strip()
    if not etag.strip('W/"'):
        raise DataError(f"{shown(url)} gives no ETag, so a change cannot be seen", "watch a blob, or a local file")
    plain = etag if etag.startswith("W/") else etag.strip('"')
    return SeenContent(plain, headers.get("Content-Length") or "", headers.get("Last-Modified") or "")


def _looks_like(content: SeenContent, known: SeenContent) -> bool:
    """Whether all that the headers say is as before: a server that ignores the condition gives the same answer again."""
    return (content.etag, content.size, content.modified) == (known.etag, known.size, known.modified)


def _read_digest(answer: http.client.HTTPResponse, url: str) -> tuple[str, int]:
    """The SHA-256 of a body in hexadecimal digits, and its size in bytes. Raises `DataError` for one that is empty or too large."""
    digest, size = hashlib.sha256(), 0
    while chunk := answer.read(1 << 20):
        size += len(chunk)
        if size > LARGEST:
            raise DataError(f"{shown(url)} is larger than {LARGEST:,} bytes", "sample or split the data")
        digest.update(chunk)
    length = answer.headers.get("Content-Length") or ""
    if length.isdigit() and int(length) != size:
        raise DataError(f"{shown(url)} broke off after {size:,} of {int(length):,} bytes", "it is looked at again")
    if size == 0:
        raise DataError(f"{shown(url)} is empty", "write the data")
    return digest.hexdigest(), size


def _quoted(etag: str) -> str:
    return etag if etag.startswith("W/") else f'"{etag}"'


def _when(text: str) -> datetime:
    """The time of the last change as the server tells it, else now."""
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, TypeError):
        return datetime.now(UTC)
