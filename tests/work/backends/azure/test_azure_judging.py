"""What the engine and the compute say is read with suspicion: a missing account, a missing verdict or other bytes are no yes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import ROOT

from gates.work.backends.azure import register_step
from gates.work.backends.azure.build import Build
from gates.work.backends.azure.commands import _failure
from gates.work.backends.azure.delivery import _Bench, find_champion, give_all
from gates.work.backends.azure.deployed_code import ScoringLimits
from gates.work.backends.azure.endpoint import WorkspaceEndpoint
from gates.work.backends.azure.errors import AwaitsApproval, AzureError, RolloutFailed, RolloutRefused
from gates.work.backends.azure.evaluate_step import read_metrics
from gates.work.backends.azure.evaluation import Evaluation
from gates.work.backends.azure.home import copy_ledger
from gates.work.backends.azure.jobs import Ended
from gates.work.backends.azure.judging import Gates
from gates.work.errors import ArtifactError
from gates.work.records import Identity

DIGEST = f"sha256:{'a' * 64}"
VERDICTS = {"data": "sha256:1", "model": "sha256:2", "drift": "sha256:3"}
PASSED = Evaluation(DIGEST, 1, dict.fromkeys(VERDICTS, 0), [], VERDICTS, {"accuracy": "0.9"})


@pytest.fixture
def gates(tmp_path, monkeypatch):
    """The engine's command line, answering as told; ``asked`` holds what was asked."""

    def make(code=0, account=None, said=""):
        asked = []

        def run(self, arguments, env, *, quiet=False):
            asked.append((list(arguments), dict(env)))
            if "--json" in arguments and account is not None and arguments[-1] != "--json":
                Path(arguments[-1]).write_text(account if isinstance(account, str) else json.dumps(account))
            return code, said

        monkeypatch.setattr(Gates, "_run", run)
        found = Gates(tmp_path / "pyproject.toml", tmp_path / "home")
        return found, asked

    return make


def test_a_yes_needs_a_code_and_an_account(gates):
    found, _ = gates(0, {"schema": 1, "ending": "passed"})
    assert found.ask("check", "data")["ending"] == "passed"
    for account in (None, "{", '{"a": 1, "a": 2}', "[]"):
        found, _ = gates(0, account)
        with pytest.raises(RolloutFailed, match="gates check data left no account"):
            found.ask("check", "data")


@pytest.mark.parametrize(
    ("code", "kind", "sentence"),
    [
        (1, RolloutRefused, "gates check data refused: too few rows; and late"),
        (2, RolloutFailed, r"could not judge \(exit code 2\)"),
        (3, RolloutFailed, r"could not judge \(exit code 3\)"),
        (4, AwaitsApproval, "gates check data: too few rows"),
        (-9, RolloutFailed, r"could not judge \(exit code -9\)"),
        (130, RolloutFailed, r"could not judge \(exit code 130\)"),
    ],
)
def test_every_other_code_is_a_no(gates, code, kind, sentence):
    coded = [{"code": "too_few_rows", "text": "too few rows"}, {"code": "late", "text": "and late"}]
    for reasons in (coded, ["too few rows", "and late"]):  # schema 2, and 1
        found, _ = gates(code, {"reasons": reasons})
        with pytest.raises(kind, match=sentence):
            found.ask("check", "data")


def test_the_metrics_of_the_registry_are_those_of_the_floors():
    evidence = [{"id": "macro_f1", "name": "macro F1", "text": "0.61"}]
    checks = [
        {"id": "gates:model/test_floors.py::test_challenger_clears_the_floor[macro_f1]", "evidence": evidence},
        {"id": "gates:model/test_floors.py::test_another", "evidence": [{"id": "x", "name": "x", "text": "1"}]},
    ]
    assert read_metrics({"gates": [{"checks": checks}]}) == {"macro_f1": "0.61"}


def test_without_an_account_the_last_words_are_told(gates):
    found, _ = gates(3, None, "gates: no such file\n       name one that exists\n")
    with pytest.raises(RolloutFailed, match="gates: no such file name one that exists"):
        found.ask("check", "data")


def test_the_key_goes_through_the_environment_and_not_through_the_command(gates):
    found, asked = gates(0, {"schema": 1})

    class Here:
        def url(self):
            return "https://here/score"

        def key(self):
            return "sesame"

    _Bench(found, Here(), Identity("m", 2, DIGEST), False).gate("green")
    ((arguments, env),) = asked
    assert env == {"GATES_ENDPOINT_KEY": "sesame"}
    assert "sesame" not in arguments
    assert arguments[:8] == [
        "check",
        "endpoint",
        "--model",
        "m@2",
        "--endpoint",
        "https://here/score",
        "--deployment",
        "green",
    ]


def test_a_promotion_that_was_interrupted_is_what_the_ledger_says(gates, monkeypatch):
    found, _ = gates(130, None)
    champion = {"digest": DIGEST}
    monkeypatch.setattr(Gates, "status", lambda self: {"champion": champion})
    _Bench(found, None, Identity("m", 2, DIGEST), False).promote()
    champion["digest"] = "sha256:other"
    with pytest.raises(RolloutFailed):
        _Bench(found, None, Identity("m", 2, DIGEST), False).promote()
    _Bench(found, None, Identity("m", 2, DIGEST), True).promote()  # champion already: nothing is asked


def test_an_evaluation_passes_only_with_every_gate_and_every_verdict(tmp_path):
    assert PASSED.passed
    PASSED.write(tmp_path)
    assert Evaluation.read(tmp_path) == PASSED
    assert not Evaluation(DIGEST, 1, {}, [], VERDICTS, {}).passed
    assert not Evaluation(DIGEST, 1, dict.fromkeys(VERDICTS, 0), [], {}, {}).passed
    refused = Evaluation(DIGEST, 1, {"data": 0, "model": 1, "drift": 0}, ["no"], VERDICTS, {})
    broken = Evaluation(DIGEST, 1, {"data": 0, "model": 1, "drift": 3}, ["no"], VERDICTS, {})
    assert (PASSED.exit_code, refused.exit_code, broken.exit_code) == (0, 1, 3)
    assert Evaluation(DIGEST, 1, {"data": 0}, [], VERDICTS, {}).exit_code == 3


@pytest.mark.parametrize("change", ["schema", "passed", "absent", "torn", "more"])
def test_an_evaluation_that_was_edited_or_damaged_is_refused(tmp_path, change):
    Evaluation(DIGEST, 1, {"data": 1}, ["no"], {}, {}).write(tmp_path)
    path = tmp_path / "evaluation.json"
    content = json.loads(path.read_text())
    if change == "absent":
        path.unlink()
    else:
        content |= {"schema": {"schema": 9}, "passed": {"passed": True}, "more": {"flag": 1}}.get(change, {})
        path.write_text(json.dumps(content)[: 20 if change == "torn" else None])
    with pytest.raises(ArtifactError, match=r"evaluation\.json cannot be read"):
        Evaluation.read(tmp_path)


def test_nothing_is_registered_that_did_not_pass_or_is_another_model(cloud, connection, tmp_path):
    folder = tmp_path / "trained"
    folder.mkdir()
    (folder / "model.skops").write_bytes(b"a model")
    refused = Evaluation(DIGEST, 1, {"data": 0, "model": 1, "drift": 0}, ["no"], VERDICTS, {})
    with pytest.raises(RolloutRefused, match=r"the gates did not pass: .*; nothing is registered"):
        register_step.register(connection, "m", folder, refused, Build("1", ""), "azureml:papers:1")
    with pytest.raises(ArtifactError, match="passed the gates; nothing is registered"):
        register_step.register(connection, "m", folder, PASSED, Build("1", ""), "azureml:papers:1")
    assert not [call for call in cloud.arm.calls if call.asked.method == "PUT"]


def test_a_job_that_failed_is_told_by_what_it_left(tmp_path):
    ended = Ended("gates-1", "Failed", {"train": "Completed", "evaluate": "Failed"}, tmp_path)
    assert "in step evaluate; nothing is registered" in _failure(ended).message
    (tmp_path / "trained").mkdir()
    (tmp_path / "trained/failure.json").write_text('{"message": "no memory"}')
    assert "in step evaluate: no memory; nothing is registered" in _failure(ended).message
    (tmp_path / "evidence").mkdir()
    Evaluation(DIGEST, 1, {"data": 0, "model": 1, "drift": 0}, ["worse"], VERDICTS, {}).write(tmp_path / "evidence")
    found = _failure(ended)
    assert (type(found), found.exit_code) == (RolloutRefused, 1)
    assert "refused; nothing is registered: worse" in found.message
    Evaluation(DIGEST, 1, {"data": 0}, ["crashed"], VERDICTS, {}).write(tmp_path / "evidence")
    assert (type(_failure(ended)), _failure(ended).exit_code) == (AzureError, 3)


def test_the_ledger_is_copied_as_it_is_and_keys_stay_at_home(tmp_path):
    from gates.registry import Registry

    policy = ROOT / "pyproject.toml"
    assert copy_ledger(Gates(policy, tmp_path / "none", quiet=True), tmp_path / "nothing") is None
    registry = Registry(tmp_path / "home")
    (tmp_path / "blob").write_bytes(b"content")
    digest = registry.blobs.put(tmp_path / "blob")
    registry.register("m", digest, {"data": str(digest)})
    (tmp_path / "home" / "keys").mkdir()
    (tmp_path / "home" / "keys" / "gate.pem").write_text("secret")
    copy = copy_ledger(Gates(policy, tmp_path / "home", quiet=True), tmp_path / "copy")
    assert sorted(path.name for path in copy.iterdir()) == ["blobs", "registry.db"]
    assert [version.digest for version in Registry(copy).versions("m")] == [digest]


def test_only_the_champions_deployment_may_be_given_everything(cloud, connection, gates, monkeypatch, tmp_path):
    from gates.work.backends.azure import models

    folder = tmp_path / "trained"
    folder.mkdir()
    (folder / "model.skops").write_bytes(b"a model")
    model = models.register(connection, folder, "Papers_model", {"gates": "passed"})
    cloud.deployments.pretends = True
    endpoint = WorkspaceEndpoint(connection)
    endpoint.ensure()
    for name in ("blue", "green"):
        endpoint.create(
            name, model, Identity("Papers_model", 1, model.digest if name == "blue" else DIGEST), ScoringLimits(10)
        )
    endpoint.route({"blue": 60, "green": 40}, {})
    found, _ = gates()
    monkeypatch.setattr(Gates, "status", lambda self: {"champion": {"digest": model.digest}})
    assert find_champion(connection, found, "Papers_model").digest == model.digest
    with pytest.raises(RolloutFailed, match=r"green serves sha256:aaa.*, but the champion is sha256:"):
        give_all(connection, found, "green")
    with pytest.raises(RolloutFailed, match="has no deployment red"):
        give_all(connection, found, "red")
    give_all(connection, found, "blue")
    assert {name: share for name, share in endpoint.traffic().items() if share} == {"blue": 100}
    monkeypatch.setattr(Gates, "status", lambda self: {"champion": None})
    with pytest.raises(RolloutFailed, match="but the champion is nobody"):
        give_all(connection, found, "blue")
    with pytest.raises(ArtifactError, match="Papers_model has no champion"):
        find_champion(connection, found, "Papers_model")
