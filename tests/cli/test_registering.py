"""A model that was trained elsewhere becomes a version; a folder that is no training's remains, or other data, do not."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from pathlib import Path

import pytest
from small_project import make_project

from gates.cli import main
from gates.context import Context, ModelFile
from gates.execution.runner import run_gate
from gates.judging import Case
from gates.registry import Registry

WORK = """
import hashlib, shutil
from pathlib import Path
from types import SimpleNamespace


class Small:
    name = "small"

    def take(self, source, into):
        path = into / "batch.csv"
        shutil.copy(source or Path(__file__).parents[1] / "rows.csv", path)
        return SimpleNamespace(source=source, path=path, digest="sha256:" + hashlib.sha256(path.read_bytes()).hexdigest())


    def conditions(self, *, batch, previous, model):
        return {}


def open_work(config):
    return Small()
"""


def archive(members: dict[str, bytes], twice: str = "") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that is there already
        for name in (*members, *filter(None, [twice])):
            file.writestr(name, members[name])
    return content.getvalue()


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    make_project(folder)
    (folder / "trainedelsewhere").mkdir()
    (folder / "trainedelsewhere/__init__.py").touch()
    (folder / "trainedelsewhere/work.py").write_text(WORK, encoding="utf-8")
    config = folder / "pyproject.toml"
    config.write_text(config.read_text().replace("small.work", "trainedelsewhere.work"), encoding="utf-8")
    (folder / "rows.csv").write_text("id,a\n1,2\n", encoding="utf-8")
    trained = folder / "trained"
    trained.mkdir()
    for name, content in (("model.skops", b"a model"), ("golden.json", b"{}"), ("facts.json", b'{"recipe": "tree"}')):
        (trained / name).write_bytes(content)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    return folder


def register(project: Path, *more: str) -> int:
    return main(["register", "trained", "--home", "home", *more])


def test_the_same_bytes_are_one_version_with_their_data_and_golden_rows(project):
    assert register(project, "--json", "told.json") == 0
    assert register(project) == 0
    told = json.loads((project / "told.json").read_text())
    (version,) = Registry(project / "home").versions("small")
    assert told == {"schema": 1, "name": "small", "version": 1, "digest": str(version.digest)}
    assert version.facts["recipe"] == "tree"
    assert Registry(project / "home").champion("small") is None
    blobs = Registry(project / "home").blobs
    assert {blobs.path(type(version.digest).parse(version.facts[key])).read_bytes() for key in ("data", "golden")} == {
        b"id,a\n1,2\n",
        b"{}",
    }


@pytest.mark.parametrize("name", ["model.skops", "golden.json", "facts.json"])
def test_a_folder_with_a_file_missing_is_refused(project, name, capsys):
    (project / "trained" / name).unlink()
    assert register(project) == 3
    assert f"trained holds no {name}" in capsys.readouterr().err
    assert Registry(project / "home").versions("small") == ()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a model", "is not a sound model file: File is not a zip file"),
        (b"\x80\x04.", "is a pickle; reading one runs whatever it says"),
        (archive({"schema.json": b"{}"}), "holds 0 signatures, wanted 1"),
        (archive({"signature.json": b"{}"}) + b"hidden", "has bytes behind its end"),
        (archive({"signature.json": b"{}", "folder/": b""}), "holds 'folder/', which is no file of a model"),
        (archive({"signature.json": b"{}"}, twice="signature.json"), "holds signature.json more than once"),
    ],
    ids=["no archive", "pickle", "unsigned", "hidden bytes", "folder", "twice"],
)
def test_what_is_no_model_of_the_work_is_not_registered(content, sentence, project, capsys):
    config = project / "pyproject.toml"
    table = '[tool.ml]\nname = "small"\nid = "id"\ntarget = "a"\ntask = "classification"\ntrain = "m:fit"\n'
    config.write_text(
        table + config.read_text().replace("trainedelsewhere.work", "gates.work.backends.local"), encoding="utf-8"
    )
    (project / "trained/model.skops").write_bytes(content)
    assert register(project, "--data", "rows.csv") == 3
    assert sentence in capsys.readouterr().err
    assert Registry(project / "home").versions("small") == ()
    assert list((project / "home/blobs").rglob("*.*")) == []


def test_a_model_of_other_data_is_refused(project, capsys):
    (project / "trained/facts.json").write_text(json.dumps({"data": "sha256:" + "0" * 64}), encoding="utf-8")
    assert register(project) == 3
    assert "was trained with sha256:000" in capsys.readouterr().err


def test_facts_that_are_no_document_are_refused(project, capsys):
    (project / "trained/facts.json").write_text('{"a": 1, "a": 2}', encoding="utf-8")
    assert register(project) == 3
    assert "the key 'a' stands twice" in capsys.readouterr().err


def test_a_key_is_in_no_context_and_in_no_case_that_is_printed():
    case = Case(endpoint_url="https://e", endpoint_key="sesame")
    assert "sesame" not in repr(case)
    context = Context("endpoint", "c", endpoint_url="https://e", challenger=ModelFile("n", 1, "d", "p"))
    assert not any("key" in name for name in context.__dataclass_fields__)


def test_a_key_reaches_the_checks_and_no_file(tmp_path):
    project = make_project(tmp_path / "project")
    project.write(
        {
            "endpoint_checks/test_smoke.py": """
                import os
                import pytest

                pytestmark = pytest.mark.gate("endpoint")


                def test_it_answers():
                    assert os.environ["GATES_ENDPOINT_KEY"] == "sesame-in-the-environment"
                """
        }
    )
    context = Context("endpoint", str(project.root / "pyproject.toml"), endpoint_url="https://e")
    run = run_gate(project.policy, context, tmp_path / "run", key="sesame-in-the-environment")
    assert [check.outcome for check in run.checks] == ["passed"]
    assert not [path for path in (tmp_path / "run").rglob("*") if path.is_file() and b"sesame" in path.read_bytes()]


def test_a_model_of_another_tool_wants_work_that_reads_it(project, capsys):
    (project / "model.onnx").write_bytes(b"a graph")
    assert main(["register", "model.onnx", "--home", "home"]) == 3
    assert (
        "holds no model.skops and no golden.json and no facts.json, and this work reads no other models"
        in capsys.readouterr().err
    )
    assert Registry(project / "home").versions("small") == ()


def test_what_is_not_there_is_not_registered(project, capsys):
    assert main(["register", "gone.onnx", "--home", "home"]) == 3
    assert "gone.onnx does not exist" in capsys.readouterr().err


def test_a_model_that_knows_its_labels_is_given_none(project, capsys):
    assert register(project, "--labels", "a,b") == 3
    assert "the model in trained knows its labels" in capsys.readouterr().err
    assert Registry(project / "home").versions("small") == ()
