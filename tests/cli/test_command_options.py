"""The command line: what it takes, and that an error ends as sentences with an exit code."""

import argparse
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from small_project import make_project

from gates.cli import COMMANDS, build_parser, main
from gates.cli.options import data_of, home_of, policy_of, split_version
from gates.cli.run import _parameter
from gates.errors import BackendError, ConfigError
from gates.home import Home, new_run_id
from gates.ports import open_work


def required(parser):
    """The shortest arguments that a command takes."""
    for action in parser._actions:
        if action.required:
            yield from action.option_strings[:1]
            yield next(iter(action.choices)) if action.choices else "m@1" if action.type is None else "1"


def test_every_command_takes_home_policy_debug_and_verbose():
    parser = build_parser()
    subparsers = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    assert len(subparsers.choices) == len(COMMANDS)
    for name, command in subparsers.choices.items():
        options = parser.parse_args([name, *required(command), "--home", "h", "--policy", "p", "--debug", "-vv"])
        assert (options.home, options.policy, options.debug) == (Path("h"), Path("p"), True)
        assert options.verbose == 2
        assert callable(options.execute)


@pytest.mark.parametrize(
    "arguments", [[], ["praise"], ["check"], ["check", "modle"], ["run", "--wait", "soon"], ["promote"]]
)
def test_wrong_usage_ends_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: gates" in capsys.readouterr().err


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("gates ")


def home(**options):
    return home_of(argparse.Namespace(**{"home": None, "policy": None, **options}))


def test_home_is_the_option_then_the_environment_then_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GATES_HOME", raising=False)
    assert home() == Path(".gates")
    monkeypatch.setenv("GATES_HOME", "/kept")
    assert home() == Path("/kept")
    assert home(home=Path("mine")) == Path("mine")
    monkeypatch.setenv("GATES_HOME", "")
    assert home() == Path(".gates")


def test_the_home_lies_beside_the_policy_from_every_folder_below(tmp_path, monkeypatch):
    monkeypatch.delenv("GATES_HOME", raising=False)
    make_project(tmp_path)
    inner = tmp_path / "notebooks" / "deeper"
    (inner / ".gates").mkdir(parents=True)  # a folder of that name alone is no home
    monkeypatch.chdir(tmp_path)
    assert home() == Path(".gates")
    monkeypatch.chdir(inner)
    assert home() == tmp_path / ".gates"
    monkeypatch.setenv("GATES_HOME", "/kept")
    assert home() == Path("/kept")


def test_the_home_lies_beside_a_policy_that_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("GATES_HOME", raising=False)
    make_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert home(policy=Path("docs/examples/diabetes.toml")) == Path("docs/examples/.gates")
    assert home(policy=Path("pyproject.toml")) == home(policy=tmp_path / "pyproject.toml") == Path(".gates")


def test_outside_of_any_project_the_home_is_the_nearest_with_a_ledger(tmp_path, monkeypatch):
    monkeypatch.delenv("GATES_HOME", raising=False)
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert home() == Path(".gates")
    (tmp_path / ".gates").mkdir()
    (tmp_path / ".gates/registry.db").touch()
    assert home() == tmp_path / ".gates"
    (inner / ".gates").mkdir()
    (inner / ".gates/registry.db").touch()
    assert home() == Path(".gates")


def test_a_command_in_a_subfolder_looks_at_the_same_home(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("GATES_HOME", raising=False)
    make_project(tmp_path).edit("pyproject.toml", "small.work:open_work", "fakes.work:open_work")
    inner = tmp_path / "notebooks"
    inner.mkdir()
    monkeypatch.chdir(inner)
    assert main(["keys"]) == 0
    assert str(tmp_path / ".gates/keys/public") in capsys.readouterr().out
    assert (tmp_path / ".gates").is_dir()
    assert not (inner / ".gates").exists()


@pytest.mark.parametrize("command", [["run"], ["check", "data"], ["nightly"], ["watch"]])
def test_the_data_may_be_the_last_argument(command):
    parser = build_parser()
    assert data_of(parser.parse_args([*command, "new rows.csv"])) == "new rows.csv"
    assert data_of(parser.parse_args([*command, "--data", "b.csv"])) == "b.csv"
    assert data_of(parser.parse_args(command)) is None


@pytest.mark.parametrize(
    "command", [["run"], ["check", "data"], ["nightly"], ["watch"]], ids=["run", "check", "nightly", "watch"]
)
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["a.csv", "--data", "https://h/b.csv?sig=x"], "the data are named twice: a.csv and --data https://h/b.csv\n"),
        ([" "], "the name of the data is empty"),
    ],
    ids=["twice", "empty"],
)
def test_data_that_are_named_twice_or_not_at_all_are_wrong_usage(
    command, words, sentence, tmp_path, monkeypatch, capsys
):
    make_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main([*command, *words]) == 2
    err = capsys.readouterr().err
    assert sentence in err
    assert "sig" not in err
    assert not (tmp_path / ".gates").exists()


def test_the_policy_is_the_nearest_file_that_has_one(tmp_path, monkeypatch):
    make_project(tmp_path)
    inner = tmp_path / "sub" / "deeper"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    monkeypatch.chdir(inner)
    assert policy_of(argparse.Namespace(policy=None)) == tmp_path / "pyproject.toml"
    assert policy_of(argparse.Namespace(policy=Path("other.toml"))) == Path("other.toml")


def test_no_policy_anywhere_is_a_configuration_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"no pyproject\.toml with \[tool\.gates\] here or above"):
        policy_of(argparse.Namespace(policy=None))


@pytest.mark.parametrize("text", ["", "m", "m@", "@1", "m@x", "m@-1", "m@1.5", "m@1 "])
def test_what_is_no_version_is_refused(text):
    with pytest.raises(ConfigError, match="is not a model version"):
        split_version(text)


def test_a_version_is_split_at_its_last_sign():
    assert split_version("a@b@12") == ("a@b", 12)


@pytest.mark.parametrize("text", ["max_depth", "=4", " =4", ""])
def test_what_is_no_parameter_is_refused(text):
    with pytest.raises(ConfigError, match="is not NAME=VALUE"):
        _parameter(text)


def test_a_parameter_is_split_at_its_first_sign():
    assert _parameter("note = a=b ") == ("note", "a=b")


@pytest.mark.parametrize("work", ["no_such_module:open", "json:no_such_factory"])
def test_work_that_cannot_be_imported_is_a_configuration_error(work, tmp_path):
    with pytest.raises(ConfigError, match=r"\[tool\.gates\] work = .* cannot be imported"):
        open_work(work, tmp_path / "pyproject.toml")


@pytest.mark.parametrize("command", [["run"], ["check", "data"], ["promote", "m@1"]])
def test_a_faulty_policy_ends_with_2_and_every_fault_before_anything_is_written(command, tmp_path, capsys):
    project = make_project(tmp_path)
    project.edit("pyproject.toml", '"floors"', '"flors"')
    project.edit("pyproject.toml", '"20s"', '"soon"')
    home = tmp_path / "home"
    assert main([*command, "--home", str(home), "--policy", str(tmp_path / "pyproject.toml")]) == 2
    err = capsys.readouterr().err
    assert "did you mean 'floors'?" in err
    assert "timeout is 'soon'" in err
    assert "correct pyproject.toml" in err
    assert "Traceback" not in err
    assert not home.exists()


@pytest.mark.parametrize("command", [["status"], ["show", "x"], ["verify"]])
def test_a_home_without_a_registry_ends_with_3(command, tmp_path, capsys):
    assert main([*command, "--home", str(tmp_path / "no\x1b[2J")]) == 3
    err = capsys.readouterr().err
    assert "holds no registry" in err
    assert "\x1b" not in err


def test_debug_adds_the_traceback(tmp_path, capsys):
    assert main(["verify", "--debug", "--home", str(tmp_path / "no")]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_python_m_gates_is_the_same_program():
    done = subprocess.run([sys.executable, "-m", "gates", "--help"], capture_output=True, text=True, check=True)
    assert "exit codes: 0 passed or promoted, 1 refused by a gate" in done.stdout


def test_a_home_is_made_and_probed(tmp_path):
    home = Home.at(tmp_path / "a" / "b")
    assert list(home.path.iterdir()) == []
    assert home.scratch.is_dir()
    assert home.run_folder("r").is_dir()


def test_a_home_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "home").write_text("")
    with pytest.raises(BackendError, match="cannot be written"):
        Home.at(tmp_path / "home")


def test_run_ids_sort_by_time_and_differ():
    early, late = (new_run_id(datetime(2026, 11, 24, hour, tzinfo=UTC)) for hour in (3, 14))
    assert early < late
    assert early.startswith("20261124T030000Z-")
    assert len({new_run_id(datetime(2026, 1, 1, tzinfo=UTC)) for _ in range(50)}) == 50
