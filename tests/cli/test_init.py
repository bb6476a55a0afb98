"""`gates init` proposes, asks where there is a person, writes what works, and overwrites nothing."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from first_tables import churn, sales, write

from gates.adoption import files, steps
from gates.cli import init, main
from gates.errors import SubjectError
from gates.policy.reader import read_policy
from gates.policy.records import GATES
from gates.proposal.__main__ import main as propose
from gates.registry.lock import hold
from gates.work.config.settings import read_settings


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """An empty folder, in which the steps of the child run in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(init, "run_step", run_here)
    return tmp_path


ANSWERS = {}  # of the steps, by their arguments: fitting and profiling one table once is enough for all tests of this module


def run_here(step, data, into, roles=None):
    """Run a step in this process, or give its answer again where it was run on the same bytes before."""
    path = Path(data)
    content = path.read_bytes() if path.is_file() else None
    key = (step, content, json.dumps(dict(roles or {})))
    if content is not None and key in ANSWERS:
        for name, answer in ANSWERS[key].items():
            (into / name).write_bytes(answer)
    else:
        _run_here(step, data, into, roles)
        ANSWERS[key] = {file.name: file.read_bytes() for file in into.iterdir() if file.is_file()}
    return json.loads((into / f"{step}.json").read_bytes())


def _run_here(step, data, into, roles):
    code = propose([step, "--data", data, "--roles", json.dumps(dict(roles or {})), "--into", str(into)])
    if code:
        raise steps._failure(into, into / f"{step}.log", code)


def kept(folder: Path) -> set[str]:
    """Every file of the folder but the home's."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and ".gates" not in path.parts
    }


def said(capsys) -> str:
    return "".join(capsys.readouterr())


def test_what_is_written_is_a_sound_policy_of_twenty_lines_at_the_most(folder, capsys):
    write("churn", folder)
    assert main(["init"]) == 0
    assert kept(folder) == {"churn.csv", ".gitignore", "data_checks/expectations.json", "gates.toml", "train.py"}
    assert (folder / ".gitignore").read_text() == ".gates/\n"
    text = (folder / "gates.toml").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 20
    policy = read_policy(folder / "gates.toml")
    policy.require(*GATES)
    floors = policy.gates["model"].bounds("gates:model/test_floors.py::test_challenger_clears_the_floor")
    assert floors["accuracy"].limit > (churn()["churned"] == "no").mean()
    shown = said(capsys)
    for column in churn().columns:
        assert column in shown
    assert "no feature: 1200 distinct texts" in shown
    assert "gates run" in shown
    assert main(["policy"]) == 0  # the policy is found without --policy


def test_a_regression_with_a_time_gets_its_own_floor_and_its_own_age(folder):
    write("sales", folder)
    assert main(["init", "sales.csv", "--yes"]) == 0
    tool = tomllib.loads((folder / "gates.toml").read_text())["tool"]
    assert (tool["ml"]["task"], tool["ml"]["time"], tool["ml"]["split"]) == ("regression", "sold_at", "time")
    policy = read_policy(folder / "gates.toml")
    age = policy.gates["data"].bounds("gates:data/test_freshness.py::test_the_newest_row_is_recent")["age_days"]
    assert age.limit > 100
    assert policy.gates["model"].bounds("gates:model/test_floors.py::test_challenger_clears_the_floor")["r2"].limit > 0


def test_an_existing_repository_keeps_what_it_has(folder):
    write("churn", folder)
    project = '[project]\nname = "shop"\n\n[tool.ruff]\nline-length = 88\n'
    (folder / "pyproject.toml").write_text(project)
    (folder / "train.py").write_text("print('mine')\n")
    (folder / ".gitignore").write_text("*.pyc\n")
    assert main(["init", "--yes"]) == 0
    assert (folder / "pyproject.toml").read_text().startswith(project)
    assert (folder / "train.py").read_text() == "print('mine')\n"
    assert (folder / ".gitignore").read_text() == "*.pyc\n.gates/\n"
    assert not (folder / "gates.toml").exists()
    assert tomllib.loads((folder / "pyproject.toml").read_text())["tool"]["ml"]["train"] == "gates_train:fit"
    read_policy(folder / "pyproject.toml").require(*GATES)


def test_own_suites_are_copies_with_the_same_bounds(folder):
    write("churn", folder)
    assert main(["init", "--yes", "--own-suites"]) == 0
    own, shipped = read_policy(folder / "gates.toml"), init_standard(folder)
    for gate in GATES:
        assert {check.partition(":")[2].partition("/")[2] for check in shipped.gates[gate].checks} == {
            check.partition("/")[2] for check in own.gates[gate].checks
        }
    assert "model_checks/behaviours.toml" in kept(folder)


def init_standard(folder: Path):
    other = folder / "standard.toml"
    other.write_text((folder / "gates.toml").read_text().replace("gates.checks.toml", "gates:standard"))
    return read_policy(other)


@pytest.mark.parametrize(
    ("kind", "path"), [("github", ".github/workflows/gates.yml"), ("azure", "azure-pipelines-gates.yml")]
)
def test_a_pipeline_is_written_when_it_is_wanted(folder, kind, path):
    import yaml

    write("churn", folder)
    assert main(["init", "--yes", "--ci", kind]) == 0
    text = (folder / path).read_text()
    assert yaml.safe_load(text)["jobs"]
    assert "gates run --json gates.json --junit gates.xml" in text


def answer(monkeypatch, *answers: str) -> list[str]:
    """Be the person at a terminal; the questions are kept in the list."""
    asked, given = [], iter(answers)

    def ask(question: str) -> str:
        asked.append(question)
        return next(given)

    monkeypatch.setattr("sys.stdin", type("Terminal", (), {"isatty": lambda self: True})())
    monkeypatch.setattr("builtins.input", ask)
    return asked


def test_a_person_is_asked_and_may_choose_another_column(folder, monkeypatch, capsys):
    write("churn", folder)
    questions = answer(monkeypatch, "", "plan", "-", "")
    assert main(["init"]) == 3
    assert "[customer_id]" in questions[0]
    assert "[churned]" in questions[1]
    assert "rows have no 'plan', the target" in said(capsys)
    assert kept(folder) == {"churn.csv"}


def test_a_person_may_refuse(folder, monkeypatch, capsys):
    write("churn", folder)
    answer(monkeypatch, *[""] * 4, "no")
    before = kept(folder)
    assert main(["init"]) == 2
    assert "nothing was written" in said(capsys)
    assert kept(folder) == before


def test_a_terminal_that_is_closed_is_no_answer(folder, monkeypatch, capsys):
    write("churn", folder)
    answer(monkeypatch)
    monkeypatch.setattr("builtins.input", closed)
    assert main(["init"]) == 2
    assert "the terminal was closed before every question had an answer" in said(capsys)
    assert kept(folder) == {"churn.csv"}


def closed(question: str) -> str:
    raise EOFError


def test_a_person_chooses_whether_the_newest_rows_are_held_out(folder, monkeypatch):
    write("sales", folder)
    questions = answer(monkeypatch, "", "", "", "", "newest", "id", "")
    assert main(["init"]) == 0
    assert [question.partition("?")[0] for question in questions[4:6]] == ["What chooses the holdout, id or time"] * 2
    assert "split" not in tomllib.loads((folder / "gates.toml").read_text())["tool"]["ml"]


def test_the_wrong_answer_of_a_person_is_put_again(folder, monkeypatch):
    write("churn", folder)
    questions = answer(monkeypatch, "kunde", "customer_id", "vip", "", "", "")
    assert main(["init"]) == 0
    assert [question.partition("?")[0] for question in questions[:3]] == [
        "Which column identifies a row, - for none", "Which column identifies a row, - for none",
        "Which column is to be predicted",
    ]  # fmt: skip
    assert tomllib.loads((folder / "gates.toml").read_text())["tool"]["ml"]["target"] == "vip"


UNDECIDABLE = {
    "no target by its name": (
        ["customer_id", "größe", "vip", "plan"],
        "which column is to be predicted is unclear: it may be 'plan'",
    ),
    "a number that may be a key": (
        ["stock", "vip", "churned"],
        "which column identifies a row is unclear: it may be 'stock'",
    ),
}


@pytest.mark.parametrize("case", UNDECIDABLE)
def test_without_a_terminal_nothing_is_guessed(case, folder, capsys):
    columns, sentence = UNDECIDABLE[case]
    churn().assign(stock=lambda frame: frame.index * 7)[columns].to_csv("table.csv", index=False)
    assert main(["init"]) == 2
    assert sentence in said(capsys)
    assert kept(folder) == {"table.csv"}
    assert not (folder / ".gates").exists()


WITHOUT_A_KEY = {
    "nothing looks like one": (["vip", "=cmd|x", "remarks"], []),
    "a person says so": (["stock", "vip", "=cmd|x"], ["--id", "-"]),
}


@pytest.mark.parametrize("case", WITHOUT_A_KEY)
def test_a_table_without_a_key_is_identified_by_its_content(case, folder, capsys):
    columns, options = WITHOUT_A_KEY[case]
    frame = churn(300).assign(stock=lambda frame: frame.index * 7)[[*columns, "größe", "churned"]]
    frame.loc[:, ~frame.columns.duplicated()].to_csv("table.csv", index=False)
    assert main(["init", *options]) == 0
    assert "no column identifies a row, so its content does" in said(capsys)
    settings = read_settings(folder / "gates.toml")
    assert settings.roles.keyless
    suite = json.loads((folder / "data_checks" / "expectations.json").read_text(encoding="utf-8"))
    types = {one["type"]: one for one in suite["expectations"]}
    assert "expect_unique_key" not in types
    assert set(types["expect_table_columns_to_match_set"]["column_set"]) == {*columns, "größe", "churned"}


REFUSED = {
    "a column that is not there": (
        ["--target", "chruned"],
        "'chruned', which is no column of the data; did you mean 'churned'?",
    ),
    "one column twice": (["--id", "churned", "--target", "churned"], "two roles have the same column"),
    "newest rows without a time": (["--split", "time"], "no column dates the rows"),
    "another policy": (["--policy", "x.toml"], "takes no --policy"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_options_that_make_no_sense_are_refused(case, folder, capsys):
    options, sentence = REFUSED[case]
    write("churn", folder)
    assert main(["init", *options]) == 2
    assert sentence in said(capsys)
    assert kept(folder) == {"churn.csv"}


DATA = {
    "no file": (None, "and of CSV and Parquet files here there is none", 2),
    "two files": ("two", "there are 2: a.csv, b.csv", 2),
    "an empty file": ("", "a.csv is empty", 3),
    "a header alone": ("a,b\n", "has a header of 2 columns and no rows", 3),
    "one row": ("id,y\n1,0\n", "which column", 2),
    "a page": ("<!doctype html>", "is an HTML page", 3),
}


@pytest.mark.parametrize("case", DATA)
def test_data_that_are_none_are_refused(case, folder, capsys):
    content, sentence, code = DATA[case]
    for name in () if content is None else ("a.csv", "b.csv") if content == "two" else ("a.csv",):
        (folder / name).write_text("x" if content == "two" else content)
    before = kept(folder)
    assert main(["init"]) == code
    assert sentence in said(capsys)
    assert kept(folder) == before


def test_a_file_that_is_not_there_is_refused(folder, capsys):
    assert main(["init", "nowhere.csv"]) == 3
    assert "nowhere.csv cannot be read: No such file or directory" in said(capsys)


@pytest.mark.parametrize(
    ("name", "text"),
    [("gates.toml", ""), ("pyproject.toml", "[tool.gates]\n"), ("pyproject.toml", "[tool.ml]\nname = 'x'\n")],
)
def test_an_existing_policy_is_refused(name, text, folder, capsys):
    write("churn", folder)
    (folder / name).write_text(text)
    assert main(["init"]) == 2
    assert "this project has a policy" in said(capsys)
    assert (folder / name).read_text() == text


def test_a_folder_below_a_project_is_refused(folder, monkeypatch, capsys):
    below = folder / "below"
    below.mkdir()
    write("churn", below)
    (folder / "pyproject.toml").write_text("[project]\nname = 'ours'\n")
    monkeypatch.chdir(below)
    assert main(["init"]) == 2
    assert "this folder lies in the project of" in said(capsys)
    assert kept(below) == {"churn.csv"}


def test_a_file_in_the_place_of_another_is_refused_before_anything_is_written(folder, capsys):
    write("churn", folder)
    (folder / "data_checks").mkdir()
    (folder / "data_checks" / "expectations.json").write_text("{}")
    assert main(["init"]) == 2
    assert "data_checks/expectations.json exists already" in said(capsys)
    assert kept(folder) == {"churn.csv", "data_checks/expectations.json"}


def test_a_second_one_at_the_same_time_is_refused(folder, capsys):
    write("churn", folder)
    with hold(folder / ".gates", purpose="gates init"):
        assert main(["init"]) == 3
    assert "this home is in use by gates init" in said(capsys)
    assert kept(folder) == {"churn.csv"}


@pytest.mark.parametrize("after", range(5))
def test_one_that_was_killed_half_way_leaves_whole_files_and_the_next_one_goes_on(after, folder, monkeypatch):
    """Killed before each of its writes: what is there is whole, there is no policy yet, and the same command then ends well."""
    write("churn", folder)
    writes = iter(range(100))
    link, written = files._write_new, []

    def write_or_die(path, content):
        if next(writes) == after:
            raise KeyboardInterrupt
        written.append(path)
        return link(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(files, "_write_new", write_or_die)
        code = main(["init"])
    if len(written) < after + 1 and code == 130:
        assert not (folder / "gates.toml").exists()
        assert not list(folder.rglob(".*.py.*"))
        assert main(["init"]) == 0
    read_policy(folder / "gates.toml").require(*GATES)
    assert (folder / "train.py").read_text().endswith("\n")


def test_a_folder_that_cannot_be_written_is_refused_with_what_was_written(tmp_path, monkeypatch):
    def refuse(path, content):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(files, "_write_new", refuse)
    with pytest.raises(
        files.BackendError, match=r"train\.py cannot be written: Permission denied; nothing was written"
    ):
        files.write_project(tmp_path, {"train.py": "x"}, tmp_path / "gates.toml", "y")


def test_a_child_that_dies_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("GATES_NO_FORK", "1")
    monkeypatch.setattr(steps, "_MODULE", "gates.nothing_of_this_name")
    with pytest.raises(SubjectError, match=r"looking at the data ended with exit code 1: .*nothing_of_this_name"):
        steps.run_step("look", "x.csv", tmp_path)


def test_a_real_child_answers_and_says_what_is_wrong(tmp_path):
    sales(150).to_csv(tmp_path / "sales.csv", index=False)
    assert steps.run_step("look", str(tmp_path / "sales.csv"), tmp_path)["rows"] == 150
    with pytest.raises(SubjectError, match=r"nowhere\.csv cannot be read"):
        steps.run_step("look", "nowhere.csv", tmp_path)


def test_two_policies_in_one_folder_are_refused(folder, capsys):
    (folder / "gates.toml").write_text("[tool.gates]\n")
    (folder / "pyproject.toml").write_text("[tool.gates]\n")
    assert main(["policy"]) == 2
    assert "has two policies" in said(capsys)
