"""A clock that jumps between the gates and the promotion stops the promotion, and never moves the champion."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from promotion.small_home import NAME, make_small_home

from gates.errors import PromotionRefused
from gates.promotion.execute import promote
from gates.reason import Code


@pytest.mark.parametrize(
    ("hours", "code"),
    [
        (-2, Code.VERDICT_FROM_FUTURE),
        (-24 * 365, Code.VERDICT_FROM_FUTURE),
        (25, Code.VERDICT_TOO_OLD),
        (24 * 3650, Code.VERDICT_TOO_OLD),
    ],
)
def test_a_jump_refuses_all_four_verdicts_until_the_clock_is_right_again(hours, code, tmp_path):
    small = make_small_home(tmp_path / "project")
    small.crowned("A")
    challenger = small.judged("B")
    small.clock.forward(hours=hours)
    with pytest.raises(PromotionRefused) as refused:
        promote(small.session, challenger)
    assert [reason.code for reason in refused.value.reasons] == [code] * 4
    assert small.session.champion().version.version == 1
    small.clock.forward(hours=-hours)
    promote(small.session, challenger)
    assert small.session.champion().version.version == 2


def test_time_goes_back_over_a_change_of_summer_time_without_an_effect(tmp_path, monkeypatch):
    """The machine's zone is Berlin, where 02:30 comes twice on 25 October 2026: what is kept is UTC."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        small = make_small_home(tmp_path / "project")
        small.clock.now = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 there, in summer time
        challenger = small.judged("A")
        small.clock.forward(hours=1)  # 02:30 once more, in winter time
        promote(small.session, challenger)
        entry = small.session.registry.log(NAME)[-1]
        assert entry.at.utcoffset() == timedelta(0)
        assert {small.verdict(digest).at for digest in entry.verdicts} == {datetime(2026, 10, 25, 0, 30, tzinfo=UTC)}
        assert small.findings() == ()
    finally:
        monkeypatch.undo()
        time.tzset()
