"""Print the tables of verdicts, and keep them where ``--save`` asks for it.

``python -m benchmarks.verdicts --only drift --data COVID19Articles.csv``. Every table starts with the command, the machine, the
day and the versions, and ends with what it cost. A table whose module is not there is left out by name.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.verdicts.markdown import say_where
from benchmarks.verdicts.options import SOURCES, Options

TABLES = (
    "data",
    "peers_data",
    "drift",
    "peers_drift",
    "limits",
    "promotion",
    "coverage",
    "rows_needed",
    "lab_change",
    "nights",
    "dependence",
)
RESULTS = Path(__file__).parent / "results"


def main() -> int:
    os.environ.setdefault(
        "OMP_NUM_THREADS", "1"
    )  # before numpy is imported: CPU seconds mean one thread, also in children
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verdicts", description=__doc__)
    parser.add_argument("--only", choices=TABLES, help="one table instead of all")
    parser.add_argument("--quick", action="store_true", help="reduced counts: minutes instead of hours")
    parser.add_argument("--data", type=Path, help="the lab's file; without it the bundled data of scikit-learn must do")
    parser.add_argument(
        "--source", help="lab, digits, breast cancer, wine, mixed kinds or diabetes alone, where a table has it"
    )
    parser.add_argument("--save", action="store_true", help=f"write {RESULTS.name}/TABLE.md as well")
    asked = parser.parse_args()
    if asked.data is not None and not asked.data.is_file():
        parser.error(f"--data {asked.data} is no file")
    options = Options(quick=asked.quick, data=asked.data, source=asked.source)
    tables = [asked.only] if asked.only else TABLES
    if fault := options.fault(tables):
        parser.error(fault)
    for name in tables if asked.source is None else [name for name in tables if asked.source in SOURCES.get(name, ())]:
        told = []
        for line in write(name, options):
            print(line, flush=True)
            told.append(line)
        print(flush=True)
        if asked.save:
            RESULTS.mkdir(exist_ok=True)
            part = f"-{asked.source.replace(' ', '-')}" if asked.source else ""
            (RESULTS / f"{name}{part}.md").write_text("\n".join(told) + "\n", encoding="utf-8")
    return 0


def write(name: str, options: Options) -> Iterator[str]:
    """The lines of one table; a module that is not there is said to be absent."""
    module = f"benchmarks.verdicts.{name}"
    yield f"# {name.capitalize().replace('_', ' ')}"
    yield ""
    if importlib.util.find_spec(module) is None:
        yield f"{module} is absent: this table was not measured."
        return
    yield from say_where(_command(name, options))
    yield ""
    before = _cpu()
    yield from importlib.import_module(module).tell(options)
    yield ""
    yield f"Measured in {_cpu() - before:,.0f} CPU seconds."


def _command(name: str, options: Options) -> str:
    words = ["python -m benchmarks.verdicts --only", name, "--quick" if options.quick else ""]
    words += ["--data", options.data.name] if options.data else []
    words += ["--source", repr(options.source)] if options.source else []
    return " ".join(word for word in words if word)


def _cpu() -> float:
    """CPU seconds of this process and of all its children that have ended."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    sys.exit(main())
