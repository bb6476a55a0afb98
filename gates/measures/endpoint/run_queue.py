"""How long threads were ready to run and waited for a core, from the numbers that a Linux kernel keeps of each thread.

The rule it protects: a bound of milliseconds is about the service and not about what else the machine does. Two services that
answer after 300 ms look alike on the wall clock, though one computes 5 ms and was kept from a core, and the other sleeps; the
first one's threads stood in a run queue, the second one's did not.

``/proc/PID/task/TID/schedstat`` holds nanoseconds on a core, nanoseconds in a run queue, and a count of time slices
(https://docs.kernel.org/scheduler/sched-stats.html). ``/proc/stat`` holds the time of the whole machine in ticks. Threads of one
service can also keep each other from a core, which is the service's own slowness: of the wait, no more counts than what
processes beside the service and its callers ran in the same time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PROC = Path("/proc")
_LISTENS = "0A"
_BUSY = (
    0,
    1,
    2,
    5,
    6,
    7,
)  # user, nice, system, irq, softirq, steal: without idle and iowait; guests are in user already
_NANOSECONDS = 1_000_000_000

Thread = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Times:
    """Hold nanoseconds on a core and nanoseconds in a run queue."""

    ran: int
    waited: int


Reading = Mapping[Thread, Times]


def wait_between(before: Reading, after: Reading) -> int:
    """Return the nanoseconds that all threads together waited between two readings; a thread that began in between counts."""
    return sum(times.waited - before.get(thread, _NONE).waited for thread, times in after.items())


@dataclass(frozen=True, slots=True)
class RunQueue:
    """Read the waits of this process, which calls, and of the processes that serve, where they run on this machine.

    ``known`` is whether the system keeps such numbers. Without them every wait is 0, and a time on the wall clock is what it is.
    """

    processes: tuple[int, ...]
    served_here: bool
    known: bool
    proc: Path = PROC

    @classmethod
    def of(cls, url: str, *, proc: Path = PROC, own: int | None = None) -> RunQueue:
        """Return the run queue of this process and of the processes that listen at ``url``, as far as it is on this machine."""
        me = os.getpid() if own is None else own
        servers = find_listeners(url, proc)
        return cls(tuple(sorted({me, *servers})), bool(servers), bool(_threads(me, proc)), proc)

    @property
    def sentence(self) -> str:
        """Return whose wait is known, in words."""
        if not self.known:
            return "this system does not say how long a process waits for a core"
        return "service and callers waited for a core" if self.served_here else "the callers waited for a core"

    def read(self) -> Reading:
        """Return what each thread has run and waited so far. A thread that ended is not there any more."""
        if not self.known:
            return {}
        return {thread: times for process in self.processes for thread, times in _threads(process, self.proc).items()}

    def busy(self) -> int:
        """Return the nanoseconds that all cores of this machine have run so far, 0 where nobody says."""
        try:
            numbers = (self.proc / "stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
            return sum(int(numbers[at]) for at in _BUSY) * (_NANOSECONDS // os.sysconf("SC_CLK_TCK"))
        except (OSError, ValueError, IndexError):
            return 0

    def share_of_others(self) -> Callable[[], float]:
        """Begin to measure; the returned function ends it and gives the share, 0 to 1, of the waits that others may have caused."""
        before, machine = self.read(), self.busy()

        def end() -> float:
            after = self.read()
            waited = wait_between(before, after)
            ours = sum(times.ran - before.get(thread, _NONE).ran for thread, times in after.items())
            others = self.busy() - machine - ours
            return min(1.0, max(0.0, others / waited)) if waited > 0 else 0.0

        return end


_NONE = Times(0, 0)


def find_listeners(url: str, proc: Path = PROC) -> tuple[int, ...]:
    """Return the processes that listen at the port of ``url``; none unless it is an address of this machine by name or number.

    A process of another user, or in another container, is not seen.
    """
    address = urlsplit(url)
    if address.hostname not in ("localhost", "::1") and not str(address.hostname).startswith("127."):
        return ()
    port = address.port or (443 if address.scheme == "https" else 80)
    sockets = {f"socket:[{inode}]" for inode in _inodes(port, proc)}
    return tuple(process for process in _processes(proc) if sockets and _holds(proc / str(process) / "fd", sockets))


def _inodes(port: int, proc: Path) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        try:
            lines = (proc / "net" / table).read_text(encoding="ascii").splitlines()[1:]
        except (OSError, ValueError):
            continue
        for line in lines:
            fields = line.split()
            if len(fields) > 9 and fields[3] == _LISTENS and fields[1].rpartition(":")[2] == f"{port:04X}":
                yield fields[9]


def _processes(proc: Path) -> Iterator[int]:
    try:
        entries = list(proc.iterdir())
    except OSError:
        return
    yield from sorted(int(entry.name) for entry in entries if entry.name.isascii() and entry.name.isdigit())


def _holds(folder: Path, sockets: set[str]) -> bool:
    try:
        return any(_target(link) in sockets for link in folder.iterdir())
    except OSError:  # another user's process, or one that has just ended
        return False


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


def _threads(process: int, proc: Path) -> Mapping[Thread, Times]:
    """The times of each thread of a process; empty where it ended or the system keeps none."""
    threads: dict[Thread, Times] = {}
    try:
        folders = list((proc / str(process) / "task").iterdir())
    except OSError:
        return threads
    for folder in folders:
        try:
            ran, waited = (folder / "schedstat").read_bytes().split()[:2]
            threads[process, int(folder.name)] = Times(int(ran), int(waited))
        except (OSError, ValueError):  # the thread has just ended, or the system keeps no such numbers
            continue
    return threads
