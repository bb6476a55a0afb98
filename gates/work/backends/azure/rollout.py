"""Bring a model to an endpoint step by step, and back by itself when anything is not as it must be.

The new deployment stands beside the old one without traffic, is called directly, then gets copies of real requests, then a small
share, then all; a gate must say yes at each step. Whatever happens in between (a gate that says no, a service that does not
answer, an answer that cannot be read, Ctrl-C) the traffic goes back to where it was, and that is read back from the service.
The ledger moves last: a model that does not hold 100 % of the traffic through its last gate is never champion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gates.errors import GatesError
from gates.work.backends.azure.errors import AwaitsApproval, RolloutFailed, RolloutRefused

COLOURS = ("blue", "green")
_ATTEMPTS = 3


class Road(Protocol):
    """Change the deployments and the traffic of one endpoint. Every method raises an error of the work where Azure refuses."""

    @property
    def mirrors(self) -> bool:
        """Return whether requests can be copied to a deployment that answers none of them."""
        ...

    def traffic(self) -> Mapping[str, int]:
        """Return the percentage of requests that each deployment gets, by name; 0 for those that get none."""
        ...

    def route(self, traffic: Mapping[str, int], mirror: Mapping[str, int]) -> None:
        """Give each deployment of ``traffic`` its percentage of requests, and copy the percentages of ``mirror``."""
        ...

    def create(self, name: str) -> None:
        """Create the deployment ``name`` of the new model, without traffic, and wait until it answers."""
        ...

    def remove(self, name: str) -> None:
        """Delete the deployment ``name``; one that is not there is no error."""
        ...


class Judge(Protocol):
    """Judge the endpoint at each step of a rollout."""

    def gate(self, deployment: str) -> None:
        """Run the endpoint gate on a deployment by name; empty: on whichever answers, as a customer meets it.

        Raises `RolloutRefused` where it refuses, and `RolloutFailed` where nothing could be judged.
        """
        ...

    def promote(self) -> None:
        """Make the model champion. Raises `RolloutRefused`, `AwaitsApproval` and `RolloutFailed`."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """Hold the shares of the new deployment on its way to 100, and the share of requests copied to it before the first."""

    steps: Sequence[int]
    mirror: int


def roll_out(road: Road, judge: Judge, plan: Plan, tell: Callable[[str], None]) -> str:
    """Bring the new deployment to 100 % and have it promoted. Returns its name.

    Raises `RolloutRefused` where a gate said no, `AwaitsApproval` where people have not said yes, and `RolloutFailed` where
    nothing could be judged; what served before serves on then, and the message says so, or says that it could not be
    brought back.
    """
    before = {name: share for name, share in road.traffic().items() if share}
    old = _only(before)
    new = next(colour for colour in COLOURS if colour != old)
    if new in road.traffic():
        tell(f"removing {new}, which gets no traffic")
        road.remove(new)
    try:
        _climb(road, judge, plan, tell, old, new)
    except BaseException as error:
        sentence = _give_back(road, before, new, tell)
        if isinstance(error, GatesError):
            kept = isinstance(error, RolloutRefused | AwaitsApproval) and not sentence.startswith("BUT")
            kind = type(error) if kept else RolloutFailed
            raise kind(f"{error.message}; {sentence}", error.remedy) from None
        if isinstance(error, Exception):
            raise RolloutFailed(f"{type(error).__name__}: {error}; {sentence}", "run again with --debug") from error
        tell(sentence)
        raise
    return new


def _climb(road: Road, judge: Judge, plan: Plan, tell: Callable[[str], None], old: str, new: str) -> None:
    tell(f"creating {new} beside {old or 'nothing'}, without traffic")
    road.create(new)
    tell(f"gate on {new} directly")
    judge.gate(new)
    if old:
        if road.mirrors and plan.mirror:
            _route(road, {old: 100}, {new: plan.mirror}, tell)
            judge.gate(new)
        for share in plan.steps:
            _route(road, {old: 100 - share, new: share}, {}, tell)
            judge.gate(new)
    _route(road, {new: 100}, {}, tell)
    judge.gate("")
    judge.promote()


def _route(
    road: Road, traffic: Mapping[str, int], mirror: Mapping[str, int], tell: Callable[[str], None] = lambda _: None
) -> None:
    """Route, and believe it only when the service itself says so."""
    copied = "".join(f", {share} % copied to {name}" for name, share in mirror.items())
    tell(f"routing {_said(traffic)}{copied}")
    road.route(traffic, mirror)
    routed = {name: share for name, share in road.traffic().items() if share}
    if routed != dict(traffic):
        raise RolloutFailed(
            f"the traffic was set to {_said(traffic)}, but the service says {_said(routed)}", "look at it in the portal"
        )


def _give_back(road: Road, before: Mapping[str, int], new: str, tell: Callable[[str], None]) -> str:
    """Route as before and remove what was new. Says what serves now; begins with BUT where that is not what served before."""
    tell(f"returning to {_said(before)}")
    why = ""
    for _ in range(_ATTEMPTS):
        try:
            _route(road, before, {})
            break
        except Exception as error:
            why = str(error)
    else:
        return f"BUT the traffic could not be returned to {_said(before)}: {why}. Return it by hand, now"
    try:
        road.remove(new)
    except Exception as error:
        return f"{_said(before)} as before; {new} is still there without traffic: {error}"
    return f"{_said(before)} as before"


def _only(before: Mapping[str, int]) -> str:
    """The one deployment that serves, empty where none does. Raises `RolloutFailed` where several share the traffic."""
    if len(before) > 1 or any(share != 100 for share in before.values()):
        raise RolloutFailed(
            f"the traffic is shared ({_said(before)}): another rollout runs, or one was broken off",
            "wait for it, or give all traffic back to one deployment: python -m gates.work.backends.azure route NAME",
        )
    return next(iter(before), "")


def _said(traffic: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {share} %" for name, share in traffic.items()) or "no traffic"
