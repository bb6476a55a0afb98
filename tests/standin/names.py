"""Let ``*.localhost`` be this machine, as it is in browsers: in this process, and (through `site`) in those that it starts."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def resolve_localhost() -> Any:
    """Exchange the resolver; returns the one before."""
    before = socket.getaddrinfo

    def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        here = isinstance(name, str) and name.endswith(".localhost")
        return before("127.0.0.1" if here else host, *arguments, **options)

    socket.getaddrinfo = look_up
    return before


@contextmanager
def localhost_names() -> Iterator[None]:
    before = resolve_localhost()
    try:
        yield
    finally:
        socket.getaddrinfo = before
