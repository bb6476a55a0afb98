"""The JSON Schema is made from the readers' own declarations, accepts what they accept and refuses what they refuse."""

import json
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, ValidationError

from gates.cli import main
from gates.errors import ConfigError
from gates.policy.keys import FILE, GATE, NIGHTLY, PERSON, PROMOTION, TOP, WAIVER
from gates.policy.layers import STANDARD, read_effective
from gates.policy.reader import read_policy
from gates.policy.schema import SHIPPED, read_declared, render_schema
from gates.policy.schema import main as write
from gates.work.config.settings import read_settings

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "pyproject.toml", *STANDARD.values(), *sorted((ROOT / "docs/examples").glob("*.toml"))]
VALID = """\
[tool.gates]
extends = "gates:standard"
max_age = "90s"
require_lock = true
trust = { gate = ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] }

[[tool.gates.waivers]]
check = "gates:data/test_keys.py::test_no_row_repeats_another"
owner = "Ada"
reason = "known"
expires = "2026-12-24"

[tool.gates.promotion]
approvals = 1
approvers = [{ name = "Ada", key = "MCowBQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", accounts = "ada" }]

[tool.gates.data]
suite = ["gates:data", "checks"]
timeout = "10m"
settings = { anything = [1, { at = "all" }] }

[tool.gates.data."test_values.py"]
invariants = ["every_number_is_finite"]
thresholds.no_value_is_missing = { null_share = "<= 0.02", unless = ["no_champion"], accept = "drift", rows = "none" }
unless.every_number_is_finite = "regression"
without = "every_category_is_known"

[tool.gates.nightly."test_newest_rows.py"]
thresholds.the_champion_answers_as_on_its_holdout = { drift = ">= 0.2 alpha" }

[tool.ml]
name = "m"
id = "id"
target = "y"
task = "classification"
train = "train:fit"
params = { depth = 5 }
holdout_share = 0.3

[tool.other]
free = true
"""


@pytest.fixture(scope="module")
def validator():
    schema = json.loads(SHIPPED.read_text(encoding="utf-8"))
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def plain(document: object) -> object:
    """Dates as texts, as an editor sees them."""
    return json.loads(json.dumps(document, default=str))


def test_the_shipped_schema_is_what_the_declarations_give(tmp_path):
    shipped = SHIPPED.read_text(encoding="utf-8")
    assert shipped == render_schema(), "write it again with: python -m gates.policy.schema gates/policy/schema.json"
    write([str(tmp_path / "schema.json")])
    assert (tmp_path / "schema.json").read_text(encoding="utf-8") == shipped


def test_the_command_prints_it_without_any_project(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["policy", "--schema"]) == 0
    assert capsys.readouterr().out == SHIPPED.read_text(encoding="utf-8")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_shipped_and_example_policies_are_valid_as_written_and_in_effect(file, validator):
    validator.validate(plain(tomllib.loads(file.read_text(encoding="utf-8"))))
    validator.validate(plain({"tool": {"gates": read_effective(file).gates}}))


def test_a_policy_with_every_kind_of_value_is_valid(validator):
    validator.validate(tomllib.loads(VALID))


WRONG = [
    ("max_age", "max_aeg"),
    ('"90s"', '"90"'),
    ('"90s"', "90"),
    ("require_lock = true", 'require_lock = "yes"'),
    ("gate = [", "gates = ["),
    ('owner = "Ada"\n', ""),
    ('reason = "known"', 'reason = "known"\nuntil = 3'),
    ("approvals = 1", "approvals = -1"),
    ('key = "', 'kee = "'),
    ("approvals = 1", 'on_timeout = "pass"'),
    ('suite = ["gates:data", "checks"]', "suite = 3"),
    ("timeout", "timeuot"),
    ("[tool.gates.data]", "[tool.gates.date]"),
    ("invariants", "invariant"),
    ('"<= 0.02"', '"=< 0.02"'),
    ('"<= 0.02"', "0.02"),
    ('["no_champion"]', '["no_champions"]'),
    ('"regression"', '"sundays"'),
    ('accept = "drift"', 'accept = "all"'),
    ('"<= 0.02"', '">= 0.2 alpha"'),
    ('">= 0.2 alpha"', '">= 0.2 beta"'),
    ('task = "classification"', 'task = "clustering"'),
    ('name = "m"', 'name = "m"\nnmae = "x"'),
    ('train = "train:fit"', 'train = "train"'),
    ('train = "train:fit"', "train = 5"),
    ("depth = 5", "depth = [5]"),
    ("holdout_share = 0.3", "holdout_share = 1.0"),
]


@pytest.mark.parametrize(("old", "new"), WRONG)
def test_what_the_readers_refuse_is_not_valid(old, new, validator):
    assert VALID.count(old) >= 1
    with pytest.raises(ValidationError):
        validator.validate(tomllib.loads(VALID.replace(old, new, 1)))


def read(folder: Path, text: str) -> None:
    (folder / "checks").mkdir()
    (folder / "pyproject.toml").write_text(text.replace('"2026-12-24"', "2026-12-24"))
    read_policy(folder / "pyproject.toml")
    read_settings(folder / "pyproject.toml")


def test_the_readers_read_what_is_valid(tmp_path):
    read(tmp_path, VALID)


@pytest.mark.parametrize(("old", "new"), WRONG)
def test_what_is_not_valid_is_what_the_readers_refuse(old, new, tmp_path):
    with pytest.raises(ConfigError):
        read(tmp_path, VALID.replace(old, new, 1))


def test_every_declared_key_says_in_a_sentence_what_it_is():
    ml, azure = read_declared()
    for key in (*TOP, *GATE, *NIGHTLY, *FILE, *PERSON, *PROMOTION, *WAIVER, *ml, *azure):
        assert key.about.endswith("."), key.name
        assert key.about[0].isupper(), key.name


def test_every_key_that_is_read_is_in_the_page():
    page = (ROOT / "docs/policy.md").read_text(encoding="utf-8")
    for key in (*TOP, *GATE, *FILE):
        assert f"`{key.name}" in page, key.name
