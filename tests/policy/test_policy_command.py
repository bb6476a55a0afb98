"""`gates policy` prints what decides, each line with where it came from, as a file that reads back equal."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from gates.cli import main
from gates.policy.layers import STANDARD, read_effective
from gates.policy.reader import read_policy
from gates.policy.rendering import render_effective, write_key, write_value

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "pyproject.toml", *(ROOT / "docs/examples").glob("*.toml"), *STANDARD.values()]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_printed_reads_back_equal(file):
    effective = read_effective(file)
    document = tomllib.loads(render_effective(effective))
    assert document["tool"]["gates"] == effective.gates
    assert document["tool"].get("ml", {}) == effective.tool.get("ml", {})


def test_what_is_printed_is_a_policy_of_its_own_that_decides_the_same(tmp_path):
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (tmp_path / "data_checks/expectations").mkdir(parents=True)
    before = read_policy(tmp_path / "pyproject.toml")
    (tmp_path / "pyproject.toml").write_text(render_effective(read_effective(tmp_path / "pyproject.toml")))
    after = read_policy(tmp_path / "pyproject.toml")
    assert after.digest == before.digest
    assert after.gates == before.gates


def test_every_line_with_a_value_says_where_it_came_from(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert main(["policy"]) == 0
    printed = capsys.readouterr().out
    values = [
        line
        for line in printed.splitlines()
        if line and not line.startswith(("#", "[", "]")) and not line.endswith(" [")
    ]
    assert len(values) > 150
    assert [line for line in values if not re.search(r"  # (gates:standard|pyproject\.toml)$", line)] == []
    floor = next(line for line in values if line.startswith("thresholds.challenger_clears_the_floor.accuracy"))
    assert floor.endswith("# pyproject.toml")
    assert f"policy {read_policy(ROOT / 'pyproject.toml').digest}" in printed


def test_the_four_gates_come_first_in_the_order_of_a_run(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    main(["policy"])
    found = re.findall(r"^\[tool\.gates\.(\w+)\]$", capsys.readouterr().out, re.M)
    assert found == ["data", "model", "drift", "endpoint", "nightly", "data_files", "drift_files"]


def test_as_json_it_has_the_tables_and_their_origins(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert main(["policy", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    assert document["file"] == "pyproject.toml"
    assert document["digest"] == str(read_policy(ROOT / "pyproject.toml").digest)
    assert document["gates"]["data"]["suite"] == "gates:data"
    assert {"path": ["data", "suite"], "origin": "gates:standard"} in document["origins"]


def test_a_policy_with_faults_is_not_printed(tmp_path, monkeypatch, capsys):
    (tmp_path / "pyproject.toml").write_text('[tool.gates]\nextends = "gates:standard"\nmax_age = "soon"\n')
    monkeypatch.chdir(tmp_path)
    assert main(["policy"]) == 2
    shown = capsys.readouterr()
    assert "max_age is 'soon'" in shown.err
    assert shown.out == ""


@pytest.mark.parametrize(
    "value",
    [
        "",
        'a "quoted" \\ text\n',
        "\x7f\x00é☃😀",
        True,
        False,
        3,
        -0.5,
        1e-9,
        [],
        ["a", 1],
        {"a b": {"c": []}},
        float("inf"),
    ],
    ids=repr,
)
def test_values_and_keys_read_back_equal(value):
    assert tomllib.loads(f"{write_key('a.b')} = {write_value(value)}") == {"a.b": value}
