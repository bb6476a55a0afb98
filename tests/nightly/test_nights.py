"""Every way in which a night can end, with its exit code, what is kept of it and what it says."""

from __future__ import annotations

import json
import math
from datetime import timedelta

import pytest
from nightly.watching import make_watched

from gates.errors import SubjectError
from gates.nightly.night import NightState, from_document, to_document
from gates.nightly.trend import summary
from gates.reason import texts


def ending(outcome):
    return outcome.decision.exit_code, str(outcome.decision.ending), str(outcome.night.state)


def test_rows_as_before_are_calm_and_the_night_is_kept_with_all_that_it_rests_on(watched):
    project = watched()
    outcome = project.night(p=0.4, rows=300)
    assert ending(outcome) == (0, "no alarm", "calm")
    (kept,) = project.history.nights
    assert (kept.rows, kept.reference_rows, kept.epoch, kept.version) == (300, 600, 1, 1)
    assert kept.alpha == pytest.approx(1 / 365)
    assert kept.p_value == pytest.approx(0.4 / 0.8), "divided by its share of alpha"
    assert kept.effects == {"a": (0.0, 0.0), "b": (0.0, 0.01)}
    assert kept.data.startswith("sha256:")
    assert kept.at == project.now
    assert not project.session().registry.audit()


def test_an_alarm_names_the_columns_and_the_effect(watched):
    outcome = watched().night(p=0.002)
    assert ending(outcome) == (1, "alarm", "alarm")
    assert (
        "alarm: the newest rows do not look like those that small version 1 learned from" in outcome.decision.sentence
    )
    assert "drift p-value = 0.002 (required >= 0.002192, n = 300): 'a' moved" in outcome.decision.reasons[0].text
    assert outcome.night.alarm_since == outcome.night.id


def test_just_above_its_share_of_alpha_is_calm(watched):
    assert ending(watched().night(p=0.0022))[0] == 0


def test_the_answers_alone_are_an_alarm(watched):
    outcome = watched().night(p=0.9, answers=0.0005)
    assert ending(outcome) == (1, "alarm", "alarm")
    assert outcome.night.p_value == pytest.approx(0.0005 / 0.2)


def test_infinite_values_are_an_alarm(watched):
    outcome = watched().night(infinite=1)
    assert ending(outcome) == (1, "alarm", "alarm")
    assert "infinite values = 1" in outcome.decision.reasons[0].text


@pytest.mark.parametrize("rows", [0, 20])
def test_too_few_new_rows_are_no_calm(watched, rows):
    project = watched()
    outcome = project.night(rows=rows)
    assert ending(outcome) == (3, "could not judge", "inconclusive")
    assert "too few rows to tell, it needs n >=" in outcome.decision.reasons[0].text
    assert [night.state for night in project.history.nights] == [NightState.INCONCLUSIVE]


def test_the_policy_may_let_too_few_rows_pass_and_the_night_is_still_no_calm_one(watched):
    outcome = watched('inconclusive = "warn"').night(rows=20)
    assert ending(outcome) == (0, "no alarm", "inconclusive")
    assert "too few rows to tell, and the policy lets that pass" in outcome.decision.sentence


def test_few_rows_that_drift_all_the_same_are_an_alarm(watched):
    assert ending(watched().night(rows=60, p=1e-6)) == (1, "alarm", "alarm")


def test_a_crash_in_a_check_is_no_calm_and_no_alarm(watched):
    project = watched()
    outcome = project.night(raises="the disk is gone")
    assert ending(outcome) == (3, "could not judge", "unjudged")
    assert "the disk is gone" in " ".join(map(str, outcome.decision.reasons))
    assert project.history.last.state is NightState.UNJUDGED


def test_a_suite_that_changed_is_not_trusted_even_with_an_alarm(watched):
    project = watched()
    project.project.write({"model_checks/nightly/test_more.py": "def test_unmarked():\n    pass\n"})
    outcome = project.night(p=1e-9)
    assert ending(outcome) == (3, "could not judge", "unjudged")
    assert "carries no gate mark" in " ".join(map(str, outcome.decision.reasons))


def test_a_missing_check_is_no_calm(watched):
    project = watched()
    (project.project.root / "model_checks/nightly/test_newest_rows.py").write_text("")
    assert ending(project.night()) == (3, "could not judge", "unjudged")


@pytest.mark.parametrize(
    "columns",
    [
        "{",
        "[]",
        '{"schema": 2}',
        '{"schema": 1, "n_reference": 1, "n_current": 1, "worst": [], "effects": {"a": [true]}}',
    ],
)
def test_effects_that_cannot_be_read_leave_no_calm_night(watched, columns):
    outcome = watched().night(columns=columns)
    assert ending(outcome) == (3, "could not judge", "unjudged")
    assert "nightly.columns.json" in outcome.decision.reasons[0].text


def test_effects_that_cannot_be_read_do_not_hide_an_alarm(watched):
    outcome = watched().night(p=1e-6, columns="{")
    assert ending(outcome) == (1, "alarm", "alarm")
    assert "nightly.columns.json" in outcome.night.reasons[0].text


def test_without_a_champion_there_is_nothing_to_watch(tmp_path):
    project = make_watched(tmp_path / "project", tmp_path / "home")
    with pytest.raises(SubjectError, match="small has no champion to watch"):
        project.night()


def test_data_that_cannot_be_had_are_a_night_that_was_not_judged(watched):
    project = watched()
    with pytest.raises(SubjectError, match="cannot be read"):
        project.night(project.project.root / "gone.csv")
    assert project.history.last.state is NightState.UNJUDGED
    assert "gone.csv cannot be read" in project.history.last.reasons[0].text
    assert project.session().registry.runs()[-1].state == "failed"


def test_a_policy_whose_nightly_checks_are_gone_is_refused(watched):
    project = watched()
    for file in sorted((project.project.root / "model_checks/nightly").iterdir()):
        file.unlink()
    (project.project.root / "model_checks/nightly").rmdir()
    with pytest.raises(Exception, match="suite names 'model_checks/nightly', which is not a file or folder") as caught:
        project.night()
    assert caught.value.exit_code == 2


def test_a_clock_behind_the_last_night_is_not_trusted(watched):
    project = watched()
    project.night()
    with pytest.raises(SubjectError, match="the last night is from the future"):
        project.night(after=timedelta(hours=-1))
    assert len(project.history.nights) == 1


def test_the_same_data_are_not_counted_twice(watched):
    project = watched()
    data = project.data(p=0.4)
    project.night(data)
    again = project.night(data)
    assert ending(again) == (0, "no alarm", "calm")
    assert "no new data" in again.decision.sentence
    assert len(project.history.nights) == 1


def test_the_same_data_go_on_alarming_without_a_second_alarm(watched):
    project = watched()
    data = project.data(p=1e-6)
    project.night(data)
    again = project.night(data)
    assert again.decision.exit_code == 1
    assert "the alarm stands" in again.decision.sentence
    assert project.history.alarms(project.now) == 1


def test_the_same_few_rows_are_still_too_few(watched):
    project = watched()
    data = project.data(rows=20)
    project.night(data)
    assert project.night(data).decision.exit_code == 3


def test_data_that_stay_the_same_for_too_long_are_no_calm(watched):
    project = watched('stale_after = "2d"')
    data = project.data()
    project.night(data)
    assert project.night(data, after=timedelta(days=2)).decision.exit_code == 0
    late = project.night(data, after=timedelta(hours=1))
    assert late.decision.exit_code == 3
    assert "no new data for 2 days; is what brings them still running?" in late.decision.sentence


def test_the_same_data_through_another_window_are_judged_but_counted_once(watched):
    project = watched()
    data = project.data(p=1e-6)
    project.night(data)
    project.night(data, window="200 rows")
    project.night(data, window="200 rows")
    assert [night.window for night in project.history.nights] == ["500 rows", "200 rows"]
    assert len(project.history.counted(1)) == 1


def test_an_alarm_is_not_taken_back_by_another_window_on_the_same_data(watched):
    project = watched()
    project.night(p=0.5)
    data = project.data(p=1e-6)
    project.night(data)
    again = project.night(data, window="all")
    assert again.night.window == "all"
    assert project.history.alarms(project.now) == 1


def test_nights_are_counted_in_the_order_of_their_last_answer(watched):
    project = watched()
    first, second = project.data(p=0.5), project.data(p=0.6)
    project.night(first)
    project.night(second)
    last = project.night(first, window="200 rows").night
    assert [night.data for night in project.history.counted(1)] == [project.history.nights[1].data, last.data]
    assert project.history.counted(1)[-1].id == last.id


def test_persistence_asks_for_two_nights_of_three(watched):
    project = watched('persistence = "2 of 3"')
    first = project.night(p=1e-6)
    assert ending(first) == (0, "no alarm", "suspect")
    assert "an alarm needs 2 of 3 nights" in first.decision.sentence
    assert ending(project.night(p=0.5))[2] == "calm"
    assert ending(project.night(p=1e-6)) == (1, "alarm", "alarm")
    assert ending(project.night(p=0.5))[2] == "calm"


def test_persistence_forgets_what_is_too_long_ago_and_the_same_data(watched):
    project = watched('persistence = "2 of 2"')
    data = project.data(p=1e-6)
    assert ending(project.night(data))[2] == "suspect"
    assert ending(project.night(data))[2] == "suspect", "the same data again are no second night"
    project.night(p=0.5)
    assert ending(project.night(p=1e-6))[2] == "suspect"
    assert ending(project.night(p=1e-6))[2] == "alarm"


def test_an_alarm_that_goes_on_is_one_alarm(watched):
    project = watched()
    first = project.night(p=1e-6).night
    second = project.night(p=1e-7)
    assert second.night.alarm_since == first.id
    assert f"since the night {first.id}" in second.decision.sentence
    assert project.history.alarms(project.now) == 1


def test_a_budget_that_is_spent_is_told_with_its_chance(watched):
    project = watched()
    for p in (1e-6, 0.5, 1e-6, 0.5, 1e-6):
        project.night(p=p)
    assert project.history.alarms(project.now) == 3
    said = project.said.getvalue()
    assert "1 alarm in 365 days, 1 expected without drift\n" in said
    assert (
        "3 alarms in 365 days, 1 expected without drift: the budget is spent; so many happen by chance in 0.08" in said
    )
    assert project.history.alarms(project.now + timedelta(days=366)) == 0


def test_the_onset_of_a_step_is_the_night_it_came(watched):
    project = watched()
    nights = [project.night(shift=0.01 * (number % 3)).night for number in range(3)]
    alarm = project.night(p=1e-9, shift=0.55)
    assert alarm.since.night == alarm.night.id
    assert "'a': +0.5" in alarm.since.sentence
    assert "sd at once" in alarm.since.sentence
    assert alarm.since.sentence in project.said.getvalue()
    assert nights[0].day in project.said.getvalue(), "the table tells the nights before"


def test_one_night_has_no_onset(watched):
    outcome = watched().night(p=1e-9, shift=0.6)
    assert outcome.since.night is None
    assert "one night is no history" in outcome.since.sentence


def test_a_new_champion_begins_a_new_history_of_effects(watched):
    project = watched()
    data = project.data(p=1e-6, shift=0.7)
    project.night(data)
    answered = project.night(data, retrain=True)
    assert str(answered.decision.ending) == "promoted", answered.decision
    after = project.night(p=1e-6, shift=0.6)
    assert after.night.epoch == 2
    assert after.since.night is None
    assert after.night.alarm_since == after.night.id


def test_status_tells_the_nights_in_one_line(watched):
    project = watched()
    assert summary(project.history, project.now, 1.0) == "nights    none yet"
    for p in (1.0, 0.01, 1e-6):
        project.night(p=p)
    line = summary(project.history, project.now, 1.0)
    assert line.endswith("1 alarm in 365 days, 1 expected without drift  |_=!|")
    assert "3 kept, last 2026-03-04 02:00 alarm (p = 1.2e-06)" in line


def test_a_night_reads_back_as_it_was_and_damage_is_refused(watched):
    night = watched().night(p=1e-6).night
    assert from_document(to_document(night)) == night
    content = json.loads(to_document(night))
    before = {**content, "schema": 1, "reasons": [reason["text"] for reason in content["reasons"]]}
    read = from_document(json.dumps(before).encode())
    assert texts(read.reasons) == texts(night.reasons), "a night of schema 1 is still read"
    for bent in (
        {**content, "schema": 3},
        {**content, "reasons": [{"code": "no such code"}]},
        {**content, "state": "fine"},
        {**content, "at": "2026-01-01T00:00:00"},
        {**content, "extra": 1},
        {key: value for key, value in content.items() if key != "alpha"},
        {**content, "effects": {"a": ["x"]}},
    ):
        with pytest.raises(SubjectError, match="a kept night cannot be read"):
            from_document(json.dumps(bent).encode())


def test_a_night_without_a_p_value_reads_back(watched):
    night = watched().night(rows=0).night
    assert math.isnan(night.p_value)
    assert math.isnan(from_document(to_document(night)).p_value)


def test_a_damaged_night_is_found_and_not_read_over(watched):
    project = watched()
    project.night()
    (note,) = project.session().registry.notes("small", "night")
    path = project.session().registry.blobs.path(note.digest)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b'"calm"', b'"none"'))
    with pytest.raises(SubjectError, match="no longer holds the bytes"):
        _ = project.history
    assert any("night note of small" in str(finding) for finding in project.session().registry.audit())
