"""Azurite, Microsoft's own blob storage for tests, where it is installed: ``npm install --prefix DIR azurite``.

Found by GATES_NODE (the DIR), else in the cache folder that .ci/run installs into, else on the PATH.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="  # public, in its docs
_UP_WITHIN = 240.0


@dataclass(frozen=True)
class Azurite:
    """Running blob storage. ``endpoint`` is what Azure ML calls the storage endpoint of a cloud."""

    port: int

    @property
    def endpoint(self) -> str:
        return f"core.localhost:{self.port}"

    @property
    def url(self) -> str:
        return f"https://{ACCOUNT}.blob.{self.endpoint}"


def find_azurite() -> Path | None:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folders = [Path(os.environ[name]) for name in ("GATES_NODE",) if os.environ.get(name)] + [cache / "gates" / "node"]
    for folder in folders:
        program = folder / "node_modules" / ".bin" / "azurite-blob"
        if program.exists():
            return program
    found = shutil.which("azurite-blob")
    return Path(found) if found else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_azurite(program: Path, folder: Path, certificate: tuple[Path, Path]) -> Iterator[Azurite]:
    """Start it on a free port of 127.0.0.1, with TLS and with tokens taken as Azure takes them."""
    port = free_port()
    log = folder / "azurite.log"
    command = [
        str(program), "--blobHost", "127.0.0.1", "--blobPort", str(port),
        "--cert", str(certificate[0]), "--key", str(certificate[1]), "--oauth", "basic",
        "--skipApiVersionCheck", "--disableTelemetry", "--silent", "--inMemoryPersistence",
    ]  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=folder
        )
    try:
        _await(process, port, log)
        yield Azurite(port)
    finally:
        process.terminate()
        process.wait(20)


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _UP_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"Azurite ended with {process.returncode}: {log.read_text()[-500:]}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"Azurite was not up within {_UP_WITHIN:g} seconds")
