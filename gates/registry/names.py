"""What a model, a gate or a run may be called: names end up in paths, messages and rows, so a name can be nothing else."""

from __future__ import annotations

import re

from gates.errors import ConfigError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")


def require_name(text: str, what: str = "a model name") -> str:
    """Return ``text``. Raises `ConfigError` for anything that is not a plain name."""
    if not _NAME.match(text):
        raise ConfigError(
            f"{text!r:.80} is not {what}", "use letters, digits, dots, dashes and underscores, 64 at most"
        )
    return text
