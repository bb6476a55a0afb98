"""Whoever leaves a check out, by whatever way, does not get a passing verdict."""

from pathlib import Path

import pytest
from command_line import call

CHECK = "data_checks/test_volume.py"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def check_data(project, home, papers, **env):
    return call(
        "check", "data", "--data", str(papers), "--policy", str(project / "pyproject.toml"), home=home, env=env
    )  # fmt: skip


def test_the_suite_as_it_is_passes(project, home, papers):
    assert check_data(project, home, papers).code == 0


def test_options_from_the_environment_deselect_nothing(project, home, papers):
    told = check_data(project, home, papers, PYTEST_ADDOPTS="-k smoke")
    assert told.code == 0
    assert len(told.document["gates"][0]["checks"]) >= 26


NEEDLE = "def test_there_are_enough_rows"
BENDS = {
    "skipped": ("@pytest.mark.skip(reason='later')\n" + NEEDLE, "skipped"),
    "xfailed": ("@pytest.mark.xfail(reason='known')\n" + NEEDLE, "xfail"),
    "crashing": (NEEDLE + "(batch):\n    raise OSError('gone')\n\n\ndef unused", "gone"),
    "vacuous": (NEEDLE + "():\n    pass\n\n\ndef unused", "passed without counting violations"),
    "loosened in its body": (NEEDLE + "(evidence):\n    evidence('rows', -1, n=1)\n\n\ndef unused", "rows = -1"),
}


@pytest.mark.parametrize("bend", BENDS)
def test_a_bent_check_does_not_pass(bend, project, home, papers):
    new, sentence = BENDS[bend]
    edit(project / CHECK, NEEDLE, new)
    told = check_data(project, home, papers)
    assert told.code in (1, 3), told.out
    assert sentence in " ".join(reason["text"] for reason in told.document["reasons"])


def test_a_renamed_check_is_a_fault_of_the_configuration(project, home, papers):
    edit(project / CHECK, NEEDLE, "def test_there_are_rows")
    told = check_data(project, home, papers)
    assert told.code == 2
    assert "'there_are_enough_rows' is no check of this file; did you mean 'there_are_rows'?" in told.err


def test_a_removed_file_is_a_fault_of_the_configuration(project, home, papers):
    (project / CHECK).unlink()
    told = check_data(project, home, papers)
    assert told.code == 2
    assert "test_volume.py] is no file of the gate's suite" in told.err


def test_a_conftest_that_drops_checks_does_not_pass(project, home, papers):
    with (project / "data_checks" / "conftest.py").open("a", encoding="utf-8") as file:
        file.write("\n\ndef pytest_collection_modifyitems(items):\n    items[:] = items[:3]\n")
    told = check_data(project, home, papers)
    assert told.code in (1, 3)
    assert "dropped without running" in " ".join(reason["text"] for reason in told.document["reasons"])


def test_a_verdict_does_not_outlive_an_edit_of_the_suite(project, home, papers):
    """The same model, verdicts from before the edit: promotion compares the digests of today."""
    policy = str(project / "pyproject.toml")
    edit(project / CHECK, "about as large", "nearly as large")
    told = call("promote", "COVID19Articles_model@1", "--policy", policy, home=home)
    assert told.code == 1
    assert "no verdict" in told.out or "changed since the gate judged" in told.out
