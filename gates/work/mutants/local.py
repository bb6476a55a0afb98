"""The mutants of the local work: name them, make them in a child process, serve a faulty endpoint."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gates.documents import read_json
from gates.errors import GatesError
from gates.work.backends.local.steps import start_step
from gates.work.errors import TrainingError
from gates.work.mutants import budgets, columns, endpoints, labels, models, rows, values, windows
from gates.work.mutants.bending import BentEndpoint
from gates.work.mutants.mutation import NamedFault
from gates.work.mutants.tables import BatchMutant
from gates.work.processes import end_of, stop_group

BATCHES: tuple[BatchMutant, ...] = (
    *columns.MUTANTS,
    *values.MUTANTS,
    *rows.MUTANTS,
    *labels.MUTANTS,
    *windows.MUTANTS,
)


@dataclass(frozen=True, slots=True)
class LocalMutants:
    """Make the faults that this project's work can have."""

    config: Path

    @property
    def mutations(self) -> tuple[NamedFault, ...]:
        """Return all mutations: of data and drift, of models, of endpoints."""
        families = (BATCHES, budgets.TABLES, models.MUTANTS, budgets.ARCHIVES, endpoints.MUTANTS)
        return tuple(mutant.mutation for family in families for mutant in family)

    def make(self, names: Sequence[str], batch: Path, digest: str, into: Path) -> Mapping[str, str]:
        """Write ``into/NAME/batch.csv``, or ``model.skops`` and ``golden.json``, for each mutation of data, drift and model.

        Beside them batches that are in order: ``into/clean`` holds every row, ``into/past`` the rows of a while ago, and
        ``into/window`` a newest window that no model has seen.
        Returns why a mutation cannot be made from these data, by its name. Raises `GatesError`.
        """
        into.mkdir(parents=True, exist_ok=True)
        log, made = into / "make.log", into / "made.json"
        arguments = ["--config", str(self.config), "--batch", str(batch), "--digest", digest, "--into", str(into)]
        arguments += ["--names", json.dumps(list(names))]
        with log.open("wb") as output:
            process = start_step("gates.work.mutants.make_step", arguments, os.environ, output)
            try:
                code = process.wait()
            finally:
                stop_group(process, patience=0.5)
        try:
            content = read_json(made.read_bytes())
        except (OSError, ValueError):
            raise TrainingError(
                f"making the mutants ended with exit code {code}", f"the end of its log:\n{end_of(log)}"
            ) from None
        if "message" in content:
            raise GatesError(str(content["message"]), str(content["remedy"]))
        return {name: str(why) for name, why in content.items()}

    def serve(self, name: str, good: str) -> BentEndpoint:
        """Start the faulty endpoint called ``name`` in front of the good one at the address ``good``."""
        mutant = next(mutant for mutant in endpoints.MUTANTS if mutant.mutation.name == name)
        return BentEndpoint(good, mutant.bend, one_at_a_time=mutant.one_at_a_time)


def open_mutants(config: Path) -> LocalMutants:
    """Return the mutants of the work that ``[tool.ml]`` of ``config`` describes."""
    return LocalMutants(config.resolve())
