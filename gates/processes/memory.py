"""Bound the memory of a child, so that a table made to fill the machine ends in an error of the child."""

from __future__ import annotations

import contextlib
import os
import resource
from pathlib import Path

_GROUP = Path("/sys/fs/cgroup/memory.max")


def limit_memory() -> None:
    """Lower the soft limit of this process's address space to the memory of the machine, or of its control group.

    Only the soft limit: code that maps more than it uses, as drivers of graphics processors do, can raise it again.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limits = [limit for limit in (memory_of_machine(), soft, hard) if limit not in (0, resource.RLIM_INFINITY)]
    if limits:
        with contextlib.suppress(ValueError, OSError):  # some systems have no such limit
            resource.setrlimit(resource.RLIMIT_AS, (min(limits), hard))


def memory_of_machine() -> int:
    """Return the bytes of memory that this process can have; 0 where the system does not say."""
    sizes = []
    with contextlib.suppress(ValueError, OSError):
        sizes.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with contextlib.suppress(ValueError, OSError):
        sizes.append(int(_GROUP.read_text(encoding="ascii")))
    return min(sizes, default=0)
