"""The scripts of a release, and the settings of the repository: notes, a wheel that works by itself, forms, hooks, owners."""

import importlib.util
import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from ci.files import ROOT

GITHUB = ROOT / ".github"


def script(name):
    spec = importlib.util.spec_from_file_location(name, GITHUB / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHANGELOG = "# Changelog\n\n## 0.10.0\n\nten\n\n## 0.1.0\n\none\n\n### Fixed\n\n- more\n\n## 0.0.9\n"


def test_the_notes_are_the_part_of_the_version_and_no_other():
    notes_of = script("release_notes").notes_of
    assert notes_of("v0.1.0", "0.1.0", CHANGELOG) == "one\n\n### Fixed\n\n- more\n"
    assert notes_of("v0.10.0", "0.10.0", CHANGELOG) == "ten\n"


@pytest.mark.parametrize(
    ("tag", "version", "message"),
    [
        ("v0.1.1", "0.1.0", "the tag has to be 'v0.1.0'"),
        ("0.1.0", "0.1.0", "the tag has to be 'v0.1.0'"),
        ("v0.0.9", "0.0.9", "CHANGELOG.md has no part '## 0.0.9'"),
        ("v2.0.0", "2.0.0", "CHANGELOG.md has no part '## 2.0.0'"),
    ],
)
def test_a_tag_that_cannot_be_released_is_refused(tag, version, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        script("release_notes").notes_of(tag, version, CHANGELOG)


def test_the_script_ends_with_1_for_a_tag_that_is_not_the_version(capsys):
    assert script("release_notes").main(["v99.0.0"]) == 1
    assert "the tag is 'v99.0.0'" in capsys.readouterr().err


def test_the_wheel_probes_fail_where_the_source_is_installed_and_not_the_wheel(capsys):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert script("wheel_smoke").main([sys.executable, f"v{version}"]) == 1
    assert "error: the wheel brings one package" in capsys.readouterr().err
    assert script("wheel_smoke").main([sys.executable, "v99.0.0"]) == 1
    assert "wanted '99.0.0'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        ("vendor.dependabot", ["dependabot.yml"]),
        ("vendor.github-issue-forms", ["ISSUE_TEMPLATE/bug.yml", "ISSUE_TEMPLATE/feature.yml"]),
        ("vendor.github-issue-config", ["ISSUE_TEMPLATE/config.yml"]),
    ],
)
def test_the_forms_and_settings_of_the_repository_pass_their_schemas(schema, names):
    pytest.importorskip("check_jsonschema")
    files = [str(GITHUB / name) for name in names]
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *files]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_form_is_checked():
    assert {path.name for path in (GITHUB / "ISSUE_TEMPLATE").iterdir()} == {"bug.yml", "feature.yml", "config.yml"}


def test_the_hooks_before_a_commit_are_the_steps_of_make_lint_at_fixed_versions():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    local = [hook["entry"] for repo in hooks["repos"] if repo["repo"] == "local" for hook in repo["hooks"]]
    assert [entry.split()[0] for entry in local] == [
        f".venv/bin/{name}" for name in ("ruff", "ruff", "mypy", "lint-imports")
    ]
    remote = [repo["rev"] for repo in hooks["repos"] if repo["repo"] != "local"]
    assert all(re.fullmatch(r"v\d+\.\d+\.\d+", rev) for rev in remote)


def test_every_path_with_an_owner_of_its_own_exists():
    lines = [
        line.split() for line in (ROOT / "CODEOWNERS").read_text().splitlines() if line and not line.startswith("#")
    ]
    for pattern, *owners in lines:
        assert pattern == "*" or (ROOT / pattern.strip("/")).exists(), f"CODEOWNERS names {pattern}"
        assert owners


def test_release_tools_are_pinned():
    lines = (GITHUB / "release-requirements.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert {pin.partition("==")[0] for pin in pins} == {"build", "hatchling", "twine"}
    assert all("==" in pin for pin in pins)
