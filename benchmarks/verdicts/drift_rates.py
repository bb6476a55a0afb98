"""Alarm rates by shift and detector: counted on pairs of windows that depend on nothing but their name and number, and told."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from benchmarks.verdicts.drift_detectors import OURS, Detector
from benchmarks.verdicts.drift_shifts import FEW, SHIFTS, Make, Pair, draw_unchanged
from benchmarks.verdicts.drift_tables import LAB, Source
from benchmarks.verdicts.markdown import table
from benchmarks.verdicts.peers import Peer
from benchmarks.verdicts.rates import Rate

NONE = "no shift"
LEVEL = 0.01
Rates = dict[str, dict[str, Rate]]  # shift -> detector -> rate


def draw(source: Source, name: str, make: Make, run: int) -> Pair:
    """Pair number ``run`` of a shift: the same for every detector and in every call."""
    return make(source, np.random.default_rng([zlib.crc32(f"{source.name}: {name}".encode()), run]))


def choose_shifts(source: Source) -> Mapping[str, Make]:
    """All of them on the lab's file, a few of every kind elsewhere."""
    chosen = {name: make for name, make in SHIFTS.items() if source.name == LAB or name in FEW}
    return {NONE: draw_unchanged, **chosen}


def ask_here(found: Rates, source: Source, detectors: Iterable[Detector], *, quiet: int, loud: int) -> None:
    """``quiet`` pairs without a shift and ``loud`` of every shift."""
    shifts = choose_shifts(source)
    for name, make in shifts.items():
        for run in range(quiet if name == NONE else loud):
            pair = draw(source, name, make, run)
            for detector in detectors:
                count(found.setdefault(name, {}), detector(*pair, run))


def ask_peer(found: Rates, source: Source, peer: Peer, *, quiet: int, loud: int) -> float:
    """The same pairs, in one child process, so that its imports are paid once. Returns CPU seconds a pair."""
    shifts = choose_shifts(source)
    runs = [(name, run) for name in shifts for run in range(quiet if name == NONE else loud)]
    answers = peer.ask("drift", (draw(source, name, shifts[name], run) for name, run in runs))
    spent = 0.0
    for (name, _), answer in zip(runs, answers, strict=True):
        alarms, cpu = answer["found"], answer["cpu"]
        if not isinstance(alarms, Mapping) or not isinstance(cpu, float):
            raise TypeError(f"{peer.name} answered {answer!r}")
        spent += cpu
        count(found.setdefault(name, {}), {f"{peer.name}, crash": True} if "crash" in alarms else alarms)
    return spent / len(runs)


def count(rates: dict[str, Rate], answer: Mapping[str, bool]) -> None:
    for name, alarm in answer.items():
        seen = rates.get(name, Rate(0, 0))
        rates[name] = Rate(seen.hits + bool(alarm), seen.runs + 1)


def tell_rates(source: Source, rates: Rates) -> Iterator[str]:
    detectors = list(dict.fromkeys(name for row in rates.values() for name in row))
    shifts = [name for name in rates if name != NONE]
    yield f"## {source.title}"
    yield ""
    yield "Alarms on unchanged rows, with 95 % intervals (Clopper and Pearson), and the mean over the shifts:"
    yield ""
    rows = []
    for name in detectors:
        loud = [rates[shift][name] for shift in shifts if name in rates[shift]]
        mean = 100 * sum(rate.share for rate in loud) / len(loud)
        rows.append((name, rates[NONE].get(name, "-"), f"{mean:.1f} %", loud[0].runs))
    yield from table(("detector", "no shift", f"mean of {len(shifts)} shifts", "runs a shift"), rows)
    yield ""
    yield "Alarms in % by kind of shift:"
    yield ""
    body = [
        (shift, *(f"{100 * rates[shift][name].share:.0f}" if name in rates[shift] else "-" for name in detectors))
        for shift in shifts
    ]
    yield from table(("shift", *detectors), body)
    yield ""


def compare_shifts(rates: Rates) -> Iterator[str]:
    """Ours against the best peer of each shift among those that hold our level, which is the only fair comparison."""
    peers = [name for name, rate in rates[NONE].items() if not name.startswith("ours") and rate.share <= LEVEL]
    yield f"Peers that alarmed on at most {LEVEL:.0%} of the unchanged pairs: {', '.join(peers) or 'none'}."
    behind = []
    for shift, row in rates.items():
        best = max((name for name in peers if name in row), key=lambda name: row[name].share, default=None)
        if shift != NONE and best is not None and row[best].share > row[OURS].share:
            behind.append(f"{shift} ({best} {row[best]}; ours {row[OURS]})")
    yield ("Shifts on which one of them alarmed more often than ours: " + ("; ".join(behind) or "none") + ".")
    yield ""
