"""The main job: a first model, a change that must be refused, one that must be promoted, and the same once more."""

import pytest
from command_line import call, champion_of


def refusal(told):
    return "\n".join(reason["text"] for reason in told.document["reasons"])


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


def test_the_policy_says_why_the_first_model_needs_no_champion_to_beat(first_run):
    _, told = first_run
    left_out = [id for id, outcome in outcomes(told, "model").items() if outcome == "not_applicable"]
    assert any("test_challenger_is_no_worse" in id for id in left_out)
    assert not any("test_floors" in id for id in left_out)


def test_a_shallower_tree_is_refused_with_every_number_that_matters(gates, papers, home):
    told = gates("run", "--data", str(papers), "--param", "max_depth=4")
    if told.code == 0:
        pytest.skip("on the synthetic stand-in depth 4 is as good as depth 5")
    assert told.code == 1, told.out
    sentence = refusal(told)
    for part in ("model gate", "macro_f1 against champion", "difference", "interval", "margin", "n = ", "needs n >="):
        assert part in sentence
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
    told = gates("run", "--data", str(papers), "--param", "max_depth=1", "--param", "min_samples_leaf=450")
    assert told.code == 1
    assert "test_challenger_clears_the_floor[accuracy]" in refusal(told)
    assert "macro_f1 above a dummy" in refusal(told)


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


def test_a_home_without_a_registry_is_told_so(tmp_path):
    told = call("verify", home=tmp_path / "nowhere")
    assert told.code == 3
    assert "holds no registry" in told.err
