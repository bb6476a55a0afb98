"""Every fault on purpose really is one: it changes the batch, the model or the answer, and leaves what it was made from alone."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.error
import urllib.request
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy
import pandas
import pytest

from gates.errors import GatesError
from gates.measures.endpoint.client import Endpoint
from gates.printing import printable_lines
from gates.work.data.reading import read
from gates.work.data.split import sides
from gates.work.errors import ArtifactError, DataError
from gates.work.model.archive import open_archive
from gates.work.mutants import bending, budgets, columns, endpoints, labels, models, open_mutants, rows, values, windows
from gates.work.mutants.local import BATCHES
from gates.work.mutants.models import Lesson
from gates.work.mutants.mutation import Inapplicable
from gates.work.mutants.tables import Subject
from gates.work.records import ColumnRoles

ROLES = ColumnRoles("id", "y", "classification")


def subject(task: str = "classification", count: int = 200, **changed: object) -> Subject:
    random = numpy.random.default_rng(0)
    labels = random.integers(0, 4, count)
    frame = pandas.DataFrame(
        {
            "id": [f"r{number}" for number in range(count)],
            "a": random.normal(5.0, 1.0, count),
            "b": random.normal(-5.0, 2.0, count),
            "kind": random.choice(["x", "z"], count),
            "y": labels if task == "classification" else random.normal(size=count),
        }
    ).assign(**changed)
    roles = ColumnRoles("id", "y", task)
    return Subject(frame, roles, ("a", "b", "kind"), 0.3, numpy.random.default_rng(1))


@pytest.mark.parametrize("mutant", BATCHES, ids=lambda mutant: mutant.mutation.name)
def test_a_batch_is_changed_and_the_clean_one_is_not(mutant):
    clean = subject()
    before = clean.frame.copy(deep=True)
    bent = mutant.bend(clean)
    pandas.testing.assert_frame_equal(clean.frame, before)
    assert not bent.equals(before)
    again = mutant.bend(subject())
    pandas.testing.assert_frame_equal(bent, again)


def test_every_mutation_has_a_name_of_its_own_a_gate_and_a_remedy():
    found = open_mutants(Path("pyproject.toml")).mutations
    assert len({mutation.name for mutation in found}) == len(found) >= 50
    assert {mutation.gate for mutation in found} == {"data", "model", "drift", "endpoint"}
    assert all(mutation.fault and mutation.remedy.startswith(("require", "raise")) for mutation in found)


def test_what_a_remedy_names_exists():
    root = Path(__file__).parents[3]
    written = "\n".join(path.read_text(encoding="utf-8") for path in root.glob("*_checks/test_*.py"))
    for mutation in open_mutants(root / "pyproject.toml").mutations:
        for word in mutation.remedy.replace("::", " ").replace(",", " ").split():
            if word.endswith(".py"):
                assert (root / word).exists() or list(root.glob(f"*_checks/{word.rpartition('/')[2]}")), word
            elif word.startswith("test_"):
                assert f"def {word}(" in written, word


@pytest.mark.parametrize(
    ("bend", "because"),
    [
        (labels.flip, "a regression has no labels"),
        (labels.lose, "a regression has no labels"),
        (values.scale, "fewer than two features hold numbers of more than ten values"),
        (columns.swap, "fewer than two features hold numbers of more than ten values"),
        (windows.shift, "fewer than two features hold numbers of more than ten values"),
    ],
)
def test_a_fault_that_the_data_cannot_have_says_why(bend, because):
    with pytest.raises(Inapplicable, match=because):
        bend(subject("regression", a="text", b="text"))


def test_too_few_rows_cannot_break_off():
    with pytest.raises(Inapplicable, match="fewer than 20 rows"):
        rows.truncate(subject(count=10))


def test_leaked_rows_come_from_the_holdout_and_go_to_the_training_side():
    clean = subject()
    bent = rows.leak(clean)
    added = bent.iloc[len(clean.frame) :]
    held = clean.frame[sides(clean.frame["id"], 0.3)]
    assert len(added) == 10
    assert not any(sides(added["id"], 0.3))
    assert set(added["a"]) <= set(held["a"])
    assert not set(added["id"]) & set(clean.frame["id"])


def test_duplicates_stay_on_their_side():
    clean = subject()
    added = rows.duplicate(clean).iloc[len(clean.frame) :]
    training = clean.frame[~numpy.array(sides(clean.frame["id"], 0.3))]
    assert not any(sides(added["id"], 0.3))
    assert set(added["a"]) <= set(training["a"])


def lesson(task: str = "classification") -> Lesson:
    from sklearn.tree import DecisionTreeClassifier

    random = numpy.random.default_rng(0)
    X = pandas.DataFrame(random.normal(size=(400, 4)), columns=list("abcd"))
    y = pandas.Series((X["a"] > 0).astype(int) + 2 * (X["b"] > 0).astype(int))
    return Lesson(
        task, X[:300], y[:300], X[300:], y[300:],
        lambda X, y: DecisionTreeClassifier(max_depth=4, random_state=0).fit(X, y), numpy.random.default_rng(1),
    )  # fmt: skip


@pytest.mark.parametrize("mutant", models.MUTANTS, ids=lambda mutant: mutant.mutation.name)
def test_a_model_answers_unlike_an_honest_one_or_is_unlike_it(mutant):
    taught = lesson()
    honest, bent = taught.fit(taught.X, taught.y), mutant.learn(taught)
    assert not numpy.array_equal(bent.predict(taught.X_held), honest.predict(taught.X_held)) or not numpy.array_equal(
        bent.tree_.threshold, honest.tree_.threshold
    )
    pandas.testing.assert_frame_equal(taught.X, lesson().X)
    pandas.testing.assert_series_equal(taught.y, lesson().y)


def test_a_cheat_knows_the_holdout_and_a_boast_is_always_certain():
    taught = lesson()
    shares = models.boast(taught).predict_proba(taught.X_held)
    assert set(shares.max(axis=1)) == {1.0}
    with pytest.raises(Inapplicable, match="a regression states no confidence"):
        models.boast(lesson("regression"))


class Good(BaseHTTPRequestHandler):
    """Answers like the local endpoint."""

    def do_GET(self):
        self._say(200, b"Healthy")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            rows = len(json.loads(body)["data"])
        except (ValueError, KeyError, TypeError):
            self._say(400, b'{"message": "no"}')
            return
        answer = {
            "result": list(range(1, rows + 1)), "probabilities": [[0.75, 0.25]] * (rows - 1) + [[0.5, 0.5]],
            "model": {"name": "m", "version": 3, "digest": "sha256:1"},
        }  # fmt: skip
        self._say(200, json.dumps(answer).encode())

    def _say(self, status, body):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("x-ms-run-fn-exec-ms", "1.5")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words): ...


@pytest.fixture(scope="module")
def good():
    server = HTTPServer(("127.0.0.1", 0), Good)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *words):
        return None


def ask(url: str, body: bytes) -> tuple[int, bytes, str | None]:
    request = urllib.request.Request(f"{url}/score", body, {"content-type": "application/json"})
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=10) as answer:
            return answer.status, answer.read(), answer.headers["x-ms-run-fn-exec-ms"]
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers["x-ms-run-fn-exec-ms"]


@pytest.mark.parametrize(
    "mutant",
    [mutant for mutant in endpoints.MUTANTS if mutant.bend and not mutant.one_at_a_time],
    ids=lambda mutant: mutant.mutation.name,
)
def test_an_endpoint_bends_the_good_ones_answers(mutant, good):
    rows = json.dumps({"data": [[1], [2], [3]]}).encode()
    asked = [rows, rows, b"not json"] * 14
    bent = open_mutants(Path("pyproject.toml")).serve(mutant.mutation.name, good)
    try:
        assert [ask(bent.url, body) for body in asked] != [ask(good, body) for body in asked]
    finally:
        bent.stop()


def test_a_dead_endpoint_answers_nobody_and_can_be_stopped(good):
    bent = open_mutants(Path("pyproject.toml")).serve("endpoint-dead", good)
    with pytest.raises(urllib.error.URLError, match="refused"):
        ask(bent.url, b"{}")
    bent.stop()


def test_an_endpoint_of_one_at_a_time_gives_good_answers_and_waits_for_who_sends_half_a_request(good, monkeypatch):
    monkeypatch.setattr(bending._PatientHandler, "timeout", 0.5)
    bent, rows = open_mutants(Path("pyproject.toml")).serve("endpoint-one-at-a-time", good), b'{"data": [[1], [2]]}'
    try:
        assert ask(bent.url, rows) == ask(good, rows)
        with Endpoint(bent.url).half_a_request():
            began = time.monotonic()
            assert ask(bent.url, rows) == ask(good, rows)
            assert time.monotonic() - began > 0.4, "it waited until the slow client's time was over"
    finally:
        bent.stop()


def test_a_small_file_of_an_endless_table_is_refused_by_its_footer(tmp_path):
    budgets.write_endless(subject(), tmp_path / "batch.csv")
    assert (tmp_path / "batch.csv").stat().st_size < 2_000_000
    with pytest.raises(DataError, match=r"rows of 602 columns, .* values; at most 500,000,000 are read"):
        read(tmp_path / "batch.csv", ROLES)


def test_an_archive_that_claims_more_is_refused_and_is_sound_but_for_its_claim(tmp_path):
    taught, file = lesson(), tmp_path / "model.skops"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("schema.json", "{}")
        archive.writestr("signature.json", "{}")
    sound = file.read_bytes()
    file.write_bytes(budgets.claim_more(sound))
    assert sum(one != other for one, other in zip(sound, file.read_bytes(), strict=True)) <= 4
    with (
        file.open("rb") as opened,
        pytest.raises(ArtifactError, match=r"of 4,294,967,280 bytes; at most 67,108,864 are read"),
    ):
        open_archive(opened, "model.skops")
    honest = budgets.fit_as_usual(taught).predict(taught.X_held)
    assert numpy.array_equal(honest, taught.fit(taught.X, taught.y).predict(taught.X_held))


def test_a_name_that_commands_an_agent_is_in_the_file_and_in_no_line_that_is_printed():
    name = next(name for name in columns.command(subject()).columns if "selftest" in name)
    assert "##vso[" in name
    assert "\n::" in name
    assert not re.search(r"##(vso)?\[|^\s*::", printable_lines(name), re.MULTILINE)


def test_making_mutants_says_what_went_wrong(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.ml]\nname = "m"\nid = "id"\ntarget = "y"\ntask = "classification"\ntrain = "ml.training:fit"\n'
    )
    (tmp_path / "batch.csv").write_text("id,x\na,1\n")
    with pytest.raises(GatesError, match="has no column 'y'"):
        open_mutants(tmp_path / "pyproject.toml").make(
            ["one-class"], tmp_path / "batch.csv", "sha256:0", tmp_path / "made"
        )


def test_mutants_that_cannot_be_made_are_told_and_the_others_made(tmp_path):
    settings = '[tool.ml]\nname = "m"\nid = "id"\ntarget = "y"\ntask = "regression"\ntrain = "ml.training:fit"\n'
    settings += 'params = { estimator = "decision_tree" }\n'
    (tmp_path / "pyproject.toml").write_text(settings)
    subject("regression").frame.to_csv(tmp_path / "batch.csv", index=False)
    names = ["labels-flipped", "column-dropped", "model-constant", "model-boastful"]
    told = open_mutants(tmp_path / "pyproject.toml").make(names, tmp_path / "batch.csv", "sha256:0", tmp_path / "made")
    assert told == {
        "labels-flipped": "a regression has no labels", "model-boastful": "a regression states no confidence",
    }  # fmt: skip
    made = {path.relative_to(tmp_path / "made").as_posix() for path in (tmp_path / "made").rglob("*.*")}
    assert {"clean/batch.csv", "past/batch.csv", "column-dropped/batch.csv", "model-constant/model.skops"} <= made
    assert "labels-flipped/batch.csv" not in made
