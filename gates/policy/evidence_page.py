"""``python -m gates.policy.evidence_page FILE``: write the page that lists every evidence of the standard policy."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from gates.policy.catalogue import Description, describe, read_catalogue, read_metrics
from gates.policy.layers import STANDARD, as_table, bare, is_file_key, read_effective, texts_of

_HEAD = """\
# Every evidence of the standard policy

Written by `python -m gates.policy.evidence_page docs/evidence.md` from `gates/policy/standard.toml` and
`gates/policy/catalogue.toml`; a test holds it to both. A bound refers to the id of an evidence, within its check. An evidence of
the kind *violations* without a bound is held to `== 0`. A share of alpha (`>= 0.8 alpha`) is of the night's, see
[nightly.md](nightly.md). For a regression, `gates:standard-regression` holds `r2` in place of `accuracy` and `macro_f1`.
"""
_NAMES = {
    "data": "The data gate",
    "model": "The model gate",
    "drift": "The drift gate",
    "endpoint": "The endpoint gate",
    "nightly": "The nightly gate",
    "data_files": "Two files: data",
    "drift_files": "Two files: drift",
}


def render_page() -> str:
    """Return the page as Markdown."""
    gates = read_effective(STANDARD["gates:standard"]).gates
    return "\n".join([_HEAD, *_sections(gates), *_metrics()]) + "\n"


def _sections(gates: Mapping[str, object]) -> Iterator[str]:
    for gate, table in gates.items():
        if gate not in _NAMES:
            continue
        yield f"## {_NAMES[gate]}\n"
        yield "| check | id | name | kind | unit | better | default bound | formula | source |"
        yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
        for label, file in as_table(table).items():
            if is_file_key(label):
                yield from _rows(label, as_table(file))
        yield ""


def _rows(label: str, file: Mapping[str, object]) -> Iterator[str]:
    described = [one for one in read_catalogue() if one.check.partition("::")[0] == label]
    invariants, thresholds = texts_of(file.get("invariants")), as_table(file.get("thresholds"))
    for check in dict.fromkeys([*invariants, *thresholds]):
        bounds = as_table(thresholds.get(check))
        of_check = {one.id: one for one in described if bare(one.check.partition("::")[2]) == check}
        for id in dict.fromkeys([*bounds, *of_check]):
            one = of_check.get(id) or describe(f"{label}::{check}", id)
            default = bounds.get(id, "== 0" if one is not None and one.kind == "violations" else "none")
            if one is not None:
                yield _row(f"{label}::{check}", one, str(default))
        if not bounds and not of_check:
            yield f"| `{label}::{check}` | a metric | see the metrics | measurement | | | none: a floor is yours to set | | |"


def _row(check: str, one: Description, bound: str) -> str:
    return _line(
        f"`{check}`", f"`{one.id}`", one.name, one.kind, one.unit, one.better, f"`{bound}`", one.formula, one.source
    )


def _metrics() -> Iterator[str]:
    yield "## The metrics\n"
    yield _line("id", "name", "unit", "better", "formula", "source")
    yield _line(*["---"] * 6)
    for one in read_metrics().values():
        yield _line(f"`{one.id}`", one.name, one.unit, one.better, one.formula, one.source)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page to the file that the one argument names."""
    (file,) = sys.argv[1:] if arguments is None else arguments
    Path(file).write_text(render_page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
