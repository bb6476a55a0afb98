"""Parameters that no training takes are refused before any data are judged, by the project's own `check_params` if it has one."""

from __future__ import annotations

import json

import pytest

from gates.errors import ConfigError
from gates.work.backends.local import open_work
from gates.work.config.settings import read_settings
from gates.work.errors import TrainingError
from gates.work.model import params_step
from gates.work.model.params_step import check
from ml.training import check_params, fit

TOML = '[tool.ml]\nname = "m"\nid = "id"\ntarget = "y"\ntask = "classification"\ntrain = "{module}:fit"\nparams = {{ depth = 3 }}\n'
FIT = "def fit(X, y, params):\n    raise NotImplementedError\n"
CHECK = f"""{FIT}

def check_params(params):
    if params['depth'] < 1:
        raise ValueError(f"depth is {{params['depth']}}, wanted 1")
"""


@pytest.fixture
def project(tmp_path, monkeypatch, request):
    """A function that writes the training module and returns the configuration."""
    monkeypatch.syspath_prepend(str(tmp_path))
    module = f"fitting_{abs(hash(request.node.nodeid))}"

    def write(code):
        (tmp_path / f"{module}.py").write_text(code, encoding="utf-8")
        config = tmp_path / "pyproject.toml"
        config.write_text(TOML.format(module=module), encoding="utf-8")
        return config

    return write


def test_a_project_without_check_params_takes_what_its_fit_takes(project):
    assert check(read_settings(project(FIT)), {"anything": "1"}) is None


def test_check_params_gets_what_fit_gets(project):
    settings = read_settings(project(CHECK.replace("params['depth'] < 1", "set(params) != {'task', 'seed', 'depth'}")))
    assert check(settings, {"depth": "4"}) is None
    with pytest.raises(ConfigError, match=r"check_params refuses the parameters: ValueError: depth is 3, wanted 1"):
        check(settings, {"dept": "4"})


@pytest.mark.parametrize(
    ("code", "overrides", "sentence"),
    [
        (CHECK, {"depth": "0"}, "check_params refuses the parameters: ValueError: depth is 0, wanted 1"),
        (CHECK, {"depth": " "}, "--param depth=  has no value"),
        (CHECK, {"depth": "deep"}, "check_params refuses the parameters: TypeError"),
        ("def fit(:\n", {}, "fails on import: SyntaxError"),
        ("x = 1\n", {}, "has no 'fit'"),
        ("fit = 3\n", {}, "is a int, not a function"),
        (FIT + "\n\ncheck_params = 3\n", {}, "refuses the parameters: TypeError: 'int' object is not callable"),
    ],
    ids=["too small", "no value", "of another type", "no Python", "no fit", "no function", "no check"],
)
def test_wrong_parameters_and_a_wrong_module_are_refused(project, code, overrides, sentence):
    with pytest.raises(ConfigError) as refused:
        check(read_settings(project(code)), overrides)
    assert sentence in refused.value.message
    assert refused.value.remedy


def test_the_program_leaves_its_refusal_for_the_parent(project, tmp_path, capsys):
    config = project(CHECK)
    arguments = ["--config", str(config), "--into", str(tmp_path)]
    assert params_step.main([*arguments, "--params", '{"depth": "0"}']) == 2
    failure = json.loads((tmp_path / "failure.json").read_text())
    assert failure["kind"] == "ConfigError"
    assert "depth is 0, wanted 1" in failure["message"]
    assert params_step.main([*arguments, "--params", '{"depth": "2"}']) == 0


def test_the_work_checks_in_a_child_and_says_what_the_child_said(project, tmp_path):
    work = open_work(project(CHECK))
    work.check_params({"depth": "2"}, tmp_path / "run")
    with pytest.raises(ConfigError, match="depth is 0, wanted 1"):
        work.check_params({"depth": "0"}, tmp_path / "run")
    assert "depth is 0" in (tmp_path / "run/params.log").read_text()


def test_a_check_that_dies_is_no_check(project, tmp_path):
    with pytest.raises(TrainingError, match="the check of the parameters ended with exit code 7"):
        open_work(project("import os\nos._exit(7)\n")).check_params({}, tmp_path / "run")


@pytest.mark.parametrize(
    "params",
    [{"estimator": "decison_tree"}, {"estimator": "ridge"}, {"max_deth": 5}, {"max_depth": "deep"}, {"max_depth": -1}],
)
def test_the_worked_example_refuses_without_data_what_it_refuses_with_them(params):
    import pandas

    with pytest.raises(ConfigError) as early:
        check_params({"task": "classification", "seed": 0, **params})
    with pytest.raises(ConfigError) as late:
        fit(
            pandas.DataFrame({"a": [1.0, 2.0]}),
            pandas.Series(["x", "y"]),
            {"task": "classification", "seed": 0, **params},
        )
    assert early.value.message == late.value.message


def test_the_worked_example_takes_sound_parameters():
    assert check_params({"task": "classification", "seed": 0, "estimator": "logistic_regression", "C": 0.5}) is None
