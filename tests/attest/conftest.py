"""Keys and verdicts to bend in one place at a time."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from promotion.small_home import SmallHome, make_small_home

from gates.attest import Binding, Keyring, Verdict, bind
from gates.attest.decision import Decided
from gates.attest.keys import make_key_file
from gates.digest import Digest
from gates.evidence import Evidence
from gates.judgement.judge import CheckResult, Judgement
from gates.run import Outcome

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BINDING = Binding(
    "m", *(Digest.of_bytes(part) for part in (b"model", b"data", b"policy", b"suite", b"env")), 3, Digest.of_bytes(b"old")
)  # fmt: skip


@pytest.fixture
def keyring(tmp_path) -> Keyring:
    return Keyring(tmp_path / "keys")


@pytest.fixture
def key_file(tmp_path) -> Path:
    path = tmp_path / "key.pem"
    make_key_file(path)
    return path


@pytest.fixture
def home(tmp_path) -> SmallHome:
    """One promotion old."""
    home = make_small_home(tmp_path / "project")
    home.crowned("A")
    return home


@pytest.fixture
def verdict() -> Verdict:
    evidence = (Evidence("accuracy", "0.9", 200),)
    checks = (
        CheckResult("model_checks/test_floors.py::test_clears", Outcome.PASSED, True, "holds", evidence),
        CheckResult("model_checks/test_champion.py::test_no_worse", Outcome.NOT_APPLICABLE, True, "nothing serves yet"),
    )
    return bind(Judgement("model", checks, (), True), BINDING, at=NOW, run="r")


@pytest.fixture
def first_verdict(verdict) -> Verdict:
    """One that was made before anything served."""
    return replace(verdict, binding=replace(BINDING, champion=None, champion_epoch=0))


@pytest.fixture
def decided() -> Decided:
    gates = {gate: Digest.of_bytes(gate.encode()) for gate in ("data", "model")}
    return Decided("m", 2, BINDING.model, 4, BINDING.champion, BINDING.policy, gates, NOW, "r")
