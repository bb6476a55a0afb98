"""Every reader of foreign bytes takes them or refuses them in its own words: no other error, whatever the bytes are."""

from __future__ import annotations

import hashlib
import io
import json
import os
import threading
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pandas
import pyarrow
import pytest
from command_line import ROOT
from fuzz.mutation import damaged
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet as parquet_files
from record_lines import GOOD
from sklearn.tree import DecisionTreeClassifier
from small_project import PYPROJECT, make_project

from gates.attest.envelope import open_envelope, sign
from gates.attest.keys import PrivateKey, make_key_file
from gates.context import SCHEMA, Context
from gates.digest import Digest
from gates.documents import read_json
from gates.errors import GatesError
from gates.execution.run_record import Facts
from gates.measures.data.suite_file import SuiteFileError, read_suite
from gates.measures.endpoint.answer import Answer
from gates.measures.endpoint.faults import EndpointFault
from gates.measures.endpoint.prediction import read_prediction
from gates.measures.model.behaviour_file import UnusableBehaviour, read_behaviours
from gates.policy.reader import read_policy
from gates.work.config.settings import read_settings
from gates.work.data.reading import read
from gates.work.errors import DataError
from gates.work.model.artifact import load, read_signature, save
from gates.work.records import ColumnRoles, Feature, ModelSignature

bounded = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
TYPE = "application/vnd.in-toto+json"
ROLES = ColumnRoles("id", "y", "classification")
CONTEXT = json.dumps({"schema": SCHEMA, **asdict(Context(gate="model", config="x"))}).encode()
CSV = "id,a,tëxt,y\n" + "".join(f'r{at},{at}.5,"t, {at}",{at % 2}\n' for at in range(30))
JSON = (("content-type", "application/json"),)
RECORD = b"".join(json.dumps(line).encode() + b"\n" for line in GOOD)
ANSWER = json.dumps({
    "result": ["x", "y"], "probabilities": [[0.5, 0.5], [0.1, 0.9]], "classes": ["x", "y"],
    "model": {"name": "m", "version": 1, "digest": "sha256:" + "a" * 64},
}).encode()  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def signer(place: Path) -> PrivateKey:
    make_key_file(place / "key.pem")
    return PrivateKey.from_file(place / "key.pem")


def parquet() -> bytes:
    content = io.BytesIO()
    pandas.read_csv(io.StringIO(CSV)).to_parquet(content)
    return content.getvalue()


def model(place: Path) -> bytes:
    estimator = DecisionTreeClassifier(max_depth=2, random_state=0).fit([[0.0], [1.0], [2.0]], ["x", "y", "x"])
    features = (Feature("a", "number", (), False),)
    signature = ModelSignature(
        model="m", task="classification", id="id", target="y", features=features, classes=("x", "y"), probabilities=True,
        train="m:fit", params={}, seed=0, holdout_share=0.3, training_rows=3, data="sha256:" + "a" * 64, versions={},
    )  # fmt: skip
    save(estimator, signature, place / "sound.skops")
    return (place / "sound.skops").read_bytes()


def in_file(place: Path, name: str, reader: Callable[[Path], object]) -> Callable[[bytes], object]:
    def look(content: bytes) -> object:
        path = place / name
        path.write_bytes(content)
        return reader(path)

    return look


def read_record(content: bytes) -> object:
    reading, writing = os.pipe()
    facts, ended = Facts(lambda fact: None), threading.Event()
    reader = threading.Thread(target=facts.read, args=(reading, ended), daemon=True)
    reader.start()
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(content)
    ended.set()
    reader.join(30)
    assert not reader.is_alive()
    os.close(reading)
    return facts.run("model", Digest.of_bytes(b""), 0, 0.1, "")


def load_model(path: Path) -> object:
    return load(path, f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}")


BEHAVIOURS = (ROOT / "model_checks/behaviours.toml").read_bytes()
EXPECTATIONS = (ROOT / "data_checks/expectations/covid19articles.json").read_bytes()
READERS = (
    "record",
    "json",
    "csv",
    "parquet",
    "signature",
    "model",
    "policy",
    "settings",
    "envelope",
    "answer",
    "behaviours",
    "expectations",
    "context",
)


def reader_of(name: str, place: Path, signer: PrivateKey) -> tuple[bytes, Callable[[bytes], object]]:
    """Return sound bytes, and what reads them."""
    if name in ("signature", "model"):
        return model(place), in_file(place, f"{name}.skops", read_signature if name == "signature" else load_model)
    envelope, keys = sign(TYPE, b'{"a": 1}', signer), {signer.public.id: signer.public}
    settings_text = (
        '[tool.ml]\nname = "m"\nid = "id"\ntarget = "y"\ntask = "classification"\ntrain = "m:fit"\nparams = { a = 1 }\n'
    )
    return {
        "record": (RECORD, read_record),
        "json": (ANSWER, read_json),
        "csv": (CSV.encode(), in_file(place, "data.csv", lambda path: read(path, ROLES))),
        "parquet": (parquet(), in_file(place, "data.parquet", lambda path: read(path, ROLES))),
        "policy": (PYPROJECT.encode(), in_file(make_project(place).root, "pyproject.toml", read_policy)),
        "settings": (settings_text.encode(), in_file(place, "settings.toml", read_settings)),
        "envelope": (envelope, lambda content: open_envelope(content, TYPE, keys, "it")),
        "behaviours": (BEHAVIOURS, in_file(place, "behaviours.toml", read_behaviours)),
        "expectations": (EXPECTATIONS, in_file(place, "suite.json", read_suite)),
        "context": (CONTEXT, in_file(place, "context.json", Context.read)),
        "answer": (ANSWER, lambda content: read_prediction(Answer("POST /score", 200, dict(JSON), content, 0.1), 2)),
    }[name]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_damaged_bytes_are_read_or_refused(name, place, signer):
    sound, reader = reader_of(name, place, signer)

    @bounded
    @given(damaged(sound))
    def look(content: bytes) -> None:
        try:
            reader(content)
        except (GatesError, EndpointFault, UnusableBehaviour, SuiteFileError) as refusal:
            sentences.append(str(refusal))
        except ValueError:
            if name != "json":  # whose callers say what the bytes were to be
                raise

    sentences: list[str] = []
    look()
    assert bool(sentences) == (name not in ("record", "json"))  # one gives reasons, of the other the callers do
    assert max(map(len, sentences), default=0) < 6_000


@pytest.mark.parametrize(
    "name", ["record", "json", "csv", "parquet", "signature", "model", "policy", "settings", "envelope", "answer"]
)
def test_the_sound_bytes_are_read(name, place, signer):
    """What is damaged above has to be sound, or nothing beyond the first look would be reached."""
    sound, reader = reader_of(name, place, signer)
    reader(sound)


def test_a_number_of_thousands_of_digits_is_refused_by_every_reader_of_text(place, signer):
    """Python converts at most 4,300 digits, and says so by an error of another kind than its parsers'."""
    for name, content in {
        "settings": b"[tool.ml]\nseed = " + b"9" * 5000,
        "policy": b"[tool.gates]\nmax_age = " + b"9" * 5000,
        "behaviours": b"schema = " + b"9" * 5000,
        "expectations": b'{"schema": ' + b"9" * 5000 + b"}",
        "context": b'{"schema": ' + b"9" * 5000 + b"}",
    }.items():
        _, reader = reader_of(name, place, signer)
        with pytest.raises((GatesError, UnusableBehaviour, SuiteFileError), match="4300 digits"):
            reader(content)


def test_what_other_programs_noted_in_a_parquet_file_is_not_read(place):
    table = pyarrow.table({"id": ["a", "b"], "y": [0, 1]}).replace_schema_metadata({"pandas": '{"index_columns"'})
    parquet_files.write_table(table, place / "noted.parquet")
    assert list(read(place / "noted.parquet", ROLES).columns) == ["id", "y"]


def test_texts_of_a_parquet_file_that_are_not_utf_8_are_refused(place):
    wrong = pyarrow.Array.from_buffers(
        pyarrow.string(), 2, [None, pyarrow.py_buffer(b"\0\0\0\0\1\0\0\0\2\0\0\0"), pyarrow.py_buffer(b"\xff\xfe")]
    )
    parquet_files.write_table(pyarrow.table({"id": wrong, "y": [0, 1]}), place / "wrong.parquet")
    with pytest.raises(DataError, match="Invalid UTF8"):
        read(place / "wrong.parquet", ROLES)


def test_a_member_that_cannot_be_unpacked_is_refused(place, signer):
    sound, reader = reader_of("signature", place, signer)
    with zipfile.ZipFile(io.BytesIO(sound)) as archive:
        at = archive.getinfo("signature.json").header_offset + 30 + len("signature.json")
    with pytest.raises(GatesError, match="is not a sound model file"):
        reader(sound[:at] + bytes([255 - byte for byte in sound[at : at + 60]]) + sound[at + 60 :])


@bounded
@given(st.binary(max_size=200))
def test_any_bytes_are_no_model(place, content):
    path = place / "any.skops"
    path.write_bytes(content)
    with pytest.raises(GatesError, match=r"is not a sound model file|is a pickle"):
        load_model(path)
