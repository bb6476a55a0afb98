"""What signing costs a run: four verdicts as large as the lab's, kept and promoted on, with and without signatures.

Run it with ``python -m benchmarks.attestations``. Each time is of a fresh process with an empty home, so that importing the
cryptography, making the two keys, writing the landmark and every flush to the disk count. The lower bound keeps the same documents
in the same ledger and promotes on them, and signs and checks nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from gates import documents
from gates.attest import GATE, GATEKEEPER, STATEMENT_TYPE, Binding, Keyring, Verdict, bind, open_envelope, sign
from gates.attest.decision import Decided, write_decision
from gates.attest.result import read_result, write_result
from gates.digest import Digest
from gates.evidence import Evidence
from gates.history.rollback_guard import Landmarks
from gates.judgement.judge import CheckResult, Judgement
from gates.registry import Registry, Version
from gates.run import Outcome

NAME = "papers"
CHECKS = {"data": 26, "model": 27, "drift": 3, "endpoint": 68}  # as many as judge the lab's model
REPEATS = 11
LIMIT = 150.0  # ms


def verdicts(model: Digest) -> list[Verdict]:
    binding = Binding(NAME, model, *(Digest.of_bytes(bytes([part])) for part in range(4)), 0, None)
    found = []
    for gate, count in CHECKS.items():
        checks = tuple(
            CheckResult(
                f"{gate}_checks/test_something.py::test_that_something_holds[{number}]",
                Outcome.PASSED,
                True,
                "a measurement = 0.1234 (required >= 0.05, n = 327): and half a line of detail about it, as checks give it",
                (Evidence(f"a measurement {number}", "0.1234", 327, detail="half a line of detail about it"),) * 2,
            )
            for number in range(count)
        )
        found.append(bind(Judgement(gate, checks, (), True), binding, at=datetime.now(UTC), run="run"))
    return found


def unsigned(home: Path, registry: Registry, version: Version) -> None:
    kept = {
        verdict.gate: registry.keep_verdict(NAME, verdict.gate, version.digest, write_result(verdict), True, verdict.at)
        for verdict in verdicts(version.digest)
    }
    for digest in kept.values():
        documents.load(registry.verdict_document(digest), "the verdict")
    registry.promote(NAME, 1, expected=(0, None), verdicts=list(kept.values()), decision=b'{"schema":1}')


def signed(home: Path, registry: Registry, version: Version) -> None:
    keys = Keyring(home / "keys")
    landmarks = Landmarks(home / "keys" / "landmarks", keys)
    kept = {}
    for verdict in verdicts(version.digest):
        envelope = sign(STATEMENT_TYPE, write_result(verdict), keys.signer(GATE))
        kept[verdict.gate] = registry.keep_verdict(NAME, verdict.gate, version.digest, envelope, True, verdict.at)
    trusted = keys.trusted(GATE)
    opened = [
        read_result(open_envelope(registry.verdict_document(digest), STATEMENT_TYPE, trusted))
        for digest in kept.values()
    ]
    assert len(opened) == len(CHECKS)
    landmarks.require(NAME, registry.log(NAME))
    decided = Decided(NAME, 1, version.digest, 1, None, opened[0].binding.policy, kept, datetime.now(UTC), "run")
    decision = sign(STATEMENT_TYPE, write_decision(decided), keys.signer(GATEKEEPER))
    registry.promote(NAME, 1, expected=(0, None), verdicts=list(kept.values()), decision=decision)
    landmarks.keep(NAME, registry.log(NAME))


WAYS: Mapping[str, Callable[[Path, Registry, Version], None]] = {
    "unsigned": unsigned,
    "first": signed,
    "signed": signed,
}
NAMES = {"unsigned": "the same, unsigned", "first": "signed, keys are made", "signed": "signed, keys are there"}


def measure(way: str, home: Path) -> tuple[float, float]:
    """Milliseconds of this process: on the clock, and of processor time."""
    registry = Registry(home)
    version = registry.register(NAME, registry.blobs.put_bytes(b"model" * 10_000), {})
    if way == "signed":
        make_keys = "from gates.attest import *; k = Keyring(Path(sys.argv[1])); k.signer(GATE); k.signer(GATEKEEPER)"
        command = [sys.executable, "-c", f"import sys; from pathlib import Path; {make_keys}", str(home / "keys")]
        subprocess.run(command, check=True)  # in another process: this one has not imported the cryptography yet
    began, cpu = time.perf_counter(), time.process_time()
    WAYS[way](home, registry, version)
    return 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - cpu)


def in_a_fresh_process(way: str, folder: Path) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(dir=folder) as home:
        command = [sys.executable, "-m", "benchmarks.attestations", "--one", way, "--home", f"{home}/home"]
        wall, cpu = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return wall, cpu


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where the homes are made")
    options = parser.parse_args()
    if options.one:
        options.home.mkdir()
        print(json.dumps(measure(options.one, options.home)))
        return 0
    times: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
    for _ in range(options.repeats):
        for way, found in times.items():
            found.append(in_a_fresh_process(way, options.folder))
    print(
        f"four verdicts ({sum(CHECKS.values())} checks), one promotion; median of {options.repeats}, load {os.getloadavg()[0]:.1f}"
    )
    wall = {way: statistics.median(found[0] for found in times[way]) for way in WAYS}
    cpu = {way: statistics.median(found[1] for found in times[way]) for way in WAYS}
    print(f"{'':26}{'wall ms':>10}{'CPU ms':>10}{'added':>10}{'CPU':>8}")
    for way, name in NAMES.items():
        more = f"{wall[way] - wall['unsigned']:10.1f}{cpu[way] - cpu['unsigned']:8.1f}" if way != "unsigned" else ""
        print(f"{name:26}{wall[way]:10.1f}{cpu[way]:10.1f}{more}")
    met = wall["signed"] < LIMIT
    print(
        f"signing, verifying and promoting together: {wall['signed']:.1f} ms, {'under' if met else 'NOT under'} {LIMIT:.0f} ms"
    )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
