"""The head of a step: options are read, what is refused is reported once, and the exit code is the error's."""

from __future__ import annotations

import argparse

import pytest

from gates.errors import GatesError
from gates.work.errors import DataError
from gates.work.step import CONFIG, StepOption, run_step

OPTIONS = (
    CONFIG,
    StepOption("name", "a name", kind=str, metavar="NAME"),
    StepOption("into", "a folder", required=False),
)


def run(act, *arguments: str) -> tuple[int, list[str]]:
    refusals: list[str] = []

    def refuse(options: argparse.Namespace, error: GatesError) -> None:
        refusals.append(f"{options.name}: {error.message}")

    return run_step("gates.work.x_step", "Do it.", OPTIONS, act, refuse, arguments), refusals


def test_an_act_gets_its_options_and_gives_the_exit_code(tmp_path):
    seen: list[argparse.Namespace] = []
    assert run(lambda options: seen.append(options) or 4, "--config", str(tmp_path), "--name", "papers") == (4, [])
    assert (seen[0].config, seen[0].name, seen[0].into) == (tmp_path, "papers", None)


def test_a_refusal_is_reported_and_its_exit_code_returned():
    def act(options: argparse.Namespace) -> int:
        raise DataError("the data are empty", "give rows")

    assert run(act, "--config", "x", "--name", "papers") == (
        DataError("", "").exit_code,
        ["papers: the data are empty"],
    )


def test_another_error_is_raised_and_not_reported():
    with pytest.raises(ZeroDivisionError):
        run(lambda options: 1 // 0, "--config", "x", "--name", "papers")


def test_an_option_that_is_missing_is_wrong_usage(capsys):
    with pytest.raises(SystemExit) as ended:
        run(lambda options: 0, "--config", "x")
    assert ended.value.code == 2
    assert "usage: python -m gates.work.x_step" in capsys.readouterr().err
