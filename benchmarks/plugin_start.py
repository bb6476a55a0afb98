"""What the plugin adds to the start of a plain pytest run: alternating runs with and without it, medians, in one table.

Run it with ``python -m benchmarks.plugin_start``.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPEATS = 15
CASES = {"bare pytest": ("-p", "no:gates"), "with the gates plugin": ()}


def start(folder: str, options: tuple[str, ...]) -> float:
    """Milliseconds of one pytest run with one empty test."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, folder]
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)
    return 1000 * (time.perf_counter() - began)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_nothing.py").write_text("def test_nothing(): pass\n", encoding="utf-8")
        times: dict[str, list[float]] = {case: [] for case in CASES}
        for _ in range(REPEATS + 1):
            for case, options in CASES.items():
                times[case].append(start(folder, options))
    medians = {case: statistics.median(values[1:]) for case, values in times.items()}
    for case, value in medians.items():
        print(f"{case:24} {value:7.1f} ms (median of {REPEATS})")
    bare, ours = medians.values()
    print(f"{'difference':24} {ours - bare:7.1f} ms, ratio {ours / bare:.2f}")


if __name__ == "__main__":
    main()
