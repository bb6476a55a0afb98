"""What README and docs say about commands, options, keys and fixtures is what the code has."""

import argparse
import re
from pathlib import Path

import pytest

from gates.cli import build_parser
from gates.policy.reader import read_policy
from gates.policy.records import GATES

ROOT = Path(__file__).parents[1]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "docs").rglob("*.toml")),
]


def commands():
    parser = build_parser()
    action = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return {name: set(sub._option_string_actions) for name, sub in action.choices.items()}


def test_the_readme_shows_the_help_as_it_is(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert build_parser().format_help() in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_that_is_written_exists(page):
    known = commands()
    for command, rest in re.findall(r"\bgates (run|check|[a-z]+)\b((?: [^\n`]*)?)", page.read_text(encoding="utf-8")):
        if command in known:
            for option in re.findall(r"(?<![\w-])--[a-z-]+", rest):
                assert option in known[command], f"{page.name}: gates {command} has no {option}"


def test_every_link_of_a_page_leads_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


QUOTING = ("faults.md",)


def test_no_page_uses_words_that_a_reader_has_to_guess():
    """Plain English for an international engineer. The help text of a command is compared elsewhere; faults.md quotes messages."""
    for page in PAGES:
        if page.suffix == ".md" and page.name not in QUOTING:
            text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
            words = re.findall(r"\b(?:told|asked|such as|laid over|bent)\b", text)
            assert words == [], f"{page.relative_to(ROOT)} uses {', '.join(sorted(set(words)))}"


def test_every_path_in_the_pages_exists():
    """A path of this repository that stands in code marks, like `gates/reason.py`; placeholders in capitals are left out."""
    tops = "gates|ml|tests|docs|benchmarks|infra|data_checks|model_checks|endpoint_checks|.github|.pipelines"
    for page in PAGES:
        if page.suffix != ".md" or page.name in ("faults.md", "CHANGELOG.md"):
            continue
        for path in re.findall(rf"`((?:{tops})/[\w./-]+)`", page.read_text(encoding="utf-8")):
            assert any(ROOT.glob(f"{path}*")) or re.search("[A-Z]{3}", path), f"{page.relative_to(ROOT)} names {path}"


def test_the_fixtures_that_the_policy_page_names_exist():
    modules = (ROOT / "gates/plugin/fixtures.py", *sorted((ROOT / "gates/fixtures").glob("*.py")))
    code = "\n".join(module.read_text(encoding="utf-8") for module in modules)
    table = (ROOT / "docs/policy.md").read_text(encoding="utf-8").split("## Fixtures")[1]
    names = [name for cell in re.findall(r"^\| (`.*?) \|", table, re.M) for name in re.findall(r"`(\w+)", cell)]
    assert len(names) > 15
    for name in names:
        assert re.search(rf"^def {name}\(", code, re.M), f"docs/policy.md names the fixture {name}"


@pytest.mark.parametrize("name", ["diabetes", "breast_cancer"])
def test_an_example_is_a_sound_policy_with_every_check_of_the_project(name):
    example, own = read_policy(ROOT / f"docs/examples/{name}.toml"), read_policy(ROOT / "pyproject.toml")
    for gate, policy in own.gates.items():
        assert set(example.gates[gate].checks) == set(policy.checks)


def test_the_policy_names_every_check_of_the_suites():
    policy = read_policy(ROOT / "pyproject.toml")
    named = {check for gate in policy.gates.values() for check in gate.checks}
    named = {name.partition(":")[2].partition("/")[2] for name in named}
    written = {
        f"{path.name}::{test}"
        for folder in ("data_checks", "model_checks", "endpoint_checks")
        for path in (ROOT / folder).rglob("test_*.py")
        for test in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.M)
    }
    assert named == written


def test_the_policies_of_the_readme_are_sound(tmp_path):
    """The first one as it stands; the one with checks of the project's own beside files that have those checks."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    first, own = [block for block in re.findall(r"```toml\n(.*?)```", readme, re.DOTALL) if "[tool.gates" in block]
    (tmp_path / "pyproject.toml").write_text(first, encoding="utf-8")
    policy = read_policy(tmp_path / "pyproject.toml")
    policy.require(*GATES)
    assert (
        str(policy.gates["model"].bounds("gates:model/test_floors.py::test_challenger_clears_the_floor")["accuracy"])
        == ">= 0.8"
    )
    (tmp_path / "data_checks").mkdir()
    names = ("no_price_is_negative", "prices_are_plausible")
    (tmp_path / "data_checks/test_prices.py").write_text("".join(f"def test_{name}(): ...\n" for name in names))
    (tmp_path / "pyproject.toml").write_text(f"{first}\n{own}", encoding="utf-8")
    checks = read_policy(tmp_path / "pyproject.toml").gates["data"].checks
    assert [name for name in checks if "prices" in name] == [
        f"data_checks/test_prices.py::test_{name}" for name in names
    ]
