"""Run one night: take the data, judge the champion against them, keep the night, show the trend, and act on an alarm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from gates.digest import Digest
from gates.errors import SubjectError
from gates.history.data_source import FACT, name_place
from gates.judgement.decision import Decision, Ending
from gates.judgement.judge import Judgement
from gates.judging import Case, judge_gate
from gates.nightly.columns import Columns, read_columns
from gates.nightly.concluding import state_of, weighted_p_value
from gates.nightly.history import History, read_history
from gates.nightly.night import KIND, Night, NightState, to_document
from gates.nightly.retrain import Cause, answered, retrain
from gates.nightly.since import Since, tell_onset
from gates.nightly.trend import budget_sentence, spark, table
from gates.policy.schedule import Schedule
from gates.promotion.rules import SKEW
from gates.reason import Code, Reason
from gates.registry import Champion
from gates.session import Session


@dataclass(frozen=True, slots=True)
class NightRequest:
    """Hold what the caller of a night wants: the data (None: the policy's), the window (empty: the policy's), and a retraining."""

    source: str | None = None
    window: str = ""
    retrain: bool = False


@dataclass(frozen=True, slots=True)
class NightOutcome:
    """Hold how a night ended: the decision, the night itself, all nights with it, and since when the data differ (None if not)."""

    decision: Decision
    night: Night
    history: History
    since: Since | None = None


def watch(session: Session, request: NightRequest) -> NightOutcome:
    """Judge the champion on the newest rows, keep the night, and return how it ended.

    Raises `SubjectError` without a champion or with a clock behind the last night. The errors of taking the data are raised
    after the night was kept as one that was not judged.
    """
    schedule, now = session.policy.schedule, session.clock()
    if (champion := session.champion()) is None:
        raise SubjectError(f"{session.work.name} has no champion to watch", "run gates run first")
    history = read_history(session.registry, session.work.name)
    _require_clock(history, now)
    blank = Night(
        session.id, now, NightState.UNJUDGED, schedule.alpha, champion.epoch, champion.version.version, str(session.policy.digest),
        request.window or schedule.window,
    )  # fmt: skip
    with _taken(session, blank, request, schedule) as (path, source):
        digest = Digest.of(path)
        session.progress.line(f"data {digest.short}  {source}")
        blank = replace(blank, source=source, data=str(digest))
        if (before := history.judged_before(blank)) is not None:
            outcome = _again(session, request, path, history, before, blank)
        else:
            outcome = _judge(session, request, path, history, champion, blank)
    if warning := _other_data(session, request, champion, blank):
        outcome = replace(outcome, decision=replace(outcome.decision, notes=(*outcome.decision.notes, warning)))
    return outcome


def _other_data(session: Session, request: NightRequest, champion: Champion, night: Night) -> str:
    """Return the warning that the configured data are not those that the champion learned from; nothing where nobody can say.

    Data that the command or [tool.gates.nightly] names are meant to be others.
    """
    facts = champion.version.facts
    learned = facts.get(FACT, "")
    if request.source is not None or session.policy.schedule.data or not learned or facts.get("data") == night.data:
        return ""
    here = name_place(night.source, session.policy, configured=True)
    if here == learned:
        return ""
    return (
        f"warning: {session.work.name} version {champion.version.version} learned from {learned}, and {here}, which [tool.ml]"
        " names, is another file: name the newest rows with gates nightly FILE, or as data of [tool.gates.nightly]"
    )


def _require_clock(history: History, now: datetime) -> None:
    if history.last is not None and history.last.at > now + SKEW:
        raise SubjectError(
            f"the last night is from the future ({history.last.day} UTC, the clock says {now:%Y-%m-%d %H:%M})",
            "correct the clock of this machine",
        )


@contextmanager
def _taken(session: Session, blank: Night, request: NightRequest, schedule: Schedule) -> Iterator[tuple[Path, str]]:
    """Yield a snapshot of the data, removed afterwards. Where the data cannot be taken, the night is kept as one that was not
    judged.
    """
    source = request.source or _beside(session, schedule.data)
    try:
        batch = session.work.take(source, session.home.scratch)
    except Exception as error:
        reason = Reason(Code.ERROR, str(getattr(error, "message", "")) or f"{type(error).__name__}: {error}")
        _keep(session, replace(blank, source=source or "", reasons=(reason,)))
        raise
    try:
        yield batch.path, batch.source
    finally:
        batch.path.unlink(missing_ok=True)


def _beside(session: Session, source: str) -> str | None:
    """Return a source that the policy names; a path in it is relative to the policy's folder."""
    return (source if "://" in source else str(session.policy.source.parent / source)) if source else None


def _judge(
    session: Session, request: NightRequest, path: Path, history: History, champion: Champion, blank: Night
) -> NightOutcome:
    model = session.model_file(champion.version)
    case = Case(path, Digest.parse(blank.data), model, champion, options={"window": blank.window})
    with session.stage("nightly gate"):
        judgement = judge_gate(session, "nightly", case)
    session.tell(judgement)
    night, since = _conclude(session, history, judgement, blank)
    done, cause = _done_already(session, history, night), None
    if night.state is NightState.ALARM and request.retrain and not done:
        cause = _cause(session, request, night, path)
        night = replace(night, retraining=cause.session_for(session).id)
    if night.state in (NightState.ALARM, NightState.SUSPECT):
        session.registry.blobs.put(path)  # so that an alarm can be examined even if its source is gone
    _keep(session, night)
    history = history.and_tonight(night)
    _tell(session, history, since)
    decision = _decide(session, judgement, night)
    if night.state is NightState.ALARM and request.retrain and done:
        decision = replace(decision, notes=(done, *decision.notes))
    if cause is not None:
        decision = answered(decision, retrain(session, cause))
    return NightOutcome(decision, night, history, since)


def _conclude(session: Session, history: History, judgement: Judgement, blank: Night) -> tuple[Night, Since | None]:
    schedule, before = session.policy.schedule, history.counted(blank.epoch)
    state = state_of(judgement, session.policy.gates["nightly"], before, schedule)
    columns, faults = Columns(), tuple[Reason, ...]()
    try:
        columns = Columns() if judgement.disturbed else read_columns(session.folder / "nightly.columns.json")
    except SubjectError as error:
        faults = (Reason(Code.NIGHT_COULD_NOT_JUDGE, error.message),)
        state = NightState.UNJUDGED if state is NightState.CALM else state
    alarm = state is NightState.ALARM
    goes_on = alarm and bool(before) and before[-1].state is NightState.ALARM
    night = replace(
        blank,
        state=state,
        p_value=weighted_p_value(judgement, schedule),
        reasons=(*faults, *(judgement.reasons or _warned(judgement))),
        worst=columns.worst,
        effects=columns.effects,
        rows=columns.rows,
        reference_rows=columns.reference_rows,
        alarm_since=before[-1].alarm_since if goes_on else blank.id if alarm else "",
    )
    differs = state in (NightState.ALARM, NightState.SUSPECT) and bool(night.effects)
    return night, tell_onset((*before, night)) if differs else None


def _warned(judgement: Judgement) -> tuple[Reason, ...]:
    """Return the warnings of a judgement as the reasons of the night."""
    return tuple(Reason(Code.INCONCLUSIVE, warning) for warning in judgement.warnings)


def _keep(session: Session, night: Night) -> None:
    session.registry.keep_note(session.work.name, KIND, to_document(night), night.at)


def _tell(session: Session, history: History, since: Since | None) -> None:
    say, schedule = session.progress.line, session.policy.schedule
    say()
    for row in table(history):
        say(f"  {row}", "dim")
    say(f"  trend |{spark(history)}|  p towards alpha: '_.:-=+', below it '*', an alarm '!', not judged '?'", "dim")
    say(f"  {budget_sentence(history, session.clock(), schedule.false_alarms_per_year)}", "dim")
    if history.last is not None and history.last.state in (NightState.ALARM, NightState.SUSPECT):
        say(f"  most unlike: {'; '.join(one.sentence for one in history.last.worst)}", "mild")
    if since is not None:
        say(f"  {since.sentence}", "mild")


def _decide(session: Session, judgement: Judgement, night: Night) -> Decision:
    model = f"{session.work.name} version {night.version}"
    numbers = f"p = {night.p_value:.2g}, alpha {night.alpha:.2g}"
    if night.state is NightState.ALARM:
        since = "" if night.alarm_since == night.id else f", since the night {night.alarm_since}"
        return Decision(
            Ending.ALARM, f"alarm: the newest rows do not look like those that {model} learned from ({numbers}){since}",
            judgement.reasons,
        )  # fmt: skip
    if night.state is NightState.CALM:
        return Decision(Ending.CALM, f"no alarm: the newest rows look like those that {model} learned from ({numbers})")
    if night.state is NightState.SUSPECT:
        k, m = session.policy.schedule.persistence
        sentence = f"no alarm yet: below alpha tonight ({numbers}), an alarm needs {k} of {m} nights"
        return Decision(Ending.CALM, sentence, judgement.reasons)
    if judgement.passed and night.state is NightState.INCONCLUSIVE:  # the policy says that too few rows only warn
        return Decision(Ending.CALM, "no alarm: too few rows to tell, and the policy lets that pass")
    if night.state is NightState.INCONCLUSIVE:
        sentence = f"could not judge: too few rows that are new to {model}"
        if any(reason.code is Code.ROWS_NOT_EXCHANGEABLE for reason in judgement.reasons):
            sentence = (
                f"could not judge: the rows that {model} learned from depend on each other, and nobody declared how"
            )
        return Decision(Ending.COULD_NOT_JUDGE, sentence, judgement.reasons)
    ending = Ending.MISCONFIGURED if judgement.misconfigured else Ending.COULD_NOT_JUDGE
    return Decision(ending, "could not judge: the nightly gate broke; nothing is known of tonight", night.reasons)


def _again(
    session: Session, request: NightRequest, path: Path, history: History, before: Night, blank: Night
) -> NightOutcome:
    """Return the answer of the earlier night on the same data, not counted again; but no answer where nothing new arrived for
    too long.
    """
    same = f"the data are those of the night {before.id} ({before.day}), which is not counted again"
    silent = blank.at - before.at
    if silent > session.policy.schedule.stale_after:
        sentence = f"could not judge: no new data for {silent.days} days; is what brings them still running?"
        return NightOutcome(
            Decision(
                Ending.COULD_NOT_JUDGE, sentence, (Reason(Code.NIGHT_REPEATS, f"{same}; stale_after is exceeded"),)
            ),
            before,
            history,
        )
    if before.state is NightState.INCONCLUSIVE:
        warned = session.policy.gates["nightly"].inconclusive == "warn"
        ending = Ending.CALM if warned else Ending.COULD_NOT_JUDGE
        return NightOutcome(
            Decision(ending, f"no new data: {same}; too few rows then as now", before.reasons), before, history
        )
    if before.state is not NightState.ALARM:
        return NightOutcome(Decision(Ending.CALM, f"no new data: {same}; it was {before.state}"), before, history)
    decision = Decision(Ending.ALARM, f"the alarm stands: {same}", before.reasons)
    if not request.retrain:
        return NightOutcome(decision, before, history)
    if done := _done_already(session, history, before):
        return NightOutcome(replace(decision, notes=(done, *decision.notes)), before, history)
    cause = _cause(session, request, before, path)
    night = replace(before, id=blank.id, at=blank.at, retraining=cause.session_for(session).id, repeats=before.id)
    _keep(session, night)
    decision = answered(decision, retrain(session, cause))
    return NightOutcome(decision, night, history.and_tonight(night))


def _done_already(session: Session, history: History, night: Night) -> str:
    """Return why an alarm about these data under this policy causes no further retraining, or nothing."""
    for id in history.retrainings(night.data, night.policy):
        try:
            state = session.registry.run(id).state
        except SubjectError:
            continue  # the night was kept, and then the process was killed before the run began
        if state in ("promoted", "passed", "awaiting", "refused"):
            return f"run {id} was already caused by an alarm about these data and ended {state}: gates show {id}"
    return ""


def _cause(session: Session, request: NightRequest, night: Night, path: Path) -> Cause:
    """Return the cause of a retraining, with the data to learn from and where these came from."""
    source = _retraining_data(session, path)
    if session.policy.schedule.retrain_data:
        return Cause(night, source)
    configured = request.source is None and not session.policy.schedule.data
    return Cause(night, source, name_place(night.source, session.policy, configured=configured))


def _retraining_data(session: Session, path: Path) -> str:
    """Return what to learn from: the policy's own source for it, else the very bytes that the night was judged on."""
    named = _beside(session, session.policy.schedule.retrain_data)
    return named or str(session.registry.blobs.path(session.registry.blobs.put(path)))
