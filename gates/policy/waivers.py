"""Read ``[[tool.gates.waivers]]``: the only way to let a failed check count, as code, with an owner, a reason and a last day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from gates.policy.keys import WAIVER
from gates.policy.records import Waiver
from gates.toml_reader import Table


def read_waivers(table: Table, checks: Mapping[str, object]) -> Mapping[str, Waiver]:
    """Return the waivers of ``[tool.gates]``, by the check that each is for; ``checks`` are all that the policy requires.

    What is wrong becomes a fault of the table.
    """
    entries = table.raw("waivers")
    most = table.whole("max_waivers")
    longest = table.duration("longest_waiver")
    if entries is None:
        return {}
    if not isinstance(entries, list):
        table.fault("waivers", "is no list of tables, wanted [[tool.gates.waivers]] for each")
        return {}
    if len(entries) > most:
        table.fault("waivers", f"are {len(entries)}, and max_waivers allows {most}; repair what they excuse")
    waivers: dict[str, Waiver] = {}
    for number, content in enumerate(entries, 1):
        entry = Table(f"{table.path}.waivers {number}", content, table.faults, WAIVER)
        check, owner, reason = (entry.text(key) for key in ("check", "owner", "reason"))
        cases, expires = entry.texts("cases"), _day(entry)
        if check and check not in checks:
            entry.fault("check", f"is {check!r}, which no gate requires; name a check of the policy without its cases")
        if check in waivers:
            entry.fault("check", f"is {check!r}, which another waiver is for; write one waiver for each check")
        if expires is not None:
            waivers[check] = Waiver(check, owner, reason, expires, longest, cases)
        entry.close()
    return waivers


def _day(entry: Table) -> date | None:
    """Return a date without a time: a waiver counts through that day, in UTC."""
    value = entry.raw("expires")
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    entry.fault("expires", f"is {value!r:.60}, wanted the last day on which it counts, like 2026-12-24 without quotes")
    return None
