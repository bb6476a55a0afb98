"""Each reason code that only a night has: the smallest case. Wording is not asserted here: `docs/faults.md` holds it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from faults import held_examples

from gates.reason import Code


@pytest.fixture(autouse=True)
def examples(request):
    """Hold the examples of docs/faults.md that name this test to the reasons that it makes."""
    yield from held_examples(request.node.nodeid)


def test_data_that_stay_the_same_for_too_long_have_a_code_of_their_own(watched, examples):
    project = watched('stale_after = "2d"')
    data = project.data()
    project.night(data)
    late = project.night(data, after=timedelta(days=3))
    examples += late.decision.reasons
    assert [reason.code for reason in examples] == [Code.NIGHT_REPEATS]


def test_a_night_whose_columns_cannot_be_read_could_not_be_judged(watched, examples):
    project = watched()
    late = project.night(project.data(columns="{"))
    examples += late.night.reasons
    assert [reason.code for reason in examples] == [Code.NIGHT_COULD_NOT_JUDGE]
