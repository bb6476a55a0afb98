"""Retrain on an alarm: run all stages of `gates run`, with the alarm as the reason why drift is accepted, and record both."""

from __future__ import annotations

from dataclasses import replace

from gates.judgement.decision import Decision, Ending
from gates.nightly.night import Night
from gates.session import Session
from gates.workflow.pipeline import RunRequest, run_pipeline
from gates.workflow.run_history import recorded


class Cause:
    """Hold the alarm that causes a retraining, and the data to learn from (``source``), which came from ``place``.

    The run gets its id before the night is kept, so that each of the two records can name the other.
    """

    def __init__(self, night: Night, source: str, place: str = "") -> None:
        self.night = night
        self.source = source
        self.place = place
        self._session: Session | None = None

    def session_for(self, watching: Session) -> Session:
        """Return the session of the retraining: a run of its own on the same home, and the same at each call."""
        if self._session is None:
            self._session = watching.caused_by(f"the drift alarm of the night {self.night.id}")
        return self._session

    @property
    def acknowledgement(self) -> str:
        """Return the reason why the drift is accepted: the value of `gates run --accept-drift`."""
        worst = f": {self.night.worst[0].sentence}" if self.night.worst else ""
        return f"retraining for the drift alarm of the night {self.night.id} (p = {self.night.p_value:.2g}){worst}"


def retrain(watching: Session, cause: Cause) -> tuple[str, Decision]:
    """Run the pipeline for ``cause``, and return the run's id and its decision. Errors are recorded and raised."""
    session = cause.session_for(watching)
    session.progress.line()
    session.progress.line(f"retraining as run {session.id}, caused by {session.cause}", "bold")
    request = RunRequest(source=cause.source, accept_drift=cause.acknowledgement, place=cause.place)
    return session.id, recorded(session, f"run, caused by {session.cause}", lambda: run_pipeline(session, request))


def answered(alarm: Decision, retraining: tuple[str, Decision]) -> Decision:
    """Return the decision of the night after a retraining: exit code 0 only where a new champion was promoted."""
    run, decision = retraining
    if decision.ending is Ending.PROMOTED:
        return Decision(Ending.PROMOTED, f"alarm, answered by run {run}: {decision.sentence}", alarm.reasons)
    reasons = (*(replace(reason, text=f"run {run}: {reason}") for reason in decision.reasons), *alarm.reasons)
    if decision.ending in (Ending.MISCONFIGURED, Ending.COULD_NOT_JUDGE):
        return Decision(decision.ending, f"alarm, and run {run} did not get to an answer: {decision.sentence}", reasons)
    if decision.ending is Ending.AWAITING_APPROVAL:
        return Decision(
            Ending.ALARM, f"alarm, not answered before somebody approves run {run}: {decision.sentence}", reasons
        )
    return Decision(Ending.ALARM, f"alarm, not answered by run {run}: {decision.sentence}", reasons)
