"""The local work is what the engine expects, says what is true about a case, and costs nothing to import."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from gates.errors import ConfigError
from gates.work.backends.local import open_work, servers, steps
from gates.work.backends.local.servers import Server
from gates.work.errors import DataError, EndpointError
from gates.work.processes import began

HEAVY = (
    "pandas",
    "numpy",
    "sklearn",
    "skops",
    "pyarrow",
    "scipy",
    "pydantic",
    "gates.session",
    "gates.measures",
    "great_expectations",
    "flask",
)


@pytest.mark.parametrize(
    "module",
    [
        "gates.work.config.settings",
        "gates.work.records",
        "gates.work.backends.local",
        "gates.work.data.reading",
        "gates.work.errors",
        "gates.work.data.split",
        "gates.work.data.features",
        "gates.work.model.artifact",
        "gates.work.data.new_rows",
        "gates.work.model.golden",
        "ml.sample",
    ],
)
def test_importing_costs_nothing(module):
    code = f"import sys, {module}; print(sorted(set(sys.modules) & set({HEAVY!r})))"
    assert (
        subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )


@pytest.fixture
def work(tmp_path, write_project, plants):
    (tmp_path / "d.csv").write_text(plants, encoding="utf-8")
    return open_work(write_project(tmp_path, data='"d.csv"'))


def test_data_are_taken_from_the_configuration_or_from_the_caller(work, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("plant,n,kind\na,1,x\n")
    assert work.take(None, tmp_path / "into").size > 1000
    assert work.take(str(other), tmp_path / "into").size == 19
    assert work.name == "plants"


def test_no_data_at_all_is_a_fault_of_the_configuration(tmp_path, write_project):
    with pytest.raises(ConfigError, match="no data were named"):
        open_work(write_project(tmp_path)).take(None, tmp_path / "into")


def conditions(work, tmp_path, batch="", previous="", model=None):
    paths = []
    for number, text in enumerate((batch, previous)):
        path = tmp_path / f"{number}.csv"
        path.write_text(text)
        paths.append(path if text else None)
    return work.conditions(batch=paths[0], previous=paths[1], model=model)


def test_conditions_are_found_from_the_configuration_and_the_model(work, tmp_path, mixed):
    found = conditions(work, tmp_path, model=mixed.model)
    assert {name for name, holds in found.items() if holds} == {
        "no_time_column",
        "no_current_window",
        "no_slices",
        "classification",
        "no_key",
    }
    assert set(found) >= {"no_new_rows", "no_probabilities", "regression"}


def test_declared_roles_make_conditions_false(tmp_path, write_project):
    config = write_project(
        tmp_path, task='"regression"', target='"n"', time='"seen"', slices='["soil"]', current='"c.csv"'
    )
    found = conditions(open_work(config), tmp_path)
    assert {name for name, holds in found.items() if holds} == {"regression", "no_key"}


def test_without_a_key_no_column_holds_ids(tmp_path, write_project):
    assert conditions(open_work(write_project(tmp_path, id="")), tmp_path)["no_id_column"]
    assert not conditions(open_work(write_project(tmp_path)), tmp_path)["no_id_column"]


def test_a_model_without_probabilities_says_so(work, tmp_path, make, plants):
    made = make(plants, target='"height"', task='"regression"', params='{ estimator = "ridge" }')
    assert conditions(work, tmp_path, model=made.model)["no_probabilities"]


@pytest.mark.parametrize(
    ("batch", "previous", "expected"),
    [
        ("a,b", "a,b", True),
        ("a", "a,b", True),
        ("a,c", "a,b", False),
        ("1.0", "1", True),
        ("a", "", False),
        ("", "a", False),
        ("a,", "a", False),
    ],
)
def test_new_rows_are_found_by_their_ids(work, tmp_path, batch, previous, expected):
    texts = [
        "plant,n,kind\n" + "".join(f"{name},1,x\n" for name in names.split(",")) if names else ""
        for names in (batch, previous)
    ]
    assert conditions(work, tmp_path, *texts)["no_new_rows"] is expected


def test_unreadable_data_have_no_conditions(work, tmp_path):
    with pytest.raises(DataError, match="line 3"):
        conditions(work, tmp_path, "plant,n,kind\na,1,x\nb,1\n", "plant,n,kind\na,1,x\n")


def test_the_ids_are_read_in_a_child(work, tmp_path, monkeypatch):
    from gates.work.data import table

    monkeypatch.setattr(
        table, "read_table", lambda *arguments, **options: pytest.fail("a table was read in this process")
    )
    assert conditions(work, tmp_path, "plant,n,kind\na,1,x\n", "plant,n,kind\na,1,x\n")["no_new_rows"]


def test_a_child_that_dies_over_the_ids_is_said_to_have(work, tmp_path, monkeypatch):
    monkeypatch.setattr(steps, "start_step", lambda *arguments: subprocess.Popen(["false"], start_new_session=True))
    with pytest.raises(DataError, match="could not be compared: the child ended with exit code 1"):
        conditions(work, tmp_path, "plant,n,kind\nq,1,x\n", "plant,n,kind\nq,1,x\n")


def test_a_name_that_is_already_served_is_not_deployed_again(work, tmp_path, mixed):
    servers.folder_of(tmp_path).mkdir()
    pid, when = os.getpid(), began(os.getpid())
    servers.record(
        tmp_path, "champion", Server(pid, when, pid, when, "http://127.0.0.1:9", str(tmp_path / "servers" / "x-1"))
    )
    with pytest.raises(EndpointError, match=r"champion is already served at http://127.0.0.1:9"):
        work.deploy(tmp_path, "champion", mixed.model, mixed.identity)
    assert work.sweep(tmp_path) == ()
