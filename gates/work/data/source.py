"""Copy data from where they are, hashing while copying: what is judged is what was read, byte for byte.

Sources are a local file, a folder of Parquet parts, an https URL or an address of a cloud store, each with an optional pin,
``SOURCE#sha256=HEX``. A redirect may only lead to https.
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
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from gates.work.data.archives import kind_of_archive, unpacked
from gates.work.data.file_format import HEAD, format_of
from gates.work.data.parts import write_parts
from gates.work.data.stores import is_in_store, open_store
from gates.work.errors import DataError
from gates.work.records import Snapshot

if TYPE_CHECKING:
    from pyarrow import fs

LARGEST = 2 << 30
_TIMEOUT = 60.0
_PIN = re.compile(r"#sha256=(?P<hex>[0-9a-fA-F]*)\Z")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_Read = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a source became: its snapshot, and the digest and the size in bytes of what was fetched, which may be an archive."""

    snapshot: Snapshot
    digest: str
    size: int


def fetch(source: str, into: Path, *, folder: Path | None = None, largest: int = LARGEST) -> Snapshot:
    """Copy ``source`` to an immutable snapshot in ``into``, named by its digest.

    A relative path starts at ``folder``, and ``~`` is the user's home. A gzip, zip or zstd archive is unpacked, a folder of
    Parquet parts becomes one file; ``largest`` holds for what comes out, a pin for the archive itself.

    Raises `DataError` when the source is absent, unreadable, not CSV or Parquet by its content, larger than ``largest`` bytes, or
    not what its pin says; nothing is left behind then.
    """
    pin = _PIN.search(source)
    plain = source[: pin.start()] if pin else source
    if pin and len(pin["hex"]) != 64:
        raise DataError(
            f"the pin of {shown(plain)} has {len(pin['hex'])} digits, wanted 64",
            "write SOURCE#sha256=<64 hexadecimal digits>",
        )
    into.mkdir(parents=True, exist_ok=True)
    if is_in_store(plain):
        kept = _fetch_store(plain, into, largest)
    elif _SCHEME.match(plain):
        kept = _fetch_url(plain, into, largest)
    else:
        kept = _fetch_file(Path(folder or ".", Path(plain).expanduser()), plain, into, largest)
    if pin and kept.digest != f"sha256:{pin['hex'].lower()}":
        kept.snapshot.path.unlink()
        raise DataError(
            f"{shown(plain)} is not what its pin says: found {kept.digest}, wanted sha256:{pin['hex'].lower()}",
            "check what changed at the source; if the change is meant, write the new pin",
        )
    return kept.snapshot


def shown(source: str) -> str:
    """Return a source as it may be printed: without a query (which may hold a signature) and without a user's password."""
    if not _SCHEME.match(source):
        return source
    try:
        parts = urlsplit(source)
    except ValueError:
        return f"{source.partition('://')[0]}://..."  # nobody can say what of it is a secret
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _fetch_store(url: str, into: Path, largest: int) -> _Kept:
    from pyarrow import fs

    name = shown(url)
    files, path = open_store(url, name)
    try:
        if files.get_file_info(path).type == fs.FileType.Directory:
            return _keep_parts(files, path, name, into, largest)
        with files.open_input_stream(path) as stream:
            return _keep(stream.read, name, into, largest)
    except OSError as error:
        raise DataError(f"{name} cannot be read: {_reason(error)}", "check the address and the credentials") from None


def _keep_parts(files: fs.FileSystem, folder: str, name: str, into: Path, largest: int) -> _Kept:
    descriptor, temporary = tempfile.mkstemp(dir=into, prefix=".parts-")
    os.close(descriptor)
    try:
        write_parts(files, folder, Path(temporary), name)
        with Path(temporary).open("rb") as file:
            return _keep(file.read, name, into, largest)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _fetch_file(path: Path, source: str, into: Path, largest: int) -> _Kept:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise DataError(f"{source} cannot be read: {error.strerror}", "check the path and its permissions") from None
    if stat.S_ISDIR(mode):
        from pyarrow import fs

        return _keep_parts(fs.LocalFileSystem(), str(path.absolute()), source, into, largest)
    if not stat.S_ISREG(mode):
        raise DataError(f"{source} is not a regular file", "name one CSV or Parquet file")
    try:
        with path.open("rb") as file:
            return _keep(file.read, source, into, largest)
    except OSError as error:
        raise DataError(f"{source} cannot be copied: {error.strerror}", "check permissions and free space") from None


def _fetch_url(url: str, into: Path, largest: int) -> _Kept:
    _require_sound(url)
    try:
        with open_https(urllib.request.Request(url, headers={"User-Agent": "gates"}), _TIMEOUT) as answer:
            length = answer.headers.get("Content-Length")
            kept = _keep(answer.read, shown(url), into, largest)
    except urllib.error.HTTPError as error:
        raise DataError(
            f"{shown(url)} answered {error.code} {error.reason}", "check the URL, and a signature's expiry"
        ) from None
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, OSError) as error:
        raise DataError(
            f"{shown(url)} cannot be fetched: {_reason(error)}", "check the URL and the connection"
        ) from None
    if length is not None and length.isdigit() and int(length) != kept.size:
        kept.snapshot.path.unlink()
        raise DataError(f"{shown(url)} broke off after {kept.size} of {length} bytes", "fetch it again")
    return kept


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


def _keep(read: _Read, source: str, into: Path, largest: int) -> _Kept:
    """Copy what ``read`` gives; of an archive what is in it, and never more than ``largest`` bytes of either."""
    head = _fill(read, HEAD)
    kind = kind_of_archive(head)
    if not kind:
        return _copy(read, head, source, into, largest)
    archive = _copy(read, head, source, into, largest, suffix="archive")
    path = archive.snapshot.path
    try:
        with unpacked(path, kind, source, largest) as content:
            batch = _copy(content, _fill(content, HEAD), source, into, largest).snapshot
    finally:
        path.unlink(missing_ok=True)
    return _Kept(batch, archive.digest, archive.size)


def _copy(read: _Read, head: bytes, source: str, into: Path, largest: int, *, suffix: str = "") -> _Kept:
    descriptor, temporary = tempfile.mkstemp(dir=into, prefix=".fetch-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            suffix = suffix or format_of(head, source)
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
    named = f"sha256:{digest.hexdigest()}"
    return _Kept(Snapshot(source, path, named, size), named, size)


def _fill(read: _Read, wanted: int) -> bytes:
    """The first ``wanted`` bytes, or all there are; a socket may hand them over in pieces."""
    content = b""
    while len(content) < wanted and (chunk := read(wanted - len(content))):
        content += chunk
    return content
