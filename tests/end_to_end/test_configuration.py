"""A policy that asks for nonsense is a configuration error (2), not a refused model (1)."""

from command_line import call


def judged_with(project, home, gate, old, new):
    config = project / "pyproject.toml"
    text = config.read_text(encoding="utf-8")
    assert old in text
    config.write_text(text.replace(old, new, 1), encoding="utf-8")
    return call("check", gate, "--policy", str(config), home=home)


def test_a_metric_that_depends_on_the_numbering_of_classes_is_a_configuration_error(project, home):
    told = judged_with(project, home, "model", 'metrics = ["accuracy", "macro_f1"]', 'metrics = ["accuracy", "mse"]')
    assert (told.code, told.document["ending"]) == (2, "misconfigured"), told.out
    assert "'mse' computes with the numbers of the classes" in " ".join(
        reason["text"] for reason in told.document["reasons"]
    )


def test_every_fault_of_a_policy_is_told_at_once_with_the_nearest_spelling(project, home):
    config = project / "pyproject.toml"
    text = config.read_text(encoding="utf-8").replace('max_age = "24h"', 'max_age = "soon"')
    config.write_text(text, encoding="utf-8")
    told = judged_with(project, home, "data", 'first_model = "floors"', 'first_model = "flors"\nfirst_modle = "floors"')
    assert told.code == 2
    for words in ("first_modle", "did you mean 'first_model'", "max_age is 'soon'", "did you mean 'floors'"):
        assert words in told.err
