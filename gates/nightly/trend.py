"""Show the nights: one line for a status, a table for a person, in plain characters that any mail can carry."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime

from gates.nightly.history import History, chance_of
from gates.nightly.night import Night, NightState

_CALM = "_.:-=+"  # from p = 1 to p just above alpha
SHOWN = 14
_LINE = 40


def spark(history: History, last: int = _LINE) -> str:
    """Return one character a night: how near p came to alpha (``_.:-=+``), ``*`` below it, ``!`` an alarm, ``?`` not judged."""
    return "".join(_mark(night) for night in history.nights[max(0, len(history.nights) - last) :])


def _mark(night: Night) -> str:
    if night.state is NightState.ALARM:
        return "!"
    if night.state is NightState.SUSPECT:
        return "*"
    if night.state is not NightState.CALM or not math.isfinite(night.p_value):
        return "?"
    near = math.log(max(night.p_value, night.alpha)) / math.log(night.alpha)
    return _CALM[min(len(_CALM) - 1, int(near * len(_CALM)))]


def summary(history: History, now: datetime, budget: float) -> str:
    """Return the nights in one line, for `gates status`; ``budget`` is the number of false alarms a year."""
    last = history.last
    if last is None:
        return "nights    none yet"
    p_value = f" (p = {last.p_value:.2g})" if math.isfinite(last.p_value) else ""
    count = len(history.nights)
    return (
        f"nights    {count} kept, last {last.day} {last.state}{p_value}; "
        f"{budget_sentence(history, now, budget)}  |{spark(history, SHOWN)}|"
    )


def budget_sentence(history: History, now: datetime, budget: float) -> str:
    """Return how many alarms there were, how many the budget expects and, where there are more, how likely that is by chance."""
    alarms = history.alarms(now)
    counted = f"{alarms} {'alarm' if alarms == 1 else 'alarms'} in 365 days, {budget:g} expected without drift"
    if alarms > budget:
        return (
            f"{counted}: the budget is spent; so many happen by chance in {chance_of(alarms, budget):.2g} of such years"
        )
    return counted


def table(history: History, last: int = SHOWN) -> Iterator[str]:
    """Yield a header, and the last nights one line each."""
    yield f"{'night':16}  {'rows':>7}  {'p-value':>8}  {'':12}  worst column"
    for night in history.nights[max(0, len(history.nights) - last) :]:
        p_value = f"{night.p_value:.2g}" if math.isfinite(night.p_value) else "-"
        worst = night.worst[0].sentence if night.worst else ""
        if night.state is NightState.UNJUDGED and night.reasons:
            worst = night.reasons[0].text[:80]
        yield f"{night.day:16}  {night.rows:>7,}  {p_value:>8}  {night.state:12}  {worst}"
