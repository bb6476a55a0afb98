"""Mutants that the work itself brings: of its data, its models and its endpoint. Each is judged by the real gate."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from gates.digest import Digest
from gates.selftest.bench import Bench, model_file
from gates.selftest.detection import Detection
from gates.selftest.mutant import Mutant
from gates.selftest.port import Mutants, Mutation


def mutants_of(mutants: Mutants) -> tuple[Mutant, ...]:
    """Return a mutant for each mutation of the work; the gate that should notice it tries it."""
    return tuple(
        Mutant(
            mutation.name,
            mutation.gate,
            mutation.gate,
            mutation.fault,
            mutation.remedy,
            partial(_ATTEMPTS[mutation.gate], mutation=mutation),
        )
        for mutation in mutants.mutations
    )


def _batch(bench: Bench, mutation: Mutation) -> tuple[Detection, ...]:
    path = bench.made / mutation.name / "batch.csv"
    return bench.present("data", replace(bench.case("data"), batch=path, batch_digest=Digest.of(path)))


def _model(bench: Bench, mutation: Mutation) -> tuple[Detection, ...]:
    folder = bench.made / mutation.name
    challenger = model_file(bench, folder / "model.skops", folder / "golden.json")
    return bench.present("model", replace(bench.case("model"), challenger=challenger))


def _window(bench: Bench, mutation: Mutation) -> tuple[Detection, ...]:
    project = bench.project()
    project.lay(mutation.tables, bench.made / mutation.name)
    return bench.judge("drift", bench.case("drift"), project.config)


def _endpoint(bench: Bench, mutation: Mutation) -> tuple[Detection, ...]:
    assert bench.mutants is not None
    faulty = bench.mutants.serve(mutation.name, bench.clean.url)
    try:
        return bench.judge("endpoint", replace(bench.case("endpoint"), endpoint_url=faulty.url))
    finally:
        faulty.stop()


_ATTEMPTS = {"data": _batch, "model": _model, "drift": _window, "endpoint": _endpoint}
