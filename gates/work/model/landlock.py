"""Keep this process from reading and writing files, and from the network, by Landlock of Linux; what it starts inherits that.

A process that is restricted cannot look into the memory or the environment of one that is not, nor send it a signal where the
kernel knows of that. Source: docs.kernel.org/userspace-api/landlock.html.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # numbers of the system calls, the same on every processor since Linux 5.13
_NO_NEW_PRIVILEGES = 38  # of prctl
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
_READ = 1 << 0 | _READ_FILE | _READ_FOLDER  # execute, which loading a library is, and read
_OF_FILES = 1 << 0 | 1 << 1 | _READ_FILE | 1 << 14 | 1 << 15  # the rights that a rule about a single file may name
_BY_VERSION = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_NETWORK, _SCOPES = 0b11, 0b11  # TCP bind and connect; abstract sockets and signals


class _Rules(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Below(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def restrict(readable: Iterable[str], listed: Iterable[str], writable: Iterable[str]) -> None:
    """Allow this process only to read below ``readable``, to list the folders ``listed``, and to do anything below ``writable``.

    Paths that are not there are left out. Raises `OSError` where the kernel has no Landlock, or refuses.
    """
    if not sys.platform.startswith("linux"):
        raise OSError(f"{sys.platform} has no Landlock")
    system = ctypes.CDLL(None, use_errno=True)

    def call(number: int, *given: object) -> int:
        done = int(system.syscall(number, *given))
        if done < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return done

    version = call(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    everything = _BY_VERSION[min(version, max(_BY_VERSION))]
    rules = _Rules(everything, _NETWORK if version >= 4 else 0, _SCOPES if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = call(_CREATE, ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0))
    allowed = [(path, _READ) for path in readable]
    allowed += [(path, _READ_FOLDER) for path in listed] + [(path, everything) for path in writable]
    for path, rights in allowed:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
            rule = _Below((rights if Path(path).is_dir() else rights & _OF_FILES) & everything, opened)
            try:
                call(_ADD, ruleset, ctypes.c_uint32(1), ctypes.byref(rule), ctypes.c_uint32(0))
            finally:
                os.close(opened)
    if system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    call(_RESTRICT, ruleset, ctypes.c_uint32(0))
    os.close(ruleset)
