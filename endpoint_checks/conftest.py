"""What the endpoint checks share: the endpoint, good rows to ask it with, and one small load, measured once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import NoReturn, Protocol

import pytest

from endpoint_checks.client import Endpoint
from endpoint_checks.load import Load, LoadSize, measure_load, whole_setting
from endpoint_checks.parity import ask_golden
from endpoint_checks.prediction import Prediction
from endpoint_checks.rows import Golden, Rows

Leave = Callable[[str, str], NoReturn]


class Roles(Protocol):
    @property
    def task(self) -> str: ...


@pytest.fixture(scope="session")
def endpoint(endpoint_url: str, endpoint_key: str | None, endpoint_deployment: str) -> Iterator[Endpoint]:
    found = Endpoint(endpoint_url, endpoint_key, deployment=endpoint_deployment)
    yield found
    found.close()


@pytest.fixture(scope="session")
def rows(golden: Golden) -> Rows:
    """Rows that the model must take: the golden rows in every form."""
    return Rows.of(golden)


@pytest.fixture(scope="session")
def keyless(endpoint: Endpoint, endpoint_key: str | None, inapplicable: Leave) -> Endpoint:
    """The same endpoint for a caller who has no key."""
    return (
        endpoint.as_stranger() if endpoint_key is not None else inapplicable("no_key", "the endpoint asks for no key")
    )


@pytest.fixture(scope="session")
def impostor(endpoint: Endpoint, endpoint_key: str | None, inapplicable: Leave) -> Endpoint:
    """The same endpoint for a caller who has another key."""
    if endpoint_key is None:
        inapplicable("no_key", "the endpoint asks for no key")
    return endpoint.as_stranger("0" * len(endpoint_key))


@pytest.fixture(scope="session")
def label_answers(endpoint: Endpoint, golden: Golden, roles: Roles, inapplicable: Leave) -> dict[str, Prediction]:
    if roles.task == "regression":
        inapplicable("regression", "the model predicts numbers, not labels")
    return ask_golden(endpoint, golden, probabilities=False)


@pytest.fixture(scope="session")
def number_answers(endpoint: Endpoint, golden: Golden, roles: Roles, inapplicable: Leave) -> dict[str, Prediction]:
    if roles.task == "classification":
        inapplicable("classification", "the model predicts labels, not numbers")
    return ask_golden(endpoint, golden, probabilities=False)


@pytest.fixture(scope="session")
def probability_answers(endpoint: Endpoint, golden: Golden, inapplicable: Leave) -> dict[str, Prediction]:
    if golden.probabilities is None:
        inapplicable("no_probabilities", "the model has no probabilities")
    return ask_golden(endpoint, golden, probabilities=True)


@pytest.fixture
def too_many_rows(rows: Rows, settings: Mapping[str, object]) -> list[object]:
    """More rows than one request may have."""
    return list(rows.repeat(whole_setting(settings, "too_many_rows", least=2, most=1_000_000)))


@pytest.fixture(scope="session")
def measure(endpoint: Endpoint, golden: Golden) -> Callable[[LoadSize], Load]:
    """Puts a load on the endpoint, once for each size."""
    return cache(lambda size: measure_load(endpoint, golden, size))


@pytest.fixture
def load(settings: Mapping[str, object], measure: Callable[[LoadSize], Load]) -> Load:
    return measure(LoadSize.of(settings))
