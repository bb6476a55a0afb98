"""The rules of a rollout, on a road of a few lines: every way to fail leads back, and what did not come back is said aloud."""

from __future__ import annotations

import pytest

from gates.errors import GatesError
from gates.work.backends.azure.errors import AwaitsApproval, AzureError, RolloutFailed, RolloutRefused
from gates.work.backends.azure.rollout import Plan, roll_out

PLAN = Plan((10, 50), 20)


class Road:
    mirrors = True

    def __init__(self, **shares):
        self.shares = dict(shares)
        self.mirror = {}
        self.acts = []
        self.fails = {}

    def _act(self, *act):
        self.acts.append(act)
        error = self.fails.get(len(self.acts))
        if error is not None:
            raise error

    def traffic(self):
        return dict(self.shares)

    def route(self, traffic, mirror):
        self._act("route", dict(traffic), dict(mirror))
        self.shares = dict.fromkeys(self.shares, 0) | dict(traffic)
        self.mirror = dict(mirror)

    def create(self, name):
        self._act("create", name)
        self.shares[name] = 0

    def remove(self, name):
        self._act("remove", name)
        self.shares.pop(name, None)


class Judge:
    def __init__(self, no_at=0, error=None):
        self.no_at, self.error, self.asked, self.promoted = no_at, error, [], False

    def gate(self, deployment):
        self.asked.append(deployment)
        if self.no_at == len(self.asked):
            raise self.error or RolloutRefused("no")

    def promote(self):
        if self.no_at == "promotion":
            raise self.error or RolloutRefused("no promotion")
        self.promoted = True


def quiet(line):
    pass


def test_every_step_is_gated_and_the_ledger_moves_last():
    road, judge = Road(blue=100), Judge()
    assert roll_out(road, judge, PLAN, quiet) == "green"
    assert road.acts == [
        ("create", "green"),
        ("route", {"blue": 100}, {"green": 20}),
        ("route", {"blue": 90, "green": 10}, {}),
        ("route", {"blue": 50, "green": 50}, {}),
        ("route", {"green": 100}, {}),
    ]
    assert judge.asked == ["green", "green", "green", "green", ""]
    assert judge.promoted


@pytest.mark.parametrize("gate", [1, 2, 3, 4, 5, "promotion"])
def test_a_no_at_any_gate_leads_back_and_removes_what_was_new(gate):
    road, judge = Road(blue=100), Judge(no_at=gate)
    with pytest.raises(RolloutRefused, match="blue 100 % as before") as refused:
        roll_out(road, judge, PLAN, quiet)
    assert refused.value.exit_code == 1
    assert road.shares == {"blue": 100}
    assert road.mirror == {}
    assert not judge.promoted


@pytest.mark.parametrize("act", range(1, 6))
@pytest.mark.parametrize("error", [AzureError("429", status=429), OSError("torn"), KeyboardInterrupt()])
def test_a_service_that_fails_at_any_act_leads_back(act, error):
    road, judge = Road(blue=100), Judge()
    road.fails[act] = error
    with pytest.raises((RolloutFailed, KeyboardInterrupt)) as failed:
        roll_out(road, judge, PLAN, quiet)
    assert isinstance(failed.value, KeyboardInterrupt) or failed.value.exit_code == 3
    assert road.shares == {"blue": 100}
    assert road.mirror == {}
    assert not judge.promoted


def test_a_gate_that_could_not_judge_is_no_yes():
    road, judge = Road(blue=100), Judge(no_at=3, error=RolloutFailed("gates check endpoint could not judge"))
    with pytest.raises(RolloutFailed, match="could not judge; blue 100 % as before"):
        roll_out(road, judge, PLAN, quiet)
    assert road.shares == {"blue": 100}


def test_a_model_that_awaits_approval_waits_without_traffic():
    road, judge = Road(blue=100), Judge(no_at="promotion", error=AwaitsApproval("2 of 2 approvals are missing"))
    with pytest.raises(AwaitsApproval, match="approvals are missing; blue 100 % as before") as waiting:
        roll_out(road, judge, PLAN, quiet)
    assert waiting.value.exit_code == 4
    assert road.shares == {"blue": 100}


def test_traffic_that_cannot_be_returned_is_said_aloud_and_is_no_mere_refusal():
    road, judge = Road(blue=100), Judge(no_at=3)
    road.fails = {act: AzureError("Azure answered 500") for act in (4, 5, 6)}
    with pytest.raises(RolloutFailed) as failed:
        roll_out(road, judge, PLAN, quiet)
    assert "no; BUT the traffic could not be returned to blue 100 %: Azure answered 500. Return it by hand, now" in (
        failed.value.message
    )
    assert road.shares == {"blue": 90, "green": 10}


def test_a_return_that_fails_once_is_tried_again():
    road, judge = Road(blue=100), Judge(no_at=3)
    road.fails = {4: AzureError("busy"), 5: AzureError("busy")}
    with pytest.raises(RolloutRefused, match="blue 100 % as before"):
        roll_out(road, judge, PLAN, quiet)
    assert road.shares == {"blue": 100}


def test_a_new_deployment_that_cannot_be_removed_is_named():
    road, judge = Road(blue=100), Judge(no_at=1)
    road.fails = {3: AzureError("locked")}
    with pytest.raises(RolloutRefused, match="green is still there without traffic: locked"):
        roll_out(road, judge, PLAN, quiet)


def test_a_setting_that_the_service_does_not_confirm_is_not_believed():
    road = Road(blue=100)
    road.route = lambda traffic, mirror: None
    with pytest.raises(RolloutFailed, match="set to blue 90 %, green 10 %, but the service says blue 100 %"):
        roll_out(road, Judge(), Plan((10,), 0), quiet)


@pytest.mark.parametrize("shares", [{"blue": 90, "green": 10}, {"blue": 60}, {"a": 50, "b": 50}])
def test_a_rollout_that_was_broken_off_is_not_built_upon(shares):
    road = Road(**shares)
    with pytest.raises(RolloutFailed, match="another rollout runs, or one was broken off") as failed:
        roll_out(road, Judge(), PLAN, quiet)
    assert "route NAME" in failed.value.remedy
    assert road.acts == []


def test_the_first_deployment_goes_straight_but_not_unasked():
    road, judge = Road(), Judge()
    assert roll_out(road, judge, PLAN, quiet) == "blue"
    assert (road.acts, judge.asked) == ([("create", "blue"), ("route", {"blue": 100}, {})], ["blue", ""])
    road, judge = Road(), Judge(no_at=2)
    with pytest.raises(RolloutRefused, match="no traffic as before"):
        roll_out(road, judge, PLAN, quiet)
    assert road.shares == {}


def test_what_stands_there_without_traffic_makes_room():
    road, judge = Road(green=100, blue=0), Judge()
    assert roll_out(road, judge, PLAN, quiet) == "blue"
    assert road.acts[:2] == [("remove", "blue"), ("create", "blue")]


def test_without_a_mirror_the_shares_are_climbed_at_once():
    road, judge = Road(blue=100), Judge()
    road.mirrors = False
    roll_out(road, judge, PLAN, quiet)
    assert all(not act[2] for act in road.acts if act[0] == "route")
    assert len(judge.asked) == 4


def test_the_errors_of_a_rollout_have_the_codes_of_gates():
    assert (RolloutRefused("x").exit_code, RolloutFailed("x").exit_code) == (1, 3)
    assert issubclass(RolloutRefused, GatesError)
