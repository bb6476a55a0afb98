"""A load is put on an endpoint while a slow client holds a connection: a service that waits for it answers nobody else."""

from __future__ import annotations

import pytest

from gates.measures.endpoint.client import Endpoint
from gates.measures.endpoint.load import LoadSize, measure_load

SIZE = LoadSize(sequential=3, parallel=4, callers=2)


def test_a_slow_client_is_there_while_several_callers_ask(service, golden):
    load = measure_load(Endpoint(service.url), golden, SIZE)
    assert (load.n, load.errors) == (7, ())
    whole = [asked for asked in service.asked if asked.body != b'{"']
    assert len(whole) == 5 + 7


def test_a_service_that_looks_after_one_connection_at_a_time_errs(single, golden):
    load = measure_load(Endpoint(single.url, timeout=0.5), golden, SIZE)
    assert set(load.errors) == {"POST /score was not answered within 0.5 s"}
    assert len(load.errors) == SIZE.parallel


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://127.0.0.1:9"])
def test_a_connection_that_cannot_be_opened_hides_nothing(url):
    with Endpoint(url, timeout=1).half_a_request():
        pass


def test_half_a_request_carries_key_and_deployment_and_is_closed(service):
    with Endpoint(service.url, "sesame", deployment="green").half_a_request():
        assert service.asked == []  # it is not whole yet
    while not service.asked:
        pass
    (asked,) = service.asked
    assert asked.headers["authorization"] == "Bearer sesame"
    assert (asked.headers["azureml-model-deployment"], asked.body, asked.path) == ("green", b'{"', "/score")
