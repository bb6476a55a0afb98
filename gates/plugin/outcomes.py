"""Define two outcomes that pytest does not have, as subclasses of pytest's own exceptions, so that a plain run understands them
too.
"""

from __future__ import annotations

from _pytest.outcomes import Failed, Skipped


class NotApplicable(Skipped):
    """End a check that does not apply here, because of a ``condition`` (no champion yet, no new rows).

    It counts only where the parent process itself finds the condition true.
    """

    def __init__(self, condition: str, because: str) -> None:
        super().__init__(f"not applicable ({condition}): {because}")
        self.condition = condition


class Inconclusive(Failed):
    """End a check that has too few rows for an answer. It never counts as passed."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, pytrace=False)
