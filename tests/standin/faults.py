"""Make the stand-in fail, in one place, some number of times: what Azure does on a bad day."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Fault:
    """Requests whose method and path match are answered so. ``status`` 0 closes the connection, -1 never answers in time.

    ``after`` matching requests are let through first, and ``times`` are then answered.
    """

    method: str
    path: str
    status: int
    times: int = 1_000_000
    after: int = 0
    message: str = "injected"
    code: str = "Injected"
    headers: Mapping[str, str] = field(default_factory=dict)
    met: int = 0

    def matches(self, method: str, path: str) -> bool:
        return self.method in (method, "*") and re.search(self.path, path) is not None


class Faults:
    """The faults in force."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def inject(self, fault: Fault) -> Fault:
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def due(self, method: str, path: str) -> Fault | None:
        """The fault that answers this request, if one does."""
        with self._lock:
            for fault in self._faults:
                if fault.matches(method, path):
                    fault.met += 1
                    if fault.after < fault.met <= fault.after + fault.times:
                        return fault
        return None
