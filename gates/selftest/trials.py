"""Try mutants two at a time, and give each trial as soon as it ends."""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from gates.errors import ConfigError
from gates.policy.records import Policy
from gates.selftest import model_file_mutants, policy_mutants, promotion_mutants, run_mutants, suite_mutants
from gates.selftest.bench import Bench
from gates.selftest.mutant import CannotBeMade, Mutant, Trial
from gates.selftest.port import open_mutants
from gates.selftest.work_mutants import mutants_of


def every_mutant(policy: Policy) -> tuple[Mutant, ...]:
    """Return the work's mutants, where the policy names some, then those of model files, suites, runs, policy and promotion."""
    of_work = open_mutants(policy)
    return (
        *(mutants_of(of_work) if of_work else ()),
        *model_file_mutants.MUTANTS,
        *suite_mutants.MUTANTS,
        *run_mutants.MUTANTS,
        *policy_mutants.MUTANTS,
        *promotion_mutants.MUTANTS,
    )


def choose(mutants: Sequence[Mutant], only: Sequence[str]) -> tuple[Mutant, ...]:
    """Return the mutants of which the name or the family is in ``only``; all where it is empty. Raises `ConfigError` for an
    unknown name.
    """
    known = {word for mutant in mutants for word in (mutant.name, mutant.family)}
    faults = []
    for word in only:
        if word not in known:
            near = difflib.get_close_matches(word, sorted(known), n=1)
            faults.append(f"--only {word!r} is no mutant" + (f"; did you mean {near[0]!r}?" if near else ""))
    if faults:
        raise ConfigError(tuple(faults), "gates selftest --list names them all")
    return tuple(mutant for mutant in mutants if not only or mutant.name in only or mutant.family in only)


def try_all(bench: Bench, mutants: Sequence[Mutant]) -> Iterator[Trial]:
    """Yield each trial as it ends, in no fixed order.

    An error that is no refusal ends the whole selftest and is raised: it proves nothing about the gates.
    """
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(_try, bench, mutant) for mutant in mutants]
        try:
            for done in as_completed(waiting):
                yield done.result()
        finally:
            for left in waiting:
                left.cancel()


def _try(bench: Bench, mutant: Mutant) -> Trial:
    if why := bench.left_out.get(mutant.name):
        return Trial(mutant, left_out=why)
    started = time.monotonic()
    try:
        detections = tuple(detection.as_in_policy() for detection in mutant.attempt(bench))
    except CannotBeMade as because:
        return Trial(mutant, left_out=str(because))
    return Trial(mutant, detections, "", time.monotonic() - started)
