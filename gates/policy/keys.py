"""Declare every key of ``[tool.gates]``: the reader reads by these declarations, and the JSON Schema is made from them."""

from __future__ import annotations

from gates.policy.endpoint_map import ENDPOINT as MAP
from gates.policy.records import CONDITIONS, ROLES, ROLES_OF_CHECKS
from gates.policy.suites import SHIPPED
from gates.toml_reader import Key, KeyKind

_IMPORT = r"[^:]+:.+"


def _imported(name: str, about: str, example: str, *, required: bool = False) -> Key:
    wanted = f"an import string like {example!r}"
    return Key(name, KeyKind.TEXT, about, required=required, pattern=_IMPORT, wanted=wanted)


PERSON = (
    Key("name", KeyKind.TEXT, "The person's name.", required=True),
    Key("key", KeyKind.TEXT, "The base64 line of the person's public key in PEM form.", required=True),
    Key("accounts", KeyKind.TEXT_OR_TEXTS, "Other names of the same person, like accounts in CI."),
)
_PEOPLE = '[{ name = "Ada", key = "MCowBQYDK2VwAyEA..." }]'
PROMOTION = (
    Key("approvals", KeyKind.WHOLE, "How many people must approve a promotion.", 0, least=0),
    Key("approvers", KeyKind.TABLES, "Who may approve.", wanted=_PEOPLE, keys=PERSON),
    Key("timeout", KeyKind.DURATION, "How long a request for approval waits.", "24h"),
    Key("on_timeout", KeyKind.TEXT, "What happens to a request that waited too long.", "reject", choices=("reject",)),
    Key("own_runs", KeyKind.FLAG, "Whether who started a run may approve it.", False),
    Key(
        "break_glass", KeyKind.TABLES, "Who may promote without verdicts in an emergency.", wanted=_PEOPLE, keys=PERSON
    ),
)
TRUST = tuple(
    Key(role, KeyKind.TEXT_OR_TEXTS, f"The ids of the only keys that sign as {role}.") for role in ROLES
)  # fmt: skip
WAIVER = (
    Key("check", KeyKind.TEXT, "The check, by its full id without cases.", required=True),
    Key("owner", KeyKind.TEXT, "Who answers for it.", required=True),
    Key("reason", KeyKind.TEXT, "Why the miss is let through.", required=True),
    Key("expires", KeyKind.DATE, "The last day on which it counts, in UTC.", required=True),
    Key("cases", KeyKind.TEXT_OR_TEXTS, "The cases of a parametrized check; absent, all of them."),
)
TOP = (
    Key("extends", KeyKind.TEXT, "The policy to start from: gates:standard, gates:standard-regression or a TOML file."),
    _imported("work", "The work being gated.", "gates.work.backends.local:open_work", required=True),
    _imported("mutants", "The faults that gates selftest injects.", "gates.work.mutants:open_mutants"),
    _imported("triggers", "What gates watch looks at and whom it informs.", "gates.work.triggers:open_triggers"),
    _imported("registry", "A ledger that several machines share.", "gates.work.backends.azure.blob_store:open_store"),
    Key(
        "first_model", KeyKind.TEXT, "What the first model has to do: clear every floor, or it is refused.", required=True,
        choices=("floors", "refuse"),
    ),
    Key("max_age", KeyKind.DURATION, "How old a verdict may be when it carries a promotion.", "24h"),
    Key("require_lock", KeyKind.FLAG, "Whether nothing decides unless it is what gates.lock says.", False),
    Key("landmark", KeyKind.TEXT, "A file beside the policy that remembers how far the champion has come."),
    Key("max_waivers", KeyKind.WHOLE, "How many waivers there may be.", 3, least=0),
    Key("longest_waiver", KeyKind.DURATION, "How far ahead the last day of a waiver may lie.", "30d"),
    Key(
        "trust_pickle", KeyKind.TEXT,
        "Why models that are pickles (of joblib, too) are trusted: they are read by a process without keys. Absent: refused.",
        pattern=r"\s*\S[\s\S]*", wanted="the reason in words; it stands in every verdict",
    ),
    Key("metrics", KeyKind.TABLE, "The project's own metrics, by name: a function, or precision, recall, F1 or F-beta of a class."),
    Key("waivers", KeyKind.TABLES, "Known misses that count for a while.", keys=WAIVER),
    Key("trust", KeyKind.TABLE, "The only keys whose signatures count.", keys=TRUST),
    Key("promotion", KeyKind.TABLE, "Who must approve a promotion.", keys=PROMOTION),
)  # fmt: skip
GATE = (
    Key(
        "suite", KeyKind.TEXT_OR_TEXTS, "The checks: "
        f"{', '.join(f'gates:{name}' for name in SHIPPED)}, or folders and files of the project's own.", required=True,
    ),
    Key("settings", KeyKind.TABLE, "What the checks want to know."),
    Key("timeout", KeyKind.DURATION, "How long the whole gate may take.", "10m"),
    Key("inconclusive", KeyKind.TEXT, "What too few rows do.", "block", choices=("block", "warn")),
)  # fmt: skip
ENDPOINT = (*GATE, *MAP)
NIGHTLY = (
    *GATE,
    Key(
        "false_alarms_per_year", KeyKind.NUMBER, "How many false alarms a year may have.", 1, above=0, below=1e6,
        wanted="a number above zero",
    ),
    Key(
        "nights_per_year", KeyKind.NUMBER, "How many nights a year has.", 365, above=0, below=1e6,
        wanted="a number above zero",
    ),
    Key("window", KeyKind.TEXT, "The rows of a night: '500 rows', '7d' or '12h' by the time column, or 'all'.", "500 rows"),
    Key("persistence", KeyKind.TEXT, "How many nights of how many make an alarm, like '2 of 3'.", "1 of 1"),
    Key("stale_after", KeyKind.DURATION, "How long the data may stay the same.", "3d"),
    Key("data", KeyKind.TEXT, "The data of the nights; absent, those of the project."),
    Key("retrain_data", KeyKind.TEXT, "The data to train on after an alarm; absent, those of the project."),
)  # fmt: skip
FILE = (
    Key("invariants", KeyKind.TEXT_OR_TEXTS, "Checks that count violations; there must be none."),
    Key("thresholds", KeyKind.TABLE, "The bounds of each check's evidence, and unless, accept and role beside them."),
    Key("unless", KeyKind.TABLE, "The conditions under which a check may be left out."),
    Key("accept", KeyKind.TABLE, "The acknowledgement that a person may give for a miss of a check."),
    Key("role", KeyKind.TABLE, "What the evidence of a check is used for besides."),
    Key("without", KeyKind.TEXT_OR_TEXTS, "Checks of the file that are not required."),
)
OF_GATE = {"endpoint": ENDPOINT, "nightly": NIGHTLY}  # every other gate has the keys of GATE
# The keys beside the bounds of a check, each for one check.
PER_CHECK = (
    Key("unless", KeyKind.TEXT_OR_TEXTS, "The conditions under which the check may be left out.", choices=CONDITIONS),
    Key("accept", KeyKind.TEXT, "The acknowledgement that a person may give for a miss.", choices=("none", "drift")),
    Key("role", KeyKind.TEXT, "What the evidence is used for besides.", choices=("none", *ROLES_OF_CHECKS)),
)
