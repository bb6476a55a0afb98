"""``request``, ``response`` and ``health`` of ``[tool.gates.endpoint]`` are read strictly, before anything is sent."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from gates.context import ModelFile
from gates.errors import ConfigError
from gates.judging import Case, find_conditions
from gates.policy.diff import compare_policies
from gates.policy.endpoint_map import FORMS, EndpointMap
from gates.policy.ordering import Direction
from gates.policy.records import Policy
from tests.small_project import make_project

SUITE = 'suite = "endpoint_checks"\n'


def read(root: Path, lines: str) -> Policy:
    project = make_project(root)
    project.edit("pyproject.toml", SUITE, f"{SUITE}{lines}\n")
    return project.policy


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_read_by_its_name(form, tmp_path):
    assert read(tmp_path, f'request = "{form}"').gates["endpoint"].endpoint_map == EndpointMap(form)


def test_a_template_is_read_with_path_and_health(tmp_path):
    lines = """request = '{"instances": "$records", "n": 1}'\nresponse = "answers.0.labels"\nhealth = "/up" """
    wanted = EndpointMap('{"instances": "$records", "n": 1}', "answers.0.labels", "/up")
    assert read(tmp_path, lines).gates["endpoint"].endpoint_map == wanted


def test_without_request_there_is_no_map(tmp_path):
    assert read(tmp_path, "").gates["endpoint"].endpoint_map is None


FAULTS = {
    "an unknown form": ('request = "mlfow"', "request is 'mlfow', wanted rows, mlflow, kserve-v2"),
    "no text": ("request = 1", "request is 1, wanted rows, mlflow"),
    "a table": ('request = { rows = "data" }', "wanted rows, mlflow"),
    "no JSON": ("request = '{\"a\": $lists}'", "request is not JSON (Expecting value"),
    "no place for rows": (
        "request = '{\"a\": \"$columns\"}'",
        "request has 0 places for rows, wanted one of $lists and $records, once",
    ),
    "two places for rows": ('request = \'["$lists", "$records"]\'', "request has 2 places for rows"),
    "an unknown place": (
        'request = \'{"a": "$lists", "b": "$colums"}\'',
        "has the place '$colums', wanted $lists, $records, $columns, $index; did you mean '$columns'?",
    ),
    "a response without request": ('response = "predictions"', "response is given without request"),
    "health without request": ('health = "/ping"', "health is given without request"),
    "a path with a gap": ('request = "rows"\nresponse = "a..b"', "response is 'a..b', wanted a path like 'predictions'"),
    "an empty path": ('request = "rows"\nresponse = ""', "response is '', wanted a path"),
    "health that is an address": (
        'request = "rows"\nhealth = "http://elsewhere/"',
        "health is 'http://elsewhere/', wanted a path like '/ping'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_map_that_is_none_is_refused(name, tmp_path):
    lines, sentence = FAULTS[name]
    with pytest.raises(ConfigError) as error:
        read(tmp_path, lines)
    assert sentence in str(error.value)


def test_another_gate_has_no_such_key(tmp_path):
    project = make_project(tmp_path)
    project.edit("pyproject.toml", 'suite = "model_checks"\n', 'suite = "model_checks"\nrequest = "rows"\n')
    with pytest.raises(ConfigError, match="request is not a key that exists"):
        project.policy  # noqa: B018


def test_a_map_changes_the_digest_and_counts_as_unclear_in_a_comparison(tmp_path):
    before, after = read(tmp_path / "a", ""), read(tmp_path / "b", 'request = "mlflow"')
    assert before.digest != after.digest
    old = {"gates": {"endpoint": {"suite": "x"}}}
    (change,) = compare_policies(old, {"gates": {"endpoint": {"suite": "x", "request": "mlflow"}}})
    assert change.direction is Direction.UNCLEAR


@pytest.mark.parametrize(
    ("lines", "given", "mapped"),
    [('request = "rows"', True, True), ('request = "rows"', False, False), ("", True, False)],
)
def test_only_an_endpoint_that_a_person_named_is_mapped(lines, given, mapped, tmp_path):
    """What this command started speaks Gates' own contract, and its digest is looked at."""
    session = SimpleNamespace(
        policy=read(tmp_path, lines), work=SimpleNamespace(conditions=lambda **about: {}), anchor=lambda champion: None
    )
    case = Case(
        challenger=ModelFile("small", 1, str(tmp_path), "", ""), endpoint_url="http://127.0.0.1:9", endpoint_given=given
    )
    assert find_conditions(session, case)["mapped_endpoint"] is mapped
