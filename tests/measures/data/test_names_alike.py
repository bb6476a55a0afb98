"""Two names that look alike are not only called missing and unexpected: the message says in what they differ, once."""

from __future__ import annotations

import pandas as pd

from gates.measures.data.contract import hold
from gates.measures.drift.table import tabulate


def test_text_and_names_of_two_files_that_look_alike_are_explained():
    before = pd.DataFrame({"café": [0.5, 1.5] * 30, "town": ["Zürich", "Bern"] * 30})
    now = pd.DataFrame({"cafe\u0301": [0.5, 1.5] * 30, "town": ["Zu\u0308rich", "Bern"] * 30})
    held = hold(before, now, id=None, target=None, task="classification")
    sentences = [one.sentence for one in held.violations]
    assert sum("'café'" in sentence and "is missing" in sentence for sentence in sentences) == 1
    assert not any("nothing to evaluate" in sentence for sentence in sentences)
    assert sum("in its Unicode form only: write both names alike" in sentence for sentence in sentences) == 2
    assert "in its Unicode form only" in tabulate(before, now).unalike[0]
