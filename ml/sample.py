"""``python -m ml.sample [lab|arrivals|diabetes|breast_cancer] OUT.csv``: data to try the gates with.

``lab`` is SYNTHETIC: a seeded stand-in for the research papers of the Azure MLOps lab, with its columns (``cord_uid``,
``0`` .. ``127``, ``cluster``), its number of rows and its class counts, one of which is 1. Each class is a Gaussian
cloud around a random centre; nothing in it comes from a paper. It is made so that the lab's decision tree of depth 5
scores about what it scores on the real file, and a logistic regression much better. The same seed gives the same
bytes. ``arrivals`` are 500 further rows from the same clouds, without labels: what a quiet day brings. ``diabetes`` and
``breast_cancer`` are real and come with scikit-learn; they get an id column.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

CLASS_COUNTS = (129, 12, 123, 71, 37, 119, 1, 40, 391, 77)
WIDTH = 128
_STRONG, _WEAK, _STRONG_COLUMNS = 0.6, 0.24, 10  # spread of the centres: in the first columns, in the others, how many
_ARRIVALS = 500
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def lab(seed: int = 2) -> str:
    """Return the synthetic stand-in as CSV text: 1,000 rows, 130 columns, values with six decimals."""
    return _lab(seed)[0]


def arrivals(seed: int = 2) -> str:
    """Return 500 rows that could have come after those of `lab`, as CSV text: new ids, no labels."""
    return _lab(seed)[1]


def _lab(seed: int) -> tuple[str, str]:
    """Return the stand-in, and what arrives after it; the draws of the first do not depend on those of the second."""
    draw = random.Random(seed)
    spreads = [_STRONG] * _STRONG_COLUMNS + [_WEAK] * (WIDTH - _STRONG_COLUMNS)
    centres = [[draw.gauss(0.0, spread) for spread in spreads] for _ in CLASS_COUNTS]
    labels = [label for label, count in enumerate(CLASS_COUNTS) for _ in range(count)]
    draw.shuffle(labels)
    ids: set[str] = set()
    header = ["cord_uid", *map(str, range(WIDTH))]

    def row(label: int) -> list[str]:
        uid = _new_id(draw, ids)
        return [uid, *(f"{draw.gauss(centre, 1.0):.6f}" for centre in centres[label])]

    first = [[*header, "cluster"], *([*row(label), str(label)] for label in labels)]
    later = [header, *(row(label) for label in draw.choices(range(len(CLASS_COUNTS)), CLASS_COUNTS, k=_ARRIVALS))]
    made = ["".join(f"{','.join(cells)}\n" for cells in rows) for rows in (first, later)]
    return made[0], made[1]


def _new_id(draw: random.Random, taken: set[str]) -> str:
    """Eight letters or digits, the first a letter, like the ids of the CORD-19 collection."""
    while True:
        uid = draw.choice(_LETTERS[:26]) + "".join(draw.choices(_LETTERS, k=7))
        if uid not in taken:
            taken.add(uid)
            return uid


def bundled(name: str) -> str:
    """Return a data set that comes with scikit-learn, as CSV text with an id column first and the target last."""
    from sklearn import datasets

    if name == "diabetes":
        frame = datasets.load_diabetes(as_frame=True, scaled=False).frame.rename(columns={"target": "progression"})
    else:
        bunch = datasets.load_breast_cancer(as_frame=True)
        frame = bunch.data.assign(diagnosis=[str(bunch.target_names[label]) for label in bunch.target])
    frame.insert(0, "patient", [f"p{number:04d}" for number in range(1, len(frame) + 1)])
    return str(frame.to_csv(index=False, lineterminator="\n"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write sample data from the command line and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m ml.sample", description="Write sample data; lab and arrivals are synthetic."
    )
    parser.add_argument("name", nargs="?", choices=("lab", "arrivals", "diabetes", "breast_cancer"), default="lab")
    parser.add_argument("out", type=Path, help="CSV file to write")
    options = parser.parse_args(arguments)
    synthetic = {"lab": lab, "arrivals": arrivals}
    text = synthetic[options.name]() if options.name in synthetic else bundled(options.name)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text, encoding="utf-8", newline="\n")
    what = "synthetic data like the lab's" if options.name in synthetic else options.name
    rows = text.count("\n") - 1
    print(f"{options.out}: {rows} rows of {what}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
