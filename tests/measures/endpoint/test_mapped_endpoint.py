"""An endpoint that Gates did not build is asked in its own form, and its answers are read as strictly as our own."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from foreign_servers import SERVERS, serve, train

from gates.measures.endpoint import mapped
from gates.measures.endpoint.answer import Answer
from gates.measures.endpoint.client import Endpoint
from gates.measures.endpoint.contract import OWN, is_prediction
from gates.measures.endpoint.faults import EndpointFault
from gates.measures.endpoint.load import Load, LoadSize, Shot
from gates.measures.endpoint.malformed import MALFORMED
from gates.measures.endpoint.mapped import make_contract
from gates.measures.endpoint.parity import ask_golden
from gates.policy import endpoint_map
from gates.policy.endpoint_map import EndpointMap

TEMPLATE = '{"instances": "$records", "version": 2}'
RESPONSES = {TEMPLATE: "answers.0.labels"}


@pytest.fixture(scope="module")
def numbers():
    return train(texts=False)


@pytest.fixture(scope="module")
def words():
    return train(texts=True)


@pytest.fixture
def check_mapped(run_checks, service, policy, toys):
    """Run checks on a service of a form, with the map in the policy."""

    def run(form, model, *of, change=lambda answer: answer, case=None):
        golden, predict = model
        service.respond = serve(form, predict, toys, change)
        response = f'response = "{RESPONSES[form]}"\n' if form in RESPONSES else ""
        changed = policy.replace('suite = ["checks"]\n', f"suite = [\"checks\"]\nrequest = '{form}'\n{response}", 1)
        changed = changed.replace('"<= 20"', '"<= 9999"')  # how fast this machine is does not count here
        about = {"conditions": {"mapped_endpoint": True}, "golden": vars(golden), **(case or {})}
        return run_checks(f"{service.url}/predict", *of, changed=changed, case=about)

    return run


@pytest.mark.parametrize("form", SERVERS)
def test_a_sound_service_of_each_form_passes_every_check_that_applies(form, numbers, check_mapped, service):
    result = check_mapped(form, numbers)
    outcomes = result.parseoutcomes()
    assert set(outcomes) == {"passed", "skipped"}, result.stdout.str()
    assert outcomes["passed"] >= 38
    paths = {asked.path for asked in service.asked if asked.method == "POST"}
    assert paths == {"/predict"}


@pytest.mark.parametrize("form", ["mlflow", "kserve-v2", TEMPLATE])
def test_a_model_of_words_is_asked_in_each_form_that_can_say_them(form, words, check_mapped, monkeypatch):
    if form == "kserve-v2":  # a matrix cannot hold words, so each column is a tensor of its own
        monkeypatch.setitem(SERVERS, form, SERVERS["kserve-v2-columns"])
    result = check_mapped(form, words, "smoke", "parity", "malformed")
    assert set(result.parseoutcomes()) == {"passed", "skipped"}, result.stdout.str()


def test_a_label_that_the_model_does_not_know_is_found_by_parity_and_under_load(numbers, check_mapped):
    result = check_mapped(
        "mlflow",
        numbers,
        "parity",
        "latency",
        change=lambda answer: {"predictions": ["HIGH" for _ in answer["predictions"]]},
    )
    assert result.parseoutcomes()["failed"] == 6
    result.stdout.fnmatch_lines(["*row 0 as mlflow: 'HIGH' instead of *", "*a golden row was answered with 'HIGH'*"])


def test_golden_rows_with_one_prediction_prove_nothing_of_a_mapped_endpoint(numbers, service, toys):
    golden = numbers[0]
    constant = SimpleNamespace(**{**vars(golden), "predictions": ["low"] * len(golden.rows)})
    service.respond = lambda asked: toys.Reply(200, json.dumps(["low"] * len(golden.rows)).encode())
    with pytest.raises(EndpointFault, match=re.escape("for every golden row (6)")):
        ask_golden(
            Endpoint(service.url, contract=make_contract(EndpointMap("rows"), constant)), constant, probabilities=False
        )


@pytest.mark.parametrize(
    ("status", "body"), [(500, b'{"error": "crash"}'), (200, b'["high"]'), (200, b'{"error": "no model"}')]
)
def test_a_service_that_crashes_on_malformed_requests_or_answers_them_is_caught(status, body, numbers, service, toys):
    golden, predict = numbers
    sound = serve("rows", predict, toys)

    def careless(asked):
        answer = sound(asked)
        return toys.Reply(status, body) if answer.status == 400 else answer

    contract = make_contract(EndpointMap("rows"), golden)
    service.respond = careless
    endpoint, rows = Endpoint(service.url, contract=contract), contract.rows_of(golden)
    asked = {malformed: malformed.body(rows, contract) for malformed in MALFORMED}
    asked = {malformed: body for malformed, body in asked.items() if body is not None}
    caught = {
        malformed
        for malformed, body in asked.items()
        if not malformed.is_met(endpoint.send(body, malformed.content_type), contract)
    }
    wanted = {malformed for malformed in asked if not malformed.open and not (malformed.attack and status == 500)}
    assert wanted <= caught
    assert "no rows" in {malformed.name for malformed in caught}  # one prediction for no row is none
    assert not any("sent" in malformed.name for malformed in caught)  # these got sound predictions


def answered(content: object, status: int = 200) -> Answer:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Answer("POST /predict", status, {}, body, 0.1)


BAD = {
    "too few": (["high"], "has 1 results for 2 rows"),
    "too many": (["high"] * 3, "has 3 results for 2 rows"),
    "NaN": (b"[1.0, NaN]", "is not JSON (NaN is not a number)"),
    "infinity": (b"[1.0, 1e999]", "has the result inf, wanted texts or finite numbers"),
    "null": (["high", None], "has the result None, wanted texts or finite numbers"),
    "a row of two": ([["high"], ["low"]], "has the result ['high'], wanted texts or finite numbers"),
    "HTML": (b"<html>Sign in</html>", "is not JSON ("),
    "empty": (b"", "is not JSON ("),
    "an error": ({"error": "no model"}, 'holds an "error"'),
    "an error of MLflow": ({"error_code": "BAD_REQUEST", "message": "x"}, 'holds an "error_code"'),
    "another document": ({"result": ["high", "low"]}, "is no list"),
    "a text": ("high", "is no list"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("form", ["rows", "azure", "mlflow"])
def test_an_answer_that_is_none_is_refused(name, form, numbers):
    content, sentence = BAD[name]
    contract = make_contract(EndpointMap(form), numbers[0])
    if form == "mlflow" and isinstance(content, list):
        content = {"predictions": content}
    sentence = "has no list under 'predictions'" if form == "mlflow" and sentence == "is no list" else sentence
    if form == "mlflow" and name in ("infinity",):
        content = b'{"predictions": [1.0, 1e999]}'
    with pytest.raises(EndpointFault) as fault:
        contract.read(answered(content), 2)
    assert sentence in str(fault.value)


def output(shape, data, name="predict"):
    return {"name": name, "shape": shape, "datatype": "BYTES", "data": data}


BAD_TENSORS = {
    "no outputs": ({"predictions": ["a", "b"]}, 'has no list "outputs" of tensors'),
    "no list": ([output([2], ["a", "b"])], "is not a JSON object"),
    "an error": ({"error": "no model", "outputs": []}, 'holds an "error"'),
    "two outputs": (
        {"outputs": [output([2], ["a", "b"]), output([2], ["a", "b"], "other")]},
        "has the outputs 'predict', 'other'",
    ),
    "no output": ({"outputs": []}, "has the outputs none"),
    "too few rows": ({"outputs": [output([1], ["a"])]}, "has an output of shape [1] for 2 rows, wanted [2] or [2, 1]"),
    "two columns": ({"outputs": [output([2, 2], ["a", "b", "c", "d"])]}, "has an output of shape [2, 2]"),
    "no shape": ({"outputs": [{"data": ["a", "b"]}]}, "has an output of shape None"),
    "too few data": ({"outputs": [output([2], ["a"])]}, "has 1 results for 2 rows"),
    "no data": ({"outputs": [output([2], None)]}, "has an output without a list of data"),
    "null": ({"outputs": [output([2], ["a", None])]}, "has the result None"),
}


@pytest.mark.parametrize("name", BAD_TENSORS)
def test_tensors_that_are_no_prediction_are_refused(name, numbers):
    content, sentence = BAD_TENSORS[name]
    with pytest.raises(EndpointFault) as fault:
        make_contract(EndpointMap("kserve-v2"), numbers[0]).read(answered(content), 2)
    assert sentence in str(fault.value)


def test_one_of_several_outputs_is_chosen_by_its_name(numbers):
    content = {"outputs": [output([2, 1], ["a", "b"]), output([2], ["c", "d"], "labels")]}
    contract = make_contract(EndpointMap("kserve-v2", "labels"), numbers[0])
    assert contract.read(answered(content), 2).result == ("c", "d")


@pytest.mark.parametrize("status", [201, 302, 400, 424, 500])
@pytest.mark.parametrize("form", ["rows", "kserve-v2"])
def test_a_status_that_is_not_200_is_no_prediction(status, form, numbers):
    assert not is_prediction(answered(["high"], status), 1, make_contract(EndpointMap(form), numbers[0]))


def test_whole_numbers_stay_whole_and_columns_keep_their_names(numbers):
    golden = numbers[0]
    for form, rows in (("mlflow", "dataframe_split"), ("azure", "input_data")):
        contract = make_contract(EndpointMap(form), golden)
        content = json.loads(contract.write(contract.rows_of(golden).good[:2]))[rows]
        assert content["columns"] == ["a", "größe"]
        assert [type(value) for value in content["data"][0]] == [float, int]
        assert content.get("index", [0, 1]) == [0, 1]


def test_tensors_have_shape_and_datatype(words, numbers):
    contract = make_contract(EndpointMap("kserve-v2"), words[0])
    inputs = json.loads(contract.write(contract.rows_of(words[0]).good[:3]))["inputs"]
    assert [(one["name"], one["shape"], one["datatype"]) for one in inputs] == [
        ("a", [3, 1], "FP64"), ("größe", [3, 1], "INT64"), ("=colour", [3, 1], "BYTES"),
    ]  # fmt: skip
    contract = make_contract(EndpointMap("kserve-v2"), numbers[0])
    (matrix,) = json.loads(contract.write(contract.rows_of(numbers[0]).good[:3]))["inputs"]
    assert (matrix["shape"], matrix["datatype"], len(matrix["data"])) == ([3, 2], "FP64", 6)


@pytest.mark.parametrize("form", SERVERS)
def test_each_malformed_request_that_a_form_can_say_differs_from_a_good_one(form, numbers):
    contract = make_contract(EndpointMap(form), numbers[0])
    rows = contract.rows_of(numbers[0])
    good = contract.write(rows.good[:1])
    bodies = {malformed: malformed.body(rows, contract) for malformed in MALFORMED}
    said = {malformed: body for malformed, body in bodies.items() if body is not None}
    assert len(said) >= 28
    assert all(body != good or malformed.content_type != "application/json" for malformed, body in said.items())


def test_a_foreign_endpoint_is_called_at_its_whole_address(numbers):
    contract = make_contract(EndpointMap("kserve-v2"), numbers[0])
    with pytest.raises(EndpointFault, match=r"has no path; wanted the whole address.*/v2/models/NAME/infer"):
        Endpoint("http://127.0.0.1:9", contract=contract)
    assert Endpoint("http://127.0.0.1:9/v2/models/x/infer", contract=contract).url == "http://127.0.0.1:9"


def test_each_form_has_its_usual_paths(service, toys, numbers):
    service.respond = lambda asked: toys.Reply(200, b"[]")
    for form, health, path in (("mlflow", "/ping", "/invocations"), ("rows", "/", "/score"), ("azure", "/", "/score")):
        client = Endpoint(service.url, contract=make_contract(EndpointMap(form), numbers[0])).twin()
        client.health(), client.send(b"")
        assert [asked.path for asked in service.asked[-2:]] == [health, path]
    client = Endpoint(f"{service.url}/x", contract=make_contract(EndpointMap("kserve-v2", health="/up"), numbers[0]))
    assert client.health().request == "GET /up"


def test_where_the_answers_name_no_time_the_callers_time_counts():
    shots = tuple(Shot("", wall_ms=80.0) for _ in range(70))
    assert Load(LoadSize(70, 1, 1), shots, mapped=True).run_ms(50).measured.observed == 80.0
    with pytest.raises(EndpointFault):
        Load(LoadSize(70, 1, 1), shots).run_ms(50)
    with pytest.raises(EndpointFault):  # some name it: what of the others?
        Load(LoadSize(70, 1, 1), (*shots, Shot("", 80.0, 7.0)), mapped=True).run_ms(50)


def test_without_a_map_the_contract_is_that_of_gates(numbers):
    assert make_contract(None, numbers[0]) is OWN


def test_the_forms_of_the_policy_are_those_that_can_be_asked():
    assert set(endpoint_map.FORMS) == {*mapped.FORMS, *mapped.KSERVE}
    with pytest.raises(EndpointFault, match="which is no form"):
        make_contract(SimpleNamespace(request="tensors", response="", health=""), SimpleNamespace(rows=[{"a": 1}]))
