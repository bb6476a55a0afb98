"""The benchmark of signing measures what it says: a signed way that leaves signed verdicts, and an unsigned one that does not."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.attestations import NAME, WAYS, measure
from gates.attest import Keyring
from gates.history.rollback_guard import Landmarks
from gates.registry import Registry
from gates.verification.signatures import verify

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("way", WAYS)
def test_each_way_promotes_and_only_the_signed_ones_verify(way, tmp_path):
    wall, cpu = measure(way, tmp_path)
    assert cpu > 0
    assert wall > 0
    registry, keys = Registry(tmp_path), Keyring(tmp_path / "keys")
    assert registry.champion(NAME).epoch == 1
    findings = verify(registry, keys, Landmarks(tmp_path / "keys" / "landmarks", keys))
    assert len(findings) == (5 if way == "unsigned" else 0)


def test_it_prints_its_numbers_beside_a_lower_bound(tmp_path):
    command = [sys.executable, "-m", "benchmarks.attestations", "--repeats", "1", "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr  # how long it took here is no fault of the code
    lines = done.stdout.splitlines()
    assert [line[:24].strip() for line in lines[2:5]] == [
        "the same, unsigned",
        "signed, keys are made",
        "signed, keys are there",
    ]
    assert lines[5].startswith("signing, verifying and promoting together: ")
