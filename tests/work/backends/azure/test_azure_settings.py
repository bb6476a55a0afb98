"""The configuration for Azure is read strictly, all faults at once; the environment may name the workspace; imports are light."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys

import pytest
from command_line import ROOT

from gates.errors import ConfigError
from gates.work.backends.azure.__main__ import build_parser, main
from gates.work.backends.azure.build import Build
from gates.work.backends.azure.environment import pins
from gates.work.backends.azure.redaction import redact
from gates.work.backends.azure.settings import Workspace, read_azure_settings

NAME = "azureml:00000000-0000-0000-0000-000000000001/lab/lab-workspace"
ML = '[tool.ml]\nname = "Papers_model"\nid = "a"\ntarget = "b"\ntask = "classification"\ntrain = "training:fit"\n'


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.delenv("GATES_AZURE_WORKSPACE", raising=False)

    def written(azure: str):
        path = tmp_path / "pyproject.toml"
        path.write_text(f"{ML}\n[tool.ml.azure]\n{azure}\n", encoding="utf-8")
        return path

    return written


def test_a_workspace_is_all_that_has_to_be_said(write):
    settings = read_azure_settings(write(f'workspace = "{NAME}"'))
    assert settings.workspace == Workspace("00000000-0000-0000-0000-000000000001", "lab", "lab-workspace")
    assert str(settings.workspace) == NAME
    assert (settings.endpoint, settings.data, settings.traffic, settings.mirror) == (
        "papers-model",
        "papers-model",
        (10,),
        10,
    )


def test_the_environment_names_the_workspace_over_the_file(write, monkeypatch):
    monkeypatch.setenv("GATES_AZURE_WORKSPACE", NAME.replace("lab-workspace", "production"))
    assert read_azure_settings(write(f'workspace = "{NAME}"')).workspace.name == "production"
    assert read_azure_settings(write("")).workspace.name == "production"
    monkeypatch.setenv("GATES_AZURE_WORKSPACE", "production")
    with pytest.raises(ConfigError, match="workspace in GATES_AZURE_WORKSPACE is 'production'"):
        read_azure_settings(write(""))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("", "[tool.ml.azure] workspace is missing, wanted azureml:SUBSCRIPTION/GROUP/WORKSPACE, here or in GATES_AZURE_WORKSPACE"),
        ('workspace = "azureml:1/lab/ws"', "workspace is 'azureml:1/lab/ws'"),
        (f'workspace = "{NAME}"\ntrafic = [10]', "trafic is not a key that exists (legal: alerts"),
        (f'workspace = "{NAME}"\ntraffic = []', "traffic is [], wanted rising percentages between 0 and 100, at least one"),
        (f'workspace = "{NAME}"\ntraffic = [100]', "traffic is [100]"),
        (f'workspace = "{NAME}"\ntraffic = [50, 10]', "traffic is [50, 10]"),
        (f'workspace = "{NAME}"\ntraffic = [0, 10]', "traffic is [0, 10]"),
        (f'workspace = "{NAME}"\ntraffic = 10', "traffic is 10"),
        (f'workspace = "{NAME}"\nmirror = 60', "mirror is 60, wanted 0 to 50"),
        (f'workspace = "{NAME}"\nauth = "none"', "auth is 'none', wanted 'key' or 'aad_token'"),
        (f'workspace = "{NAME}"\nendpoint = "a"', "endpoint is 'a', wanted an endpoint name: 3 to 32"),
        (f'workspace = "{NAME}"\ninstances = 0', "instances is 0"),
        (f'workspace = "{NAME}"\njob_timeout = 0', "job_timeout is 0"),
        (f'workspace = "{NAME}"\ncloud = {{ name = "x" }}', "[tool.ml.azure.cloud] resource_manager is missing"),
        (f'workspace = "{NAME}"\ncloud = {{ resource_manager = "http://x" }}', "wanted an https address: a token travels there"),
        (f'workspace = "{NAME}"\ncloud = {{ nmae = "x" }}', "[tool.ml.azure.cloud] nmae is not a key that exists"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_what_was_wanted(write, line, fault, capsys):
    config = write(line)
    with pytest.raises(ConfigError) as refused:
        read_azure_settings(config)
    assert any(fault in found for found in refused.value.faults), refused.value.faults
    assert main(["status", "--policy", str(config)]) == 2
    assert fault in capsys.readouterr().err


def test_all_faults_are_told_at_once(write):
    with pytest.raises(ConfigError) as refused:
        read_azure_settings(write('traffic = 1\nauth = "x"\nunknown = 1'))
    assert len(refused.value.faults) == 4


@pytest.mark.parametrize("arguments", [[], ["praise"], ["deploy", "--build", "1", "--champion"], ["data"], ["route"]])
def test_wrong_usage_ends_with_2(arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_importing_the_backend_costs_nothing():
    heavy = ("azure.ai", "azure.identity", "azure.storage", "pandas", "numpy", "sklearn", "requests")
    code = "import gates.work.backends.azure, gates.work.backends.azure.commands, sys\n"
    words = (
        "work",
        "errors",
        "processes",
        "reason",
        "missing",
        "toml_reader",
        "documents",
        "printing",
        "extras",
        "plain",
    )
    code += f"words = {tuple('gates.' + word for word in words)!r}\n"
    code += "engine = [m for m in sys.modules if m.startswith('gates.') and not m.startswith(words)]\n"
    code += f"print([m for m in {heavy!r} if m in sys.modules] + engine)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_build_is_what_the_pipeline_says(monkeypatch):
    for name in ("GATES_BUILD_ID", "BUILD_BUILDID", "GITHUB_RUN_ID"):
        monkeypatch.delenv(name, raising=False)
    assert Build.of_environment() == Build("local", "")
    for name, value in (
        ("GITHUB_RUN_ID", "9"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "a/b"),
    ):
        monkeypatch.setenv(name, value)
    assert Build.of_environment() == Build("9", "https://github.com/a/b/actions/runs/9")
    monkeypatch.setenv("BUILD_BUILDID", "8")
    monkeypatch.delenv("SYSTEM_COLLECTIONURI", raising=False)
    assert Build.of_environment() == Build("8", "")
    monkeypatch.setenv("GATES_BUILD_ID", "7")
    assert Build.of_environment().tags == {"BuildId": "7"}


def test_an_environment_is_exactly_what_the_constraints_pin(tmp_path):
    wanted = ("skops", "scikit-learn")
    constraints = tmp_path / "constraints.txt"
    free = dict(pin.split("==") for pin in pins(tmp_path, wanted))
    assert {"skops", "scikit-learn", "numpy", "joblib"} <= set(free)
    assert "pytest" not in free
    constraints.write_text("\n".join(f"{name}==9.9.9" for name in free), encoding="utf-8")
    assert set(pins(tmp_path, wanted)) == {f"{name}==9.9.9" for name in free}
    constraints.write_text("\n".join(f"{name}==9.9.9" for name in free if name != "joblib"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"constraints\.txt pins no version of joblib"):
        pins(tmp_path, wanted)


def test_the_library_that_reads_a_model_has_the_version_of_its_signature(tmp_path):
    free = dict(pin.split("==") for pin in pins(tmp_path, ("lightgbm",)))
    (tmp_path / "constraints.txt").write_text("\n".join(f"{name}==9.9.9" for name in free), encoding="utf-8")
    kept = {"lightgbm": "4.0.1", "own-library": "1.2"}  # the second one is not installed here
    made = dict(pin.split("==") for pin in pins(tmp_path, tuple(kept), kept))
    assert made == {**dict.fromkeys(free, "9.9.9"), **kept}


DIGEST = f"sha256:{'0123456789abcdef' * 4}"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"found {DIGEST}", f"found {DIGEST}"),
        ("workspace 00000000-0000-0000-0000-000000000001 in /subscriptions/0a0b/x", None),
        ("Bearer eyJhbGciOi.eyJhdWQ.c2ln was refused", "Bearer [hidden] was refused"),
        ("token eyJhbGciOi.eyJhdWQ.c2ln", "token [hidden]"),
        ("https://a.blob/c?sv=1&sp=rw&sig=ab%2Fcd%3D", "https://a.blob/c?sv=1&sp=[hidden]&sig=[hidden]"),
        ("AccountKey=abc123==;Endpoint=x", "AccountKey=[hidden];Endpoint=x"),
        ('{"primaryKey": "73c5c414e338", "x": 1}', '{"primaryKey": "[hidden]", "x": 1}'),
        ("the key 73c5c414e338489a9593cd5d9ef18ac2 is wrong", "the key [hidden] is wrong"),
        ("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==", "[hidden]"),
        ("client_secret=Zk8~Q.x", "client_secret=[hidden]"),
    ],
)
def test_what_looks_like_a_secret_is_not_repeated(said, kept):
    assert redact(said) == (said if kept is None else kept)


def test_a_long_answer_is_cut():
    assert len(redact("word " * 1000)) < 700


def test_the_page_names_every_command_with_its_options():
    page = (ROOT / "docs" / "azure.md").read_text(encoding="utf-8")
    written = dict(re.findall(r"^\| `(\w+)((?: [^`]*)?)` \|", page, re.MULTILINE))
    action = next(a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    own = {"--policy", "--home", "--debug", "--help"}
    parsed = {
        name: {option for option in sub._option_string_actions if option.startswith("--")} - own
        for name, sub in action.choices.items()
    }
    assert {name: set(re.findall(r"--[a-z-]+", rest)) for name, rest in written.items() if name in parsed} == parsed
