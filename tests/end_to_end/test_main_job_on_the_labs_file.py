"""The main job on the lab's own file, with its own numbers."""

from __future__ import annotations

import shutil

import pytest
from beside import LAB_NAME
from command_line import call, champion_of

pytestmark = pytest.mark.needs_shared(LAB_NAME)


@pytest.fixture(scope="module")
def lab_run(lab_file, tmp_path_factory):
    """A home and what `gates run` said there: version 1 is champion. Never change this home."""
    home = tmp_path_factory.mktemp("lab") / "home"
    return home, call("run", "--data", str(lab_file), home=home)


@pytest.fixture
def lab_home(lab_run, tmp_path):
    return shutil.copytree(lab_run[0], tmp_path / "home", symlinks=True)


def reasons_of(told, code):
    return {
        reason["check"].rpartition("::")[2]: reason["text"]
        for reason in told.document["reasons"]
        if reason["code"] == code
    }


def test_the_first_model_is_champion(lab_run):
    home, told = lab_run
    assert (told.code, told.document["ending"]) == (0, "promoted"), told.out
    assert champion_of(home) == 1


def test_a_shallower_tree_is_refused_with_every_number_that_matters(lab_home, lab_file):
    told = call("run", "--data", str(lab_file), "--param", "max_depth=4", home=lab_home)
    assert told.code == 1, told.out
    sentence = reasons_of(told, "inconclusive")["test_challenger_is_no_worse[macro_f1]"]
    for part in ("model gate", "macro_f1 0.3345 -> 0.2977", "interval", "margin 0.05", "n = 327", "needs n >="):
        assert part in sentence
    assert champion_of(lab_home) == 1


def test_logistic_regression_is_promoted(lab_home, lab_file):
    told = call("run", "--data", str(lab_file), "--param", "estimator=logistic_regression", home=lab_home)
    assert (told.code, told.document["ending"]) == (0, "promoted"), told.out
    assert champion_of(lab_home) == 2
    assert call("verify", home=lab_home).code == 0


def test_a_dummy_does_not_clear_the_floors(lab_home, lab_file):
    parameters = ("--param", "max_depth=1", "--param", "min_samples_leaf=450")
    told = call("run", "--data", str(lab_file), *parameters, home=lab_home)
    assert told.code == 1
    floors = {"test_challenger_clears_the_floor[accuracy]", "test_challenger_beats_a_dummy[macro_f1]"}
    assert floors <= reasons_of(told, "bound-missed").keys()
