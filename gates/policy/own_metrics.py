"""Read ``[tool.gates.metrics]``: the metrics that a project declares itself, by name.

The rule it protects: a metric has a direction before it decides anything, and its function is code of the project whose digest the
verdict names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gates.policy.catalogue import read_metrics
from gates.toml_reader import Key, KeyKind, Table

OF_A_CLASS = ("precision", "recall", "f1", "f_beta")
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_IMPORT = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*"
_FUNCTION = 'a table like { function = "churn.costs:per_customer", better = "lower", unit = "EUR" }'
METRIC = (
    Key(
        "function", KeyKind.TEXT, "The function that measures, f(y_true, y_pred), of a module of the project.", pattern=_IMPORT,
        wanted="an importable 'module:function' like 'churn.costs:per_customer'",
    ),
    Key("of", KeyKind.TEXT, "What is measured of one class.", choices=OF_A_CLASS),
    Key("beta", KeyKind.NUMBER, "How much recall counts beside precision, for f_beta.", above=0.0, below=1e6),
    Key("better", KeyKind.TEXT, "Which way is better.", choices=("higher", "lower")),
    Key("unit", KeyKind.TEXT, "The unit of the value, for people."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OwnMetric:
    """Hold one metric of a project: ``function`` is an import string, or ``of`` says what is measured of the class ``label``.

    ``better`` is ``higher`` or ``lower``; ``unit`` is for people.
    """

    name: str
    function: str = ""
    of: str = ""
    label: str = ""
    beta: float = 1.0
    better: str = "higher"
    unit: str = ""

    @property
    def module(self) -> str:
        """Return the module of the function, empty where there is none."""
        return self.function.partition(":")[0]


def read_own_metrics(table: Table) -> Mapping[str, OwnMetric]:
    """Return the metrics that a table declares, by name; whatever is wrong is a fault of the table."""
    taken = read_metrics()
    metrics: dict[str, OwnMetric] = {}
    for name in table.keys():  # noqa: SIM118
        entry = table.raw(name)
        if not isinstance(entry, dict):
            table.fault(name, f"is {entry!r:.60}, wanted {_FUNCTION}")
        elif not _NAME.match(name):
            table.fault(repr(name), "is no name of a metric, wanted one like spam_recall: small letters, digits and _")
        elif name in taken:
            table.fault(name, "is a metric already, wanted another name")
        else:
            metrics[name] = _read(name, Table(f"{table.path}.{name}", entry, table.faults, (*METRIC, _CLASS)))
    return metrics


_CLASS = Key("class", KeyKind.TEXT, "The class that is measured.")


def _read(name: str, table: Table) -> OwnMetric:
    function, of = table.optional("function") or "", table.optional("of") or ""
    label, given = table.raw("class"), table.keys()
    if bool(function) == bool(of):
        table.fault("", f"names {'both' if of else 'neither'} function and of, wanted one: {_FUNCTION}, or "
                        '{ of = "recall", class = "spam" }')  # fmt: skip
    if function and "better" not in given:
        table.fault("better", "is missing, wanted 'higher' or 'lower': nobody can tell a cost from a gain by its name")
    if of and (isinstance(label, float | list | dict) or label is None or label == ""):
        table.fault(
            "class", f"is {'missing' if label is None else repr(label)}, wanted the label of a class, like 'spam'"
        )
    if of and table.raw("better") == "lower":
        table.fault("better", f"is 'lower', and more {of} is better, wanted no such key")
    if function and label is not None:
        table.fault("class", "is given beside a function, wanted it beside of")
    if ("beta" in given) != (of == "f_beta"):
        table.fault("beta", "is needed for f_beta, and for nothing else, wanted a number like 2")
    better = table.text("better") if "better" in given else "higher"
    beta = table.number("beta") if "beta" in given else 1.0
    unit = table.optional("unit") or ""
    table.close()
    return OwnMetric(name, function, of, str(label) if of else "", beta, better, unit)
