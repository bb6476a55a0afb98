"""Documents that are stored are read back exactly, or not at all."""

import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gates import documents
from gates.context import Context, ModelFile
from gates.errors import SubjectError

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), values, max_size=5))
def test_what_is_dumped_is_loaded_again(content):
    assert documents.load(documents.dump(content), "it") == content


@given(st.dictionaries(st.text(), values, max_size=5))
def test_the_bytes_do_not_depend_on_the_order_of_keys(content):
    backwards = dict(reversed(list(content.items())))
    assert documents.dump(content) == documents.dump(backwards)


def test_a_lone_surrogate_survives():
    assert documents.load(documents.dump({"name": "\ud800"}), "it") == {"name": "\ud800"}


BAD = {
    "nothing": (b"", "it cannot be read"),
    "cut off": (b'{"a": 1', "it cannot be read"),
    "a key twice": (b'{"a": 1, "a": 2}', "the key 'a' stands twice"),
    "a key twice, deep inside": (b'{"a": [{"b": 1, "b": 1}]}', "the key 'b' stands twice"),
    "NaN": (b'{"a": NaN}', "it holds NaN"),
    "-Infinity": (b'{"a": -Infinity}', "it holds -Infinity"),
    "a number that overflows": (b'{"a": 1e999}', "it holds 1e999, which is too large"),
    "a list": (b"[]", "it is not an object"),
    "a text": (b'"verdict"', "it is not an object"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "it cannot be read"),
    "a byte order mark": (b'\xef\xbb\xbf{"a": 1}', "it cannot be read"),
    "bytes that are no text": (b'{"a": "\xff"}', "it cannot be read"),
    "a bomb of brackets": (b'{"a":' + b"[" * 200_000, "it cannot be read"),
    "a number without end": (b'{"a": ' + b"9" * 5000 + b"}", "it cannot be read"),
    "too large": (b" " * (documents.LARGEST + 1), "it is larger than 8 MiB"),
}


@pytest.mark.parametrize(("document", "sentence"), BAD.values(), ids=list(BAD))
def test_a_bad_document_is_refused(document, sentence):
    with pytest.raises(SubjectError) as refused:
        documents.load(document, "it")
    assert sentence in refused.value.message
    assert refused.value.remedy


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_not_finite_is_never_written(number):
    with pytest.raises(ValueError, match="not JSON compliant"):
        documents.dump({"a": number})


def test_a_context_is_read_as_it_was_written(tmp_path):
    model = ModelFile("m", 3, "sha256:" + "0" * 64, "/models/m", "/data", "/golden")
    context = Context("model", "/pyproject.toml", "/batch", challenger=model, conditions={"no_champion": True})
    context.write(tmp_path / "context.json")
    assert Context.read(tmp_path / "context.json") == context


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 2}', '{"schema": 1, "challenger": 3}', "null"])
def test_a_damaged_context_is_refused(text, tmp_path):
    (tmp_path / "context.json").write_text(text)
    with pytest.raises(SubjectError, match=r"the gate's context context\.json cannot be read"):
        Context.read(tmp_path / "context.json")


def test_an_absent_context_is_refused(tmp_path):
    with pytest.raises(SubjectError, match="cannot be read"):
        Context.read(tmp_path / "nothing.json")


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_no_bytes_on_the_record_crash_its_reader_or_finish_a_run(lines):
    from gates.digest import Digest
    from gates.execution.run_record import Facts

    facts = Facts(lambda fact: None)
    reading, writing = os.pipe()
    os.write(writing, b"\n".join(lines) + b"\n")
    os.close(writing)
    facts.read(reading, threading.Event())
    os.close(reading)
    run = facts.run("model", Digest.of_bytes(b""), 0, 0.1, "")
    assert not run.finished
    assert run.disturbances
