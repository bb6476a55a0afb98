"""Every endpoint check passes on a sound service, and is seen to fail on one that misbehaves in just that way."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest


def test_a_sound_service_passes_every_check(service, run_checks):
    result = run_checks(service.url, apart=True)
    outcomes = result.parseoutcomes()
    assert outcomes["passed"] >= 55
    assert outcomes["skipped"] == 3
    assert set(outcomes) == {"passed", "skipped"}
    result.stdout.fnmatch_lines(["*errors under load = 0 (required <= 0, n = 70)*"])


def test_a_service_of_records_with_texts_passes_every_check_it_can(service, toys, run_checks, golden):
    """Where not every value is a number, rows go as records alone."""

    def mixed(asked):
        content = asked.body.replace(b'"red"', b"1.0").replace(b'"blue"', b"0.0")
        return toys.sound(replace(asked, body=content))

    service.respond = mixed
    rows = [{**row, "d": "red" if row["d"] else "blue"} for row in golden.rows]
    texts = {**vars(golden), "rows": rows, "matrix": None}
    result = run_checks(service.url, "smoke", "identity", "parity", "malformed", case={"golden": texts})
    assert result.parseoutcomes()["passed"] >= 48
    assert "failed" not in result.parseoutcomes()


def test_a_regression_is_held_by_its_numbers(service, toys, run_checks, golden):
    service.respond = toys.altered(
        lambda answer: {**answer, "result": [1.5, 2.5, 3.5, 4.5, 5.5 + 2e-5][: len(answer["result"])]}
    )
    numbers = {**vars(golden), "predictions": [1.5, 2.5, 3.5, 4.5, 5.5], "probabilities": None}
    result = run_checks(service.url, "parity", case={"task": "regression", "golden": numbers})
    result.assert_outcomes(failed=1, skipped=2)
    found = "*largest difference of a golden number = 3.636e-06 (required <= 1e-06, n = 10)*furthest: row 4 as lists*"
    result.stdout.fnmatch_lines([found])


def redirected(toys, asked):
    return toys.Reply(307, b"", {"Location": "https://elsewhere.example/score?key=secret"})


def html(toys, asked):
    return toys.Reply(200, b"<html>Sign in</html>", {"Content-Type": "text/html"})


def unhealthy(toys, asked):
    return toys.reply(503, {"message": "starting"}) if asked.method == "GET" else toys.sound(asked)


def error_in_200(toys, asked):
    return toys.altered(lambda answer: {"error": "the model is not loaded", "result": answer["result"]})(asked)


def wrong_count(toys, asked):
    return toys.altered(lambda answer: {**answer, "result": answer["result"][:1]})(asked)


def moody(toys, asked):
    return toys.altered(lambda answer: {**answer, "result": [str(at) for at in range(len(answer["result"]))]})(asked)


def dropped(toys, asked):
    return toys.Reply(0)


def other_digest(toys, asked):
    return toys.altered(lambda answer: {**answer, "model": {**answer["model"], "digest": f"sha256:{'b' * 64}"}})(asked)


def other_version(toys, asked):
    return toys.altered(lambda answer: {**answer, "model": {**answer["model"], "version": 2}})(asked)


def nameless(toys, asked):
    return toys.altered(lambda answer: {"result": answer["result"]})(asked)


def two_models(toys, asked):
    return (other_digest if asked.count % 2 else lambda toys, asked: toys.sound(asked))(toys, asked)


def other_labels(toys, asked):
    return toys.altered(lambda answer: {**answer, "result": ["low" for _ in answer["result"]]})(asked)


def other_probabilities(toys, asked):
    return toys.altered(lambda answer: {**answer, "probabilities": [[0.4, 0.6] for _ in answer["result"]]})(asked)


def without_probabilities(toys, asked):
    return toys.altered(lambda answer: {"result": answer["result"], "model": answer["model"]})(asked)


def crashing(toys, asked):
    found = toys.sound(asked)
    return found if found.status == 200 else toys.reply(500, {"message": "Traceback (most recent call last) ..."})


def gullible(toys, asked):
    found = toys.sound(asked)
    return found if found.status == 200 else toys.reply(200, {"result": ["low"]})


def talkative(toys, asked):
    found = toys.sound(asked)
    return found if found.status == 200 else toys.reply(400, {"message": "Traceback (most recent call last) ..."})


def mute(toys, asked):
    found = toys.sound(asked)
    return found if found.status == 200 else toys.Reply(400)


def slow(toys, asked):
    found = toys.sound(asked)
    return replace(found, headers={**found.headers, "x-ms-run-fn-exec-ms": "21.500"})


def untimed(toys, asked):
    found = toys.sound(asked)
    return replace(found, headers={"Content-Type": "application/json"})


def flaky(toys, asked):
    return toys.reply(500, {"message": "out of memory"}) if asked.count == 20 else toys.sound(asked)


@pytest.mark.parametrize(
    ("respond", "module", "failed", "sentence"),
    [
        (redirected, "access", 1, "*POST /score was redirected (307) to 'https://elsewhere.example/score'; redirects are refused*"),
        (unhealthy, "smoke", 1, "*GET / was answered with 503: *starting*; wanted 200*"),
        (html, "smoke", 2, "*POST /score was answered with 200, but the body is not JSON *<html>Sign in</html>*"),
        (error_in_200, "smoke", 2, '*but the body holds an "error": *the model is not loaded*'),
        (wrong_count, "smoke", 2, "*but the body has 1 results for 2 rows: *"),
        (moody, "smoke", 1, "*one row, sent twice, got ('0', '1')*"),
        (dropped, "smoke", 3, "*POST /score got no answer from http://127.0.0.1:*: Remote end closed connection*"),
        (other_digest, "identity", 2, "*it serves sha256:bbb*, and sha256:aaa* was judged*"),
        (other_version, "identity", 1, "*it calls its model 'toy' version 2; 'toy' version 3 was judged*"),
        (nameless, "identity", 3, "*the answer does not name its model: *"),
        (two_models, "identity", 2, "*2 models answered: *"),
        (other_labels, "parity", 1, "*another label = 6 (required <= 0, n = 10): *row 0 as lists: 'low' instead of 'high'*"),
        (other_probabilities, "parity", 1, "*largest difference of a golden probability = *(required <= 1e-06, n = 10)*"),
        (without_probabilities, "parity", 1, "*the request wanted probabilities, and the answer has none*"),
        (crashing, "malformed", 45, "*NaN in a row: POST /score was answered with 500: *; wanted 400 with a sentence*"),
        (gullible, "malformed", 44, "*an empty body: POST /score was answered with 200: *; wanted 400 with a sentence*"),
        (talkative, "malformed", 45, "*no rows: POST /score was answered with 400: *Traceback*; wanted 400 with a sentence*"),
        (mute, "malformed", 45, "*51 rows: POST /score was answered with 400: an empty body; wanted 400 or 413 with a sentence*"),
        (slow, "latency", 1, "*p50 scoring time = 21.5 ms (required <= 20, n = 70): observed 21.50 ms; at 95 %*"),
        (untimed, "latency", 1, "*70 of 70 answers do not say how long scoring took (x-ms-run-fn-exec-ms)*"),
        (flaky, "latency", 2, "*errors under load = 1 (required <= 0, n = 70): *1 times: POST /score was answered with 500*"),
        (dropped, "latency", 5, "*no request of the load got a sound answer: *got no answer from*"),
        (other_labels, "latency", 2, "*times: a golden row was answered with 'low', the trainer predicted 'high'*"),
    ],
)  # fmt: skip
def test_a_misbehaving_service_is_caught(respond, module, failed, sentence, service, toys, run_checks, wait_for_a_core):
    wait_for_a_core(0.0)
    service.respond = lambda asked: respond(toys, asked)
    result = run_checks(service.url, module)
    assert result.parseoutcomes().get("failed", 0) == failed
    result.stdout.fnmatch_lines([sentence])


def test_a_caller_who_waits_long_is_told(service, toys, run_checks, policy, wait_for_a_core):
    wait_for_a_core(0.0)

    def late(asked):
        time.sleep(0.06)
        return toys.sound(asked)

    service.respond = late
    changed = policy.replace('"p50" = "<= 500"', '"p50" = "<= 50"')
    result = run_checks(service.url, "latency", changed=changed.replace("sequential = 40", "sequential = 29"))
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["*p50 response time = * ms (required <= 50, n = *): observed *"])


def test_p99_of_seventy_requests_is_inconclusive(service, run_checks, policy):
    result = run_checks(service.url, "latency", changed=policy.replace("percentiles = [50]", "percentiles = [99]"))
    assert result.parseoutcomes()["failed"] == 3
    result.stdout.fnmatch_lines(
        [
            "*requests needed for p99 = 0.2341 (required >= 1, n = 70)*too few rows to tell, it needs n >= 299*",
            "*p99 scoring time = inf*not a finite number*unknown below 299 requests*",
        ]
    )


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("sequential = 40\n", "", "*settings* sequential is missing, wanted a whole number from 1 to 10,000*"),
        ("callers = 3", "callers = true", "*settings* callers is True, wanted a whole number from 1 to 16*"),
        (
            "percentiles = [50]",
            'percentiles = ["x"]',
            "*settings* percentiles holds 'x', wanted numbers between 0 and 100*",
        ),
        (
            "percentiles = [50]",
            "percentiles = [100]",
            "*settings* percentiles holds 100, wanted numbers between 0 and 100*",
        ),
    ],
)
def test_a_setting_that_cannot_be_is_named(before, after, sentence, service, run_checks, policy):
    result = run_checks(service.url, "latency", changed=policy.replace(before, after))
    assert result.ret == 1
    result.stdout.fnmatch_lines([sentence])


def keyed(toys, asked):
    given = asked.headers.get("authorization")
    return (
        toys.sound(asked)
        if given == "Bearer sesame" or asked.method == "GET"
        else toys.reply(401, {"message": "who are you"})
    )


def keyed_by_anything(toys, asked):
    return toys.sound(asked) if "authorization" in asked.headers else toys.reply(401, {"message": "who are you"})


@pytest.mark.parametrize(
    ("respond", "passed", "sentence"),
    [
        (keyed, 3, "*3 passed*"),
        (keyed_by_anything, 2, "*with a wrong key, POST /score was answered with 200: *; wanted 401 or 403*"),
        (lambda toys, asked: toys.sound(asked), 1, "*without a key, POST /score was answered with 200: *; wanted 401*"),
    ],
)
def test_who_has_no_key_gets_no_answer(respond, passed, sentence, service, toys, run_checks):
    service.respond = lambda asked: respond(toys, asked)
    result = run_checks(service.url, "access", case={"key": "sesame"})
    assert result.parseoutcomes()["passed"] == passed
    result.stdout.fnmatch_lines([sentence])
    assert "sesame" not in result.stdout.str()


def test_a_managed_endpoint_passes_every_check(service, toys, run_checks):
    """It wants a key, wraps refusals into 424, and answers 429 now and then."""

    def managed(asked):
        if asked.count % 40 == 0:
            return toys.Reply(429, b"busy", {"Retry-After": "0"})
        found = keyed(toys, asked)
        if found.status in (200, 401):
            return found
        return replace(found, status=424, headers={"ms-azureml-model-error-statuscode": str(found.status)})

    service.respond = managed
    result = run_checks(service.url, case={"key": "sesame"})
    assert set(result.parseoutcomes()) == {"passed", "skipped"}
    assert result.parseoutcomes()["skipped"] == 1


def test_a_service_that_stays_broken_after_a_malformed_request_is_caught(service, toys, run_checks):
    broken = []

    def fragile(asked):
        found = toys.sound(asked)
        if broken or found.status == 400:
            broken.append(asked)
        return toys.reply(500, {"message": "gone"}) if broken and found.status == 200 else found

    service.respond = fragile
    result = run_checks(service.url, "malformed")
    assert result.parseoutcomes() == {"failed": result.parseoutcomes()["failed"]}
    result.stdout.fnmatch_lines(["*POST /score was answered with 500: *gone*; wanted 200 with a prediction*"])


def test_the_load_is_put_on_the_service_once(service, run_checks):
    run_checks(service.url, "latency")
    assert len([asked for asked in service.asked if asked.body != b'{"']) == 5 + 40 + 30


def test_a_deployment_behind_a_shared_address_is_asked_for_by_name(service, toys, run_checks):
    result = run_checks(service.url, "smoke", "access", case={"deployment": "green"})
    assert result.parseoutcomes()["passed"] >= 3
    assert {asked.headers.get("azureml-model-deployment") for asked in service.asked} == {"green"}
