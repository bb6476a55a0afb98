"""Log every module under ``gates`` to standard error for ``-v`` and ``-vv``, without the secrets of the environment."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from gates.printing import printable, unsigned
from gates.redaction import Secrets

_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


class HideSecrets(logging.Filter):
    """Rewrite each record to one printable line in which every secret and every signature of a URL is hidden."""

    def __init__(self, secrets: Secrets) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite one record in place, and return True: every record is printed, but none as it came."""
        record.msg = printable(unsigned(self._secrets.hide_text(record.getMessage())))
        record.args = ()
        return True


@contextmanager
def log_to_stderr(verbosity: int, secrets: Secrets) -> Iterator[None]:
    """Log to standard error while the block runs: nothing at 0, what was done at 1 (``-v``), with details at 2 and more
    (``-vv``). The ``secrets`` are hidden.
    """
    if verbosity <= 0:
        yield
        return
    logger, handler = logging.getLogger("gates"), logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s", "%H:%M:%S"))
    handler.addFilter(HideSecrets(secrets))
    before = logger.level
    logger.setLevel(_LEVELS[min(verbosity, len(_LEVELS) - 1)])
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
