"""The pages of the documentation are current, lead somewhere, and what they show is what Gates takes."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest
from command_line import ROOT, run_gates
from first_tables import churn

from gates.cli import build_parser

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
SHELL = ("", "sh", "bash", "console")
# What a browser fetches by itself, unlike a link that somebody follows.
LOADED = re.compile(r'<(?:script|img|iframe)[^>]*\ssrc="https?:[^"]+|<link[^>]*rel="stylesheet"[^>]*href="https?:[^"]+')


def blocks(*languages: str) -> list[tuple[Path, str]]:
    return [
        (page, block)
        for page in PAGES
        for language, block in BLOCK.findall(page.read_text(encoding="utf-8"))
        if language in languages
    ]


def commands() -> list[tuple[str, str]]:
    """Every command of Gates in the shell blocks, with its page."""
    lines = [
        (page.name, line.strip().removeprefix("$ "))
        for page, block in blocks(*SHELL)
        for line in block.replace("\\\n", " ").splitlines()
    ]
    parts = [(page, part) for page, line in lines for part in re.split(r"\s*(?:&&|\|\||;|\|)\s*", line)]
    return [(page, part) for page, part in parts if part.startswith("gates ")]


def test_every_command_of_the_pages_is_one_that_the_parser_takes():
    parser, wrong = build_parser(), []
    for page, command in commands():
        words = [word for word in shlex.split(command, comments=True)[1:] if not word.startswith(">")]
        errors = io.StringIO()
        try:
            with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
                parser.parse_args(words)
        except SystemExit as ending:
            if ending.code:
                wrong.append(f"{page}: {command}: {errors.getvalue().splitlines()[-1]}")
    assert wrong == []
    assert len(commands()) > 40


def test_every_policy_of_the_pages_has_keys_and_values_that_exist():
    schema = json.loads((ROOT / "gates/policy/schema.json").read_text(encoding="utf-8"))
    wrong = []
    for page, block in blocks("toml"):
        validator = jsonschema.Draft7Validator(_without_required(schema))
        table = json.loads(json.dumps(tomllib.loads(block), default=str))  # a date is text in JSON
        faults = [f"{page.name}: {error.message:.120}" for error in validator.iter_errors(table)]
        wrong += faults
    assert wrong == []
    assert len(blocks("toml")) > 15


def _without_required(schema: object) -> object:
    """A page shows a part of a policy: what is there is held to the schema, what is not there is not missed."""
    if isinstance(schema, dict):
        return {
            key: _without_required(value)
            for key, value in schema.items()
            if key != "required" or not isinstance(value, list)
        }
    return [_without_required(one) for one in schema] if isinstance(schema, list) else schema


def test_every_python_block_of_the_pages_is_python():
    for page, block in blocks("python"):
        text = re.sub(r"^(>>> |\.\.\. )", "", block, flags=re.M) if block.startswith(">>>") else block
        if not block.startswith(">>>"):
            ast.parse(text, str(page))
    assert len(blocks("python")) > 10


def test_the_pages_that_are_made_from_the_code_are_current(tmp_path):
    made = subprocess.run(
        [sys.executable, "docs/reference_pages.py", str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["commands.md", "configuration.md", "fixtures.md"]
    for name in names:
        current = (DOCS / "reference" / name).read_text(encoding="utf-8")
        assert current == (tmp_path / name).read_text(encoding="utf-8"), f"run python docs/reference_pages.py ({name})"


def test_the_reference_names_every_key_and_every_command():
    schema = json.loads((ROOT / "gates/policy/schema.json").read_text(encoding="utf-8"))
    page = (DOCS / "reference/configuration.md").read_text(encoding="utf-8")
    for table in schema["properties"]["tool"]["properties"].values():
        for key in table["properties"]:
            assert f"| `{key}` |" in page
    written = (DOCS / "reference/commands.md").read_text(encoding="utf-8")
    assert all(f"## gates {command}" in written for command in ("run", "check", "init", "nightly", "keys"))


@pytest.mark.skipif(
    importlib.util.find_spec("mkdocs") is None, reason="mkdocs is not installed: pip install -e '.[dev]'"
)
def test_the_site_is_built_without_a_warning_and_asks_no_other_site(tmp_path):
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(
        build, cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 35
    for page in pages:
        loaded = LOADED.findall(page.read_text(encoding="utf-8"))
        assert loaded == [], f"{page.name} loads {loaded[0]}"


@pytest.mark.skipif(
    importlib.util.find_spec("mkdocs") is None, reason="mkdocs is not installed: pip install -e '.[dev]'"
)
def test_a_link_that_leads_nowhere_stops_the_site(tmp_path):
    _copy(DOCS, tmp_path / "docs")
    (tmp_path / "mkdocs.yml").write_bytes((ROOT / "mkdocs.yml").read_bytes())
    page = tmp_path / "docs/index.md"
    page.write_text(page.read_text(encoding="utf-8").replace("(first-run.md)", "(first-walk.md)"), encoding="utf-8")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(build, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0
    assert "first-walk.md" in done.stdout + done.stderr


def _copy(source: Path, target: Path) -> None:
    for file in source.rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            (target / file.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
            (target / file.relative_to(source)).write_bytes(file.read_bytes())


def block_of(page: str, language: str, start: str) -> str:
    """The block of a page that contains a text."""
    text = (DOCS / page).read_text(encoding="utf-8")
    (block,) = [block for tongue, block in BLOCK.findall(text) if tongue == language and start in block]
    return block


# How fast this machine is at the moment is not what the pages are about.
ANY_LATENCY = """
[tool.gates.endpoint."test_latency.py"]
thresholds.scoring_is_fast = { p50 = "<= 9999", p95 = "<= 9999", p99 = "<= 9999" }
thresholds.callers_wait_briefly = { p50 = "<= 9999", p95 = "<= 9999", p99 = "<= 9999" }
"""


@pytest.mark.slow
def test_the_pages_about_a_check_and_a_metric_of_ones_own_are_a_project_that_promotes(tmp_path):
    """Every command and every block of both pages, in one project that `gates init` made."""
    frame = churn().rename(columns={"income €": "price"})
    frame["price"] = frame["price"].fillna(frame["price"].median())
    frame.to_csv(tmp_path / "churn.csv", index=False)
    assert frame["churned"].astype(str).isin(["yes", "no"]).all()
    done = run_gates(["init", "churn.csv", "--target", "churned", "--yes"], {}, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    command = block_of("how-to/own-check.md", "sh", "gates new check")
    done = run_gates(shlex.split(command)[1:], {}, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    check = tmp_path / "data_checks/test_no_price_is_negative.py"
    assert check.is_file()
    check.write_text(block_of("how-to/own-check.md", "python", "def test_no_price_is_negative"), encoding="utf-8")
    head = 'import pytest\n\npytestmark = pytest.mark.gate("data")\n\n\n'
    prices = head + block_of("how-to/own-check.md", "python", "def test_prices_are_known")
    (tmp_path / "data_checks/test_prices.py").write_text(prices, encoding="utf-8")
    (tmp_path / "costs.py").write_text(block_of("how-to/own-metric.md", "python", "def per_customer"), encoding="utf-8")
    policy = tmp_path / "gates.toml"
    prices = block_of("how-to/own-check.md", "toml", "prices_are_known").replace(
        'invariants = ["no_price_is_negative"]\n', ""
    )
    added = [prices, block_of("how-to/own-metric.md", "toml", "churners_found = { of"), ANY_LATENCY]
    policy.write_text(policy.read_text(encoding="utf-8") + "\n" + "\n".join(added), encoding="utf-8")
    done = run_gates(["run", "--json", "run.json"], {}, folder=tmp_path)
    document = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert done.returncode == 0, done.stdout + done.stderr
    checks = {check["id"]: check for gate in document["gates"] for check in gate["checks"]}
    for name in ("test_no_price_is_negative", "test_prices_are_known"):
        assert next(check for id, check in checks.items() if name in id)["outcome"] == "passed"
