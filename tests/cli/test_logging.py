"""`-v` logs what a command does, `-vv` with what; without either nothing is logged, and with neither a secret."""

import logging
import os

import pytest
from promotion.small_home import NAME, SmallHome, make_small_home

from gates.cli import main
from gates.cli.logs import log_to_stderr
from gates.redaction import Secrets

SECRET = "open-sesame-4711"


@pytest.fixture
def small(tmp_path) -> SmallHome:
    """A home in a folder whose name is a secret, as an address with a password would be."""
    return make_small_home(tmp_path / SECRET)


def run(small: SmallHome, capsys, *options: str) -> str:
    about = ("--policy", str(small.config), "--home", str(small.folder))
    assert main(["run", *about, *options]) == 0
    return capsys.readouterr().err


def test_without_v_nothing_is_logged(small, capsys):
    assert run(small, capsys) == ""


def test_v_logs_policy_children_verdicts_and_the_transaction(small, capsys):
    lines = run(small, capsys, "-v").splitlines()
    for logger, start, times in (
        ("policy.reader", "policy read from ", 1),
        ("execution.runner", "child of the ", 4),
        ("judging", "verdict kept: the ", 4),
        ("promotion.execute", f"promotion transaction: promotion to {NAME} version 1, epoch 1, after ", 1),
    ):
        assert len([line for line in lines if f" gates.{logger}: {start}" in line]) == times, (logger, lines)
    assert len(lines) == 10


def test_vv_logs_suites_and_the_start_of_children_too(small, capsys):
    logged = run(small, capsys, "-vv")
    assert logged.count("gates.execution.runner: suite of the ") == 4
    assert logged.count(" started: ") == 4
    assert "gates.policy.reader: policy read from " in logged


@pytest.mark.parametrize("level", ["-v", "-vv"])
def test_a_secret_is_not_logged(level, small, capsys, monkeypatch):
    assert SECRET in run(small, capsys, level)
    monkeypatch.setenv("LAB_TOKEN", SECRET)
    logged = run(small, capsys, level)
    assert SECRET not in logged
    assert "***" in logged


def test_the_log_ends_with_the_command(capsys):
    with log_to_stderr(2, Secrets(os.environ)):
        logging.getLogger("gates.anything").debug("inside: a line\nand \x1b[31mcolour")
    logging.getLogger("gates.anything").info("outside")
    logged = capsys.readouterr().err
    assert logged.endswith(r"gates.anything: inside: a line and \x1b[31mcolour" + "\n")
    assert "outside" not in logged
