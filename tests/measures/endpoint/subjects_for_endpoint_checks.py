"""The conftest.py of a throw-away project: what the endpoint checks are told about, read from ``case.json`` beside it."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

CASE = json.loads(Path(__file__).with_name("case.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def gate_context():
    return SimpleNamespace(conditions=CASE["conditions"]) if "conditions" in CASE else None


@pytest.fixture(scope="session")
def golden():
    return SimpleNamespace(**CASE["golden"])


@pytest.fixture(scope="session")
def subject():
    return SimpleNamespace(**CASE["subject"])


@pytest.fixture(scope="session")
def roles():
    return SimpleNamespace(task=CASE["task"])


@pytest.fixture(scope="session")
def endpoint_url():
    return CASE["url"]


@pytest.fixture(scope="session")
def endpoint_key():
    return CASE["key"]


@pytest.fixture(scope="session")
def endpoint_deployment():
    return CASE.get("deployment", "")
