"""Divide the files of tests among machines, so that each of them has about the same to do.

``SHARD=2/5 make test`` runs the second of five parts. A file goes to the part that has least to do, the longest file first.
What each takes stands in seconds.json; ``python -m tests.shards tests.xml`` writes it from what ``make test ARGS=--junit-
xml=tests.xml`` saw. A file that is not in there counts as one second. The same files are divided in the same way everywhere.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.etree import ElementTree

SECONDS = Path(__file__).with_name("seconds.json")
_LEAST = 1.0  # of a file that is not in the table


def read_seconds() -> dict[str, float]:
    """Return the seconds of each file, by its path below tests."""
    return json.loads(SECONDS.read_text(encoding="utf-8"))


def parse_shard(text: str) -> tuple[int, int]:
    """Return the number of a part and the number of parts, from ``2/5``. Raises `ValueError` for anything else."""
    match = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", text)
    if match is None or int(match[1]) > int(match[2]):
        raise ValueError(f"SHARD is {text!r}; write the part and the number of parts: 2/5")
    return int(match[1]), int(match[2])


def divide(files: Iterable[str], seconds: Mapping[str, float], parts: int) -> list[set[str]]:
    """Return the files of each part. Greedy: the longest first, each to the part with least to do (Graham 1969)."""
    divided: list[set[str]] = [set() for _ in range(parts)]
    loads = [0.0] * parts
    for file in sorted(set(files), key=lambda file: (-seconds.get(file, _LEAST), file)):
        least = loads.index(min(loads))
        divided[least].add(file)
        loads[least] += seconds.get(file, _LEAST)
    return divided


def read_junit(path: Path) -> dict[str, float]:
    """Return the seconds of each file of tests in a report of pytest, those below `_LEAST` left out."""
    totals: Counter[str] = Counter()
    for case in ElementTree.parse(path).iter("testcase"):
        words = case.get("classname", "").split(".")
        module = next((at for at, word in enumerate(words) if word.startswith("test_")), None)
        if module is not None:
            totals["/".join(words[words[0] == "tests" : module + 1]) + ".py"] += float(case.get("time", 0))
    return {file: round(total, 1) for file, total in sorted(totals.items()) if total >= _LEAST}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    SECONDS.write_text(json.dumps(read_junit(parser.parse_args().report), indent=1) + "\n", encoding="utf-8")
