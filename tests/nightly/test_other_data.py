"""A night on configured data that are not those of the champion says so; data that somebody named are meant to be others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from nightly.watching import START, WORK

from gates.history.data_source import FACT, name_place
from gates.nightly.night import Night, NightState
from gates.nightly.watch import NightRequest, _other_data, watch


def test_a_version_says_where_its_data_came_from(watched):
    assert watched().session().champion().version.facts[FACT] == "data1.json"


def test_configured_data_that_are_another_file_are_noticed_each_time(watched):
    project = watched()
    rows = project.data().read_text()
    notes = []
    for _ in range(2):  # the second night is on the same data, and gives the answer of the first again
        project.now += timedelta(days=1)
        session = project.session()
        session.work = replace(WORK, rows=rows)
        notes.append(watch(session, NightRequest()).decision.notes)
    ((note,), again) = notes
    learned = "warning: small version 1 learned from data1.json, and batch.csv, which [tool.ml] names, is another file"
    assert note.startswith(learned)
    assert "gates nightly FILE" in note
    assert again == (note,)


CASES = {
    "another file": ({}, None, "", True),
    "the same place": ({FACT: "batch.csv"}, None, "", False),
    "a version that does not say": ({FACT: ""}, None, "", False),
    "the same bytes elsewhere": ({"data": "sha256:same"}, None, "", False),
    "data that the command names": ({}, "feed.json", "", False),
    "data of the nightly table": ({}, None, 'data = "feed.json"', False),
}


@pytest.mark.parametrize(("facts", "source", "nightly", "warns"), CASES.values(), ids=list(CASES))
def test_a_warning_is_for_configured_data_of_another_place_alone(watched, facts, source, nightly, warns):
    session = watched(nightly).session()
    champion = session.champion()
    known = {**champion.version.facts, **facts}
    champion = replace(champion, version=replace(champion.version, facts=known))
    night = Night("n", START, NightState.CALM, 0.1, 1, 1, "p", "all", source="batch.csv", data="sha256:same")
    assert bool(_other_data(session, NightRequest(source), champion, night)) is warns


def test_a_retraining_names_where_the_night_had_its_data(watched):
    project = watched()
    data = project.data(p=1e-6)
    assert str(project.night(data, retrain=True).decision.ending) == "promoted"
    assert project.session().champion().version.facts[FACT] == data.name


@pytest.mark.parametrize(
    ("source", "configured", "place"),
    [
        ("data/a.csv", True, "data/a.csv"),
        ("./data/../data/a.csv", True, "data/a.csv"),
        ("a.csv", False, "sub/a.csv"),
        ("../data/a.csv", False, "data/a.csv"),
        ("/elsewhere/a.csv", False, "/elsewhere/a.csv"),
        (f"data/a.csv#sha256={'0' * 64}", True, "data/a.csv"),
        ("https://me:pw@h.example/a.csv?sig=SECRET", False, "https://h.example/a.csv"),
    ],
)
def test_a_place_is_named_alike_from_every_folder_and_without_secrets(watched, monkeypatch, source, configured, place):
    policy = watched().project.policy
    folder = policy.source.parent / "sub"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert name_place(source, policy, configured=configured) == place
    assert Path.cwd() == folder.resolve()
