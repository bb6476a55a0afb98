"""The policy file is read strictly: all faults at once, each with its place, the legal values and the nearest spelling."""

from datetime import timedelta
from pathlib import Path

import pytest
from small_project import PYPROJECT, make_project

from gates.errors import ConfigError
from gates.policy.reader import read_policy
from gates.policy.records import digest_tables


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path)


def faults(project, text: str) -> tuple[str, ...]:
    (project.root / "pyproject.toml").write_text(text)
    with pytest.raises(ConfigError) as refused:
        read_policy(project.root / "pyproject.toml")
    assert refused.value.exit_code == 2
    return refused.value.faults


def test_a_policy_is_read(project):
    policy = project.policy
    assert policy.root == project.root
    assert policy.max_age == timedelta(hours=24)
    assert policy.gates["model"].timeout == timedelta(seconds=20)
    assert policy.gates["model"].settings == {"metrics": ["accuracy", "macro_f1"]}
    assert [part.label for part in policy.gates["drift"].suite] == ["model_checks/test_drift.py"]
    assert policy.gates["endpoint"].checks["endpoint_checks/test_smoke.py::test_it_answers"].unless == ("no_key",)
    assert str(policy.gates["data"].bounds("data_checks/test_rows.py::test_there_are_enough_rows")["rows"]) == ">= 100"
    assert policy.gates["data"].bounds("unknown") == {}


FAULTS = {
    "an unknown key": (
        'work = "small',
        'wrok = 1\nwork = "small',
        "[tool.gates] wrok is not a key that exists",
        "did you mean 'work'?",
    ),
    "an unknown gate": (
        "[tool.gates.model]",
        "[tool.gates.modle]",
        "[tool.gates] modle is not a key",
        "did you mean 'model'?",
    ),
    "work without a factory": (
        "small.work:open_work",
        "small.work",
        "[tool.gates] work is 'small.work', wanted an import string",
        "",
    ),
    "no work": ('work = "small.work:open_work"', "", "[tool.gates] work is missing, wanted an import string", ""),
    "a trusted key for an unknown role": (
        'work = "small',
        'trust = { owner = ["x"] }\nwork = "small',
        "[tool.gates.trust] owner is not a key that exists (legal: gate, gatekeeper)",
        "",
    ),
    "a trusted key that is no key id": (
        'work = "small',
        'trust = { gate = ["abc"] }\nwork = "small',
        "[tool.gates.trust] gate wanted a list of key ids of 64 hexadecimal digits",
        "",
    ),
    "trust in nobody": (
        'work = "small',
        'trust = { gatekeeper = [] }\nwork = "small',
        "[tool.gates.trust] gatekeeper wanted a list of key ids of 64 hexadecimal digits",
        "",
    ),
    "a landmark without a name": (
        'work = "small',
        'landmark = ""\nwork = "small',
        "[tool.gates] landmark is '', wanted a text",
        "",
    ),
    "pickles trusted for no reason": (
        'work = "small',
        'trust_pickle = " "\nwork = "small',
        "[tool.gates] trust_pickle is ' ', wanted the reason in words",
        "",
    ),
    "a misspelt choice": (
        '"floors"',
        '"flors"',
        "first_model is 'flors', wanted 'floors' or 'refuse'",
        "did you mean 'floors'?",
    ),
    "a choice of another type": ('"floors"', "1", "first_model is 1, wanted a text 'floors' or 'refuse'", ""),
    "a misspelt bound": (
        '">= 0.8"',
        '"=> 0.8"',
        "test_floors.py.thresholds.clears_the_floor] accuracy is no bound: '=> 0.8' is not a bound",
        "",
    ),
    "a bound that is a number": ('">= 0.8"', "0.8", "accuracy is no bound: '0.8' is not a bound", ""),
    "a bound that is NaN": ('">= 0.8"', '">= nan"', "accuracy is no bound: '>= nan' is not a bound", ""),
    "a misspelt condition": (
        'unless = "no_key"',
        'unless = "no_keys"',
        "test_smoke.py.unless] 'it_answers' names 'no_keys', wanted no_champion or",
        "did you mean 'no_key'?",
    ),
    "a condition of another type": (
        'unless = "no_key"',
        "unless = 3",
        "test_smoke.py.unless] it_answers is 3, wanted a list of texts",
        "",
    ),
    "an unknown acknowledgement": (
        'accept = "drift"',
        'accept = "all"',
        "test_drift.py.accept] looks_the_same is 'all', wanted 'none' or 'drift'",
        "",
    ),
    "a check without a name": (
        "test_rows.py::test_there_are_enough_rows",
        "test_rows.py",
        "is not a check; write it as",
        "",
    ),
    "a check that is no table": (
        'test_answers" = {}',
        'test_answers" = 1',
        "thresholds.answers] is 1, wanted a table",
        "",
    ),
    "a suite that is not there": (
        'suite = "data_checks"',
        'suite = "date_checks"',
        "suite names 'date_checks', which is not a file or folder",
        "",
    ),
    "a suite outside the project": (
        'suite = "data_checks"',
        'suite = "../.."',
        "suite names '../..', which is not",
        "",
    ),
    "no suite": ('suite = "data_checks"', "", "[tool.gates.data] suite is missing", ""),
    "an empty list of suites": ('suite = "data_checks"', "suite = []", "[tool.gates.data] suite is missing", ""),
    "no checks": (
        "[tool.gates.model.checks]",
        "[tool.gates.model.cheks]",
        "[tool.gates.model] requires no check; name the checks",
        "[tool.gates.model] cheks is not a key that exists",
    ),
    "settings that are no table": (
        'settings = { metrics = ["accuracy", "macro_f1"] }',
        "settings = 3",
        "settings wanted a table",
        "",
    ),
    "a time of nothing": ('"20s"', '"0s"', "timeout is '0s', wanted a length of time above zero like '90s'", ""),
    "a time without a unit": ('"20s"', '"20"', "timeout is '20', wanted a length of time", ""),
    "a time that overflows": ('"20s"', f'"{"9" * 40}d"', "wanted a length of time above zero", ""),
    "a time that is a number": ('"20s"', "20", "timeout is 20, wanted a length of time", ""),
}


@pytest.mark.parametrize(("old", "new", "sentence", "hint"), FAULTS.values(), ids=list(FAULTS))
def test_a_fault_is_told_with_its_place(old, new, sentence, hint, project):
    assert old in PYPROJECT
    told = "\n".join(faults(project, PYPROJECT.replace(old, new, 1)))
    assert sentence in told
    assert hint in told


def test_all_faults_are_told_at_once(project):
    text = PYPROJECT.replace('"floors"', '"flors"').replace('">= 0.8"', '"0.8"').replace('"20s"', '"soon"')
    assert len(faults(project, text)) == 3


@pytest.mark.parametrize("text", ["", "[tool]", "[tool.other]\na = 1", "tool = 3", "[tool]\ngates = 3"])
def test_a_file_without_a_policy_is_refused(text, project):
    assert faults(project, text) == ("pyproject.toml has no [tool.gates]",)


@pytest.mark.parametrize("content", [b"[tool", b"\xff\xfe", b"a = " + b"[" * 50_000], ids=["torn", "binary", "nested"])
def test_what_is_no_toml_is_refused(content, tmp_path):
    (tmp_path / "pyproject.toml").write_bytes(content)
    with pytest.raises(ConfigError, match="cannot be read as TOML"):
        read_policy(tmp_path / "pyproject.toml")


@pytest.mark.parametrize(("name", "sentence"), [("gone.toml", "does not exist"), (".", "cannot be read as TOML")])
def test_an_absent_file_or_a_folder_is_refused(name, sentence, tmp_path):
    with pytest.raises(ConfigError, match=sentence):
        read_policy(tmp_path / name)


def test_the_digest_does_not_depend_on_order_and_layout(project):
    before = project.policy.digest
    head, _, rest = PYPROJECT.partition("[tool.gates.endpoint]")
    project.write({"pyproject.toml": "[tool.gates.endpoint]" + rest + "\n# a comment\n" + head})
    assert project.policy.digest == before


def test_the_digest_changes_with_any_value(project):
    before = project.policy.digest
    project.edit("pyproject.toml", "0.8", "0.79")
    loosened = project.policy.digest
    project.edit("pyproject.toml", "[tool.gates]", "[tool.ml]\nname = 'm'\n\n[tool.gates]")
    assert len({before, loosened, project.policy.digest}) == 3


def test_tables_have_one_digest_in_any_order():
    assert digest_tables({"a": 1, "b": {"c": 2, "d": 3}}) == digest_tables({"b": {"d": 3, "c": 2}, "a": 1})


def test_a_policy_may_extend_another_and_replaces_whole_checks(project):
    (project.root / "strict.toml").write_text(
        '[tool.gates]\nextends = "pyproject.toml"\n[tool.gates.model.checks]\n'
        '"model_checks/test_floors.py::test_clears_the_floor" = { recall = ">= 0.9" }\n'
    )
    policy = read_policy(project.root / "strict.toml")
    assert set(policy.gates["model"].bounds("model_checks/test_floors.py::test_clears_the_floor")) == {"recall"}
    assert "model_checks/test_floors.py::test_answers" in policy.gates["model"].checks
    assert policy.digest != project.policy.digest


def test_a_policy_that_extends_itself_is_refused(project):
    for name, other in {"a.toml": "b.toml", "b.toml": "a.toml"}.items():
        (project.root / name).write_text(f'[tool.gates]\nextends = "{other}"\n')
    with pytest.raises(ConfigError, match="leads back to"):
        read_policy(project.root / "a.toml")


def test_the_suite_digest_covers_checks_and_the_root_conftest_only(project):
    before = project.policy.suite_digest("model")
    project.edit("data_checks/test_rows.py", "n=rows", "n=rows + 0")
    assert project.policy.suite_digest("model") == before
    project.write({"conftest.py": "# other fixtures"})
    assert project.policy.suite_digest("model") != before


def test_the_projects_own_policy_names_checks_that_exist():
    root = Path(__file__).parents[2]
    for gate in read_policy(root / "pyproject.toml").gates.values():
        for name in gate.checks:
            label, _, function = name.partition("::")
            file = next(part.path_of(label) for part in gate.suite if part.holds(label))
            assert f"def {function}(" in file.read_text(encoding="utf-8"), name
