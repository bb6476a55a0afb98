"""How gunicorn runs the local scoring server: loopback only, one worker of several threads, nothing that outlives its master.

With one thread, a single client that sends half a request would keep everybody else waiting. Connections are closed after each
answer, so that none is lost when a worker makes room for the next one.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gates.processes.parent import end_with

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]
    from gunicorn.workers.base import Worker  # type: ignore[import-untyped]

workers = 1
worker_class = "gthread"
threads = 16
keepalive = 0
timeout = 300
graceful_timeout = 3
control_socket_disable = True
errorlog = "-"
loglevel = "warning"


def post_fork(server: Arbiter, worker: Worker) -> None:
    """End the worker with its master: one whose master is killed must not linger until it notices by itself."""
    end_with(os.getppid())
