"""Two outcomes that pytest has no words for, as pytest's own exceptions so that a plain run understands them too."""

from __future__ import annotations

from _pytest.outcomes import Failed, Skipped


class NotApplicable(Skipped):
    """The check asks nothing here (no champion yet, no new rows). Counts only where the parent finds the condition true itself."""

    def __init__(self, condition: str, because: str) -> None:
        super().__init__(f"not applicable ({condition}): {because}")
        self.condition = condition


class Inconclusive(Failed):
    """Too few rows to tell. Never counts as passed."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, pytrace=False)
