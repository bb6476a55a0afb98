"""`gates selftest` as people call it: what it says, how it ends, and what it leaves alone."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from selftest.small_subject import SmallMutants, make_subject
from small_project import Project

from gates.cli import main

TESTS = Path(__file__).parents[1]
FILES_UNSEEN = {"file-edited", "file-truncated", "file-swapped", "file-linked", "model-stale", "golden-of-another"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(made := make_subject(tmp_path / "project").root)
    monkeypatch.delenv("GATES_HOME", raising=False)
    return Project(made)


def tree(root: Path) -> dict[str, str]:
    """Every file with its digest, but for the bytecode that Python keeps beside what it imports."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_every_mutant_is_told_and_the_project_and_its_home_stay_as_they_are(project, tmp_path):
    """The whole of it, in a process of its own, beside a home that holds something and keys that must not be used."""
    home = project.root / ".gates"
    home.mkdir()
    (home / "precious").write_text("mine")
    before = tree(project.root)
    paths = f"{TESTS.parent}{os.pathsep}{TESTS}"
    command = [sys.executable, "-m", "gates", "selftest", "--require", "0.9", "--json", str(tmp_path / "told.json")]
    ended = subprocess.run(
        command, cwd=project.root, env={**os.environ, "PYTHONPATH": paths, "GATES_KEY": "nonsense"},
        capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert tree(project.root) == before
    told = json.loads((tmp_path / "told.json").read_text())
    outcomes = {mutant["name"]: mutant["outcome"] for mutant in told["mutants"]}
    assert {name for name, outcome in outcomes.items() if outcome == "survived"} == FILES_UNSEEN
    assert [name for name, outcome in outcomes.items() if outcome == "left out"] == ["never-made"]
    assert told["tried"] == len(outcomes) - 1 >= 70
    assert told["killed"] == told["tried"] - len(FILES_UNSEEN)
    assert "SURVIVED  file-edited: a byte of the model file changed; the model gate let it pass" in ended.stdout
    assert "let the fixture `challenger` compare the digest before it reads the model" in ended.stdout
    caught = {mutant["name"]: mutant["caught"][0] for mutant in told["mutants"] if mutant["caught"]}
    assert (caught["check-skips"]["code"], caught["check-skips"]["text"]) == ("check-skipped", "no time")
    assert caught["champion-moved"]["code"] == "other-champion"
    assert caught["options-in-environment"]["code"] == "check-failed", "the check that failed was not left out"
    assert told["schema"] == 2


def test_a_survivor_ends_with_1_and_is_named_with_what_would_catch_it(project, capsys):
    project.edit("pyproject.toml", 'rows = ">= 3"', 'rows = ">= 1"')
    assert main(["selftest", "--only", "rows-lost"]) == 1
    told = capsys.readouterr().out
    assert "SURVIVED  rows-lost: rows are missing; the data gate let it pass\n          bound the rows" in told
    assert "0 of 1 mutants killed (0 %), wanted 100 %" in told


def test_all_killed_ends_with_0(project, capsys):
    assert main(["selftest", "--only", "rows-lost", "--only", "policy"]) == 0
    told = capsys.readouterr().out
    assert "9 of 9 mutants killed (100 %)" in told
    assert told.rstrip().endswith("processor seconds")
    assert "data, rows: there are enough rows: rows = 1 (required >= 3, n = 1)" in told


def test_nothing_that_could_be_tried_is_no_pass(project, capsys):
    assert main(["selftest", "--only", "never-made"]) == 3
    assert "0 of 0 mutants killed" in capsys.readouterr().out


def test_an_unclean_subject_proves_nothing(project, tmp_path, capsys):
    (tmp_path / "short.csv").write_text("id,x\n1,2\n")
    assert main(["selftest", "--only", "data", "--data", str(tmp_path / "short.csv")]) == 3
    told = capsys.readouterr()
    assert "the clean subject does not pass, so refusing a mutant would prove nothing: data gate: " in told.err
    assert "rows = 1 (required >= 3, n = 1)" in told.err
    assert "make gates run pass on these data first" in told.err
    assert "killed" not in told.out


def test_a_misspelt_mutant_is_named_with_its_neighbour(project, capsys):
    assert main(["selftest", "--only", "rows-los"]) == 2
    assert "--only 'rows-los' is no mutant; did you mean 'rows-lost'?" in capsys.readouterr().err


@pytest.mark.parametrize("share", ["0", "1.5", "most", "nan"])
def test_a_share_that_is_none_is_wrong_usage(project, share, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["selftest", "--require", share])
    assert ended.value.code == 2
    assert "write a number above 0 and up to 1, like 0.95" in capsys.readouterr().err


def test_the_list_names_the_mutants_of_the_work_and_those_of_gates(project, capsys):
    assert main(["selftest", "--list"]) == 0
    told = capsys.readouterr().out
    for name in (*(mutation.name for mutation in SmallMutants().mutations), "check-skipped", "verdict-replayed"):
        assert f" {name} " in told


def test_a_policy_without_mutants_says_what_is_not_tried(project, capsys):
    project.edit("pyproject.toml", 'mutants = "selftest.small_subject:open_mutants"', "")
    assert main(["selftest", "--only", "verdict-missing"]) == 0
    assert "[tool.gates] mutants names none, so data, models and endpoint are not tried" in capsys.readouterr().out


def test_mutants_that_cannot_be_imported_are_a_wrong_configuration(project, capsys):
    project.edit("pyproject.toml", "small_subject:open_mutants", "small_subject:open_mutant")
    assert main(["selftest", "--list"]) == 2
    assert "[tool.gates] mutants = 'selftest.small_subject:open_mutant' cannot be imported" in capsys.readouterr().err


def test_mutants_that_are_no_import_string_are_a_wrong_configuration(project, capsys):
    project.edit("pyproject.toml", "selftest.small_subject:open_mutants", "mutants")
    assert main(["selftest", "--list"]) == 2
    assert (
        "mutants is 'mutants', wanted an import string like 'gates.work.mutants:open_mutants'"
        in capsys.readouterr().err
    )


def test_trusted_keys_approvers_and_a_landmark_in_the_repository_are_left_alone(project, capsys):
    """Nobody can approve in a throw-away home, its keys are nobody's, and what it promotes is no landmark of the project."""
    key = Ed25519PrivateKey.generate().public_key()
    der = base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    project.edit(
        "pyproject.toml",
        'first_model = "floors"',
        'first_model = "floors"\nlandmark = "champion.json"\n'
        f'[tool.gates.trust]\ngate = ["{"0" * 64}"]\n'
        f'[tool.gates.promotion]\napprovals = 1\napprovers = [{{ name = "Ada", key = "{der}" }}]\n',
    )
    before = tree(project.root)
    assert main(["selftest", "--only", "verdict-missing", "--only", "champion-moved-by-hand"]) == 0, capsys.readouterr()
    assert tree(project.root) == before
