"""Look repeatedly, and act on each new content until it was handled: at least once, one at a time.

A failure to look or to act ends nothing: the content stays new, and the pause before the next look doubles, up to an hour.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from gates.ports import Event, Watch

LONGEST = 3600.0  # seconds between two looks, however often acting failed
_MISCONFIGURED = 2
_DEALT_WITH = (0, 1, 4)  # passed, refused, and passed but awaiting approval: there is nothing to do again

Act = Callable[[Event], int]
Tell = Callable[[str, str], None]


def watch_once(watch: Watch, act: Act) -> int | None:
    """Look once. Return the exit code of the action, or None where there was nothing new."""
    with watch.look() as sighting:
        if sighting is None:
            return None
        code = act(sighting.event)
        if code in _DEALT_WITH:
            sighting.handled()
        return code


def watch_on(watch: Watch, act: Act, tell: Tell, *, every: float, sleep: Callable[[float], None] = time.sleep) -> int:
    """Look every ``every`` seconds until the action is misconfigured, and return its exit code, 2.

    ``tell`` prints a sentence in a style; ``sleep`` waits for some seconds. Raises errors without a remedy, and those of a
    wrong configuration; all others are printed, and it looks again.
    """
    failures, last_problem = 0, ""
    while True:
        try:
            code = watch_once(watch, act)
            problem = "" if code is None or code in _DEALT_WITH else f"the action ended with exit code {code}"
            if code == _MISCONFIGURED:
                tell("the action is misconfigured, and looking again would not change that", "bad")
                return _MISCONFIGURED
        except Exception as error:
            if not hasattr(error, "remedy") or getattr(error, "exit_code", 3) == _MISCONFIGURED:
                raise
            problem = f"{getattr(error, 'message', error)}; {error.remedy}"
        failures = failures + 1 if problem else 0
        pause = min(every * 2.0 ** min(failures - 1, 30), max(LONGEST, every)) if failures else every
        if problem and problem != last_problem:
            tell(f"{problem}; looking again", "mild")
        last_problem = problem
        sleep(pause)
