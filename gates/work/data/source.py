"""Copy data from where they are, hashing while copying: what is judged is what was read, byte for byte.

Sources are a local file or an https URL, each with an optional pin, ``SOURCE#sha256=HEX``. A redirect may only lead to
https.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import stat
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit, urlunsplit

from gates.work.data.file_format import HEAD, format_of
from gates.work.errors import DataError
from gates.work.records import Snapshot

LARGEST = 2 << 30
_TIMEOUT = 60.0
_PIN = re.compile(r"#sha256=(?P<hex>[0-9a-fA-F]*)\Z")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_Read = Callable[[int], bytes]


def fetch(source: str, into: Path, *, folder: Path | None = None, largest: int = LARGEST) -> Snapshot:
    """Copy ``source`` to an immutable snapshot in ``into``, named by its digest.

    A relative path starts at ``folder``. Raises `DataError` when the source is absent, unreadable, not CSV or Parquet
    by its content, larger than ``largest`` bytes, or not what its pin says; nothing is left behind then.
    """
    pin = _PIN.search(source)
    plain = source[: pin.start()] if pin else source
    if pin and len(pin["hex"]) != 64:
        raise DataError(
            f"the pin of {shown(plain)} has {len(pin['hex'])} digits, wanted 64",
            "write SOURCE#sha256=<64 hexadecimal digits>",
        )
    into.mkdir(parents=True, exist_ok=True)
    if _SCHEME.match(plain):
        batch = _fetch_url(plain, into, largest)
    else:
        batch = _fetch_file(Path(folder or ".", plain), plain, into, largest)
    if pin and batch.digest != f"sha256:{pin['hex'].lower()}":
        batch.path.unlink()
        raise DataError(
            f"{shown(plain)} is not what its pin says: found {batch.digest}, wanted sha256:{pin['hex'].lower()}",
            "check what changed at the source; if the change is meant, write the new pin",
        )
    return batch


def shown(source: str) -> str:
    """Return a source as it may be printed: without a query (which may hold a signature) and without a user's password."""
    if not _SCHEME.match(source):
        return source
    try:
        parts = urlsplit(source)
    except ValueError:
        return f"{source.partition('://')[0]}://..."  # nobody can say what of it is a secret
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _fetch_file(path: Path, source: str, into: Path, largest: int) -> Snapshot:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise DataError(f"{source} cannot be read: {error.strerror}", "check the path and its permissions") from None
    if stat.S_ISDIR(mode):
        raise DataError(f"{source} is a directory, not a file", "name one CSV or Parquet file")
    if not stat.S_ISREG(mode):
        raise DataError(f"{source} is not a regular file", "name one CSV or Parquet file")
    try:
        with path.open("rb") as file:
            return _keep(file.read, source, into, largest)
    except OSError as error:
        raise DataError(f"{source} cannot be copied: {error.strerror}", "check permissions and free space") from None


def _fetch_url(url: str, into: Path, largest: int) -> Snapshot:
    _require_sound(url)
    try:
        with open_https(urllib.request.Request(url, headers={"User-Agent": "gates"}), _TIMEOUT) as answer:
            length = answer.headers.get("Content-Length")
            batch = _keep(answer.read, shown(url), into, largest)
    except urllib.error.HTTPError as error:
        raise DataError(
            f"{shown(url)} answered {error.code} {error.reason}", "check the URL, and a signature's expiry"
        ) from None
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, OSError) as error:
        raise DataError(
            f"{shown(url)} cannot be fetched: {_reason(error)}", "check the URL and the connection"
        ) from None
    if length is not None and length.isdigit() and int(length) != batch.size:
        batch.path.unlink()
        raise DataError(f"{shown(url)} broke off after {batch.size} of {length} bytes", "fetch it again")
    return batch


def _reason(error: Exception) -> str:
    """Why a connection failed, without what the library may repeat of a URL."""
    reason = getattr(error, "reason", None) or error
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror
    return "it did not answer in time" if isinstance(reason, TimeoutError) else type(reason).__name__


def _require_sound(url: str) -> None:
    """Refuse a URL before it is opened: what the library says of a bad one repeats all of it."""
    if not url.lower().startswith("https://"):
        raise DataError(f"{shown(url)} is not an https URL", "use https, or download the file and name its path")
    if any(character.isspace() or not character.isprintable() for character in url):
        raise DataError(
            "the URL of the data holds a blank or a control character", "write it in its percent form, like %20"
        )
    try:
        parts = urlsplit(url)
        host, user = parts.hostname, parts.netloc.rpartition("@")[0]
        _ = parts.port
    except ValueError:
        raise DataError("the URL of the data is no URL: its host or its port cannot be read", "check the URL") from None
    if user:
        raise DataError(
            f"{shown(url)} carries a user or a password, which https downloads do not use",
            "give a signed URL, or download the file and name its path",
        )
    if not host:
        raise DataError("the URL of the data names no host", "check the URL")


def open_https(request: urllib.request.Request, timeout: float) -> http.client.HTTPResponse:
    """Open the answer to a request, redirected to https only. Raises what urllib raises."""
    answer: http.client.HTTPResponse = urllib.request.build_opener(_OnlyHttps).open(request, timeout=timeout)
    return answer


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to https: a signature in a query must not travel in clear text."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if not newurl.lower().startswith("https://"):
            raise DataError(
                f"{shown(req.full_url)} redirects to {shown(newurl)}, which is not https", "name the final https URL"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _keep(read: _Read, source: str, into: Path, largest: int) -> Snapshot:
    descriptor, temporary = tempfile.mkstemp(dir=into, prefix=".fetch-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            head = _fill(read, HEAD)
            suffix = format_of(head, source)
            digest, size, chunk = hashlib.sha256(), 0, head
            while chunk:
                size += len(chunk)
                if size > largest:
                    raise DataError(f"{source} is larger than {largest:,} bytes", "sample or split the data")
                digest.update(chunk)
                file.write(chunk)
                chunk = read(1 << 20)
            file.flush()
            os.fsync(file.fileno())
        path = into / f"{digest.hexdigest()}.{suffix}"
        Path(temporary).chmod(0o444)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return Snapshot(source, path, f"sha256:{digest.hexdigest()}", size)


def _fill(read: _Read, wanted: int) -> bytes:
    """The first ``wanted`` bytes, or all there are; a socket may hand them over in pieces."""
    content = b""
    while len(content) < wanted and (chunk := read(wanted - len(content))):
        content += chunk
    return content
