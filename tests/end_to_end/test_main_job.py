"""The main job: a first model, a change that must be refused, one that must be promoted, and the same once more."""

import pytest
from command_line import call, champion_of

from ml import sample


def outcomes(told, gate):
    return {
        check["id"]: check["outcome"]
        for found in told.document["gates"]
        if found["gate"] == gate
        for check in found["checks"]
    }


def test_the_first_model_passes_four_gates_and_is_champion_version_1(first_run):
    home, told = first_run
    assert (told.code, told.document["ending"]) == (0, "promoted"), told.out
    assert [gate["gate"] for gate in told.document["gates"] if gate["passed"]] == ["data", "model", "drift", "endpoint"]
    assert told.document["champion"]["version"] == 1
    assert told.document["champion"]["epoch"] == 1
    assert champion_of(home) == 1


def test_a_run_fits_on_one_screen(first_run):
    _, told = first_run
    lines = told.out.splitlines()
    assert len(lines) < 24
    gates = [line for line in lines if line.startswith("✓")]
    assert [line.split("  ")[0] for line in gates] == [
        f"✓ {gate} gate passed" for gate in ("data", "model", "drift", "endpoint")
    ]
    assert "19 passed, 8 not applicable" in gates[0], "what does not apply is not counted as passed"


def test_the_policy_says_why_the_first_model_needs_no_champion_to_beat(first_run):
    _, told = first_run
    left_out = [id for id, outcome in outcomes(told, "model").items() if outcome == "not_applicable"]
    assert any("test_challenger_is_no_worse" in id for id in left_out)
    assert not any("test_floors" in id for id in left_out)


def missed(told):
    """The checks that missed their bound."""
    return {
        reason["check"].rpartition("::")[2] for reason in told.document["reasons"] if reason["code"] == "bound-missed"
    }


def test_a_shallower_tree_is_refused_with_every_number_that_matters(gates, papers, home):
    told = gates("run", "--data", str(papers), "--param", "max_depth=4")
    assert told.code == 1, told.out
    assert {"test_challenger_is_no_worse[accuracy]", "test_challenger_is_no_worse[macro_f1]"} <= missed(told)
    (sentence,) = [reason["text"] for reason in told.document["reasons"] if "is_no_worse[macro_f1]" in reason["check"]]
    left_out = "left out of the mean, under 20 rows: 1 (4), 4 (11), 7 (15)"
    scores = ("macro_f1 0.3825 -> 0.3183", "difference -0.0642")
    for part in ("model gate", *scores, "interval", "margin 0.05", "n = 320", left_out):
        assert part in sentence
    assert "proved worse; an equal model needs n =" in sentence
    assert champion_of(home) == 1


def test_logistic_regression_is_promoted_and_the_same_again_is_nothing_new(gates, papers, home):
    told = gates("run", "--data", str(papers), "--param", "estimator=logistic_regression")
    assert (told.code, told.document["ending"]) == (0, "promoted"), told.out
    assert told.document["champion"]["version"] == 2

    again = gates("run", "--data", str(papers), "--param", "estimator=logistic_regression")
    assert (again.code, again.document["ending"]) == (0, "nothing to promote"), again.out
    assert champion_of(home) == 2

    shown = gates("show", "COVID19Articles_model@2")
    assert told.document["champion"]["digest"] in shown.out
    assert gates("verify").code == 0


def test_a_dummy_does_not_clear_the_floors(gates, papers):
    """On the stand-in two in five papers are of one class: accuracy alone would let the dummy pass."""
    told = gates("run", "--data", str(papers), "--param", "max_depth=1", "--param", "min_samples_leaf=450")
    assert told.code == 1
    assert {"test_challenger_clears_the_floor[macro_f1]", "test_challenger_beats_a_dummy[macro_f1]"} <= missed(told)
    assert "test_challenger_clears_the_floor[accuracy]" not in missed(told)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "--data", "no/such/file.csv"], "no/such/file.csv"),
        (["run", "--param", "max_depth"], "is not NAME=VALUE"),
        (["run", "--data", "PAPERS", "--param", "max_dept=4"], "max_depth"),
        (["run", "--policy", "no_such.toml"], "no_such.toml does not exist"),
        (["promote", "COVID19Articles_model"], "write it as NAME@VERSION"),
        (["promote", "COVID19Articles_model@9"], "has no version 9"),
        (["show", "nothing"], "no run nothing"),
        (["check", "model", "--model", "other@1"], "names 'other'"),
    ],
)
def test_a_wrong_word_gets_a_sentence_and_no_traceback(gates, home, papers, arguments, sentence):
    told = gates(*(str(papers) if word == "PAPERS" else word for word in arguments))
    assert told.code in (2, 3)
    assert sentence in told.err
    assert "Traceback" not in told.err
    assert champion_of(home) == 1


def test_the_arrivals_of_the_sample_make_a_calm_night(gates, tmp_path):
    assert sample.main(["arrivals", str(tmp_path / "arrivals.csv")]) == 0
    told = gates("nightly", str(tmp_path / "arrivals.csv"))
    assert (told.code, told.document["ending"], told.document["notes"]) == (0, "no alarm", []), told.out
    assert told.document["night"]["rows"] == 500
    status = gates("status").out
    assert "nights    1 kept, last" in status
    assert "nightly           no alarm            the newest rows look like those" in status
    assert "          accuracy 0.5125, macro F1 0.255 (n = 320)\n" in status


def test_a_home_without_a_registry_is_told_so(tmp_path):
    told = call("verify", home=tmp_path / "nowhere")
    assert told.code == 3
    assert "holds no registry" in told.err
