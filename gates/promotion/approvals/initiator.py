"""Find who started this command, by every name that the machine knows: an approver is compared with these names.

They come from the environment, and are no more reliable than it: whoever can start a run can also set another name.
"""

from __future__ import annotations

import getpass
import os
import subprocess
from collections.abc import Iterator

# in which GitHub Actions, Azure Pipelines and GitLab name the person
_VARIABLES = (
    "GITHUB_ACTOR",
    "GITHUB_TRIGGERING_ACTOR",
    "BUILD_REQUESTEDFOR",
    "BUILD_REQUESTEDFOREMAIL",
    "GITLAB_USER_LOGIN",
    "GITLAB_USER_EMAIL",
)


def find_initiators() -> tuple[str, ...]:
    """Return the names, each once: of the CI, then of git, then of the user of this machine."""
    return tuple(dict.fromkeys(name.strip() for name in _names() if name.strip()))


def _names() -> Iterator[str]:
    yield from (os.environ.get(variable, "") for variable in _VARIABLES)
    yield from (_git("user.email"), _git("user.name"))
    try:
        yield getpass.getuser()
    except (KeyError, OSError):
        return


def _git(key: str) -> str:
    try:
        done = subprocess.run(
            ["git", "config", "--get", key],
            capture_output=True, text=True, timeout=5, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ""
    return done.stdout
