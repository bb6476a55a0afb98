"""Mutants of a model file on its way to the model gate: other bytes, no bytes, a link, another model's file, an old one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from gates.context import ModelFile
from gates.digest import Digest
from gates.selftest.bench import Bench
from gates.selftest.detection import Detection
from gates.selftest.mutant import Mutant

_REMEDY = "let the fixture `challenger` compare the digest before it reads the model, as the project's conftest.py does"


def _judge(bench: Bench, damage: Callable[[Bench, ModelFile], ModelFile]) -> tuple[Detection, ...]:
    """Judge a damaged file with the model gate."""
    case = bench.case("model")
    assert case.challenger is not None
    return bench.present("model", replace(case, challenger=damage(bench, case.challenger)))


def _copy(bench: Bench, content: bytes) -> str:
    """Return the path of other bytes that are presented under the digest that was judged before."""
    folder = bench.place()
    (folder / "model.skops").write_bytes(content)
    return str(folder / "model.skops")


def _flipped(bench: Bench, file: ModelFile) -> ModelFile:
    content = bytearray(Path(file.path).read_bytes())
    content[len(content) // 3] ^= 1
    return replace(file, path=_copy(bench, bytes(content)))


def _truncated(bench: Bench, file: ModelFile) -> ModelFile:
    content = Path(file.path).read_bytes()
    return replace(file, path=_copy(bench, content[: len(content) // 2]))


def _empty(bench: Bench, file: ModelFile) -> ModelFile:
    return replace(file, path=_copy(bench, b""))


def _other(bench: Bench, file: ModelFile) -> ModelFile:
    """Present the file of another model under the digest of this one."""
    past = bench.open().model_file(bench.clean.past)
    return replace(file, path=_copy(bench, Path(past.path).read_bytes()))


def _linked(bench: Bench, file: ModelFile) -> ModelFile:
    folder = bench.place()
    (folder / "model.skops").symlink_to(file.path)
    return replace(file, path=str(folder / "model.skops"))


def _pickled(bench: Bench, file: ModelFile) -> ModelFile:
    content = b"\x80\x04N."  # a pickle of None, under a digest of its own
    return replace(file, path=_copy(bench, content), digest=str(Digest.of_bytes(content)))


def _stale(bench: Bench, file: ModelFile) -> ModelFile:
    """Present the earlier model as trained on today's data."""
    past = bench.open().model_file(bench.clean.past)
    return replace(past, version=None, data=file.data)


def _golden_of_another(bench: Bench, file: ModelFile) -> ModelFile:
    """Present the model with the recorded predictions of another one, as if it had changed after the training."""
    return replace(file, golden=bench.open().model_file(bench.clean.past).golden)


def _mutant(name: str, fault: str, damage: Callable[[Bench, ModelFile], ModelFile], remedy: str = _REMEDY) -> Mutant:
    return Mutant(name, "file", "model", fault, remedy, partial(_judge, damage=damage))


MUTANTS = (
    _mutant("file-edited", "a byte of the model file changed", _flipped),
    _mutant("file-truncated", "the model file was cut off", _truncated),
    _mutant("file-empty", "the model file is empty", _empty),
    _mutant("file-swapped", "the file of another model under this one's digest", _other),
    _mutant("file-linked", "the model file is a symbolic link", _linked),
    _mutant("file-pickled", "the model file is a pickle", _pickled),
    _mutant(
        "model-stale",
        "the old model is presented as today's",
        _stale,
        "require gates:model/test_artifact.py::test_the_signature_matches_the_configuration and gates:model/test_determinism.py",
    ),
    _mutant(
        "golden-of-another",
        "the model is not the one whose predictions were recorded",
        _golden_of_another,
        "require gates:model/test_artifact.py::test_the_loaded_model_answers_like_the_trained_one",
    ),
)
