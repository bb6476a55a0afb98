"""Compare the model that an endpoint serves with the champion: what was promoted and what runs can differ."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from gates.digest import Digest
from gates.errors import ConfigError
from gates.ports import Serving, Work
from gates.registry import Champion, Finding, Ledger

_SETTLES = 10.0  # seconds: an endpoint follows a promotion within one or two
_REMEDY = "stop that endpoint, and serve the champion with gates serve"


def ask_champion(work: Work, registry: Ledger, home: Path, url: str, key: str) -> tuple[tuple[Finding, ...], str]:
    """Compare what an endpoint serves with the champion, and return the findings and half a sentence on what was compared.

    ``url`` empty means the endpoint of `gates serve` on this ``home``, if it runs. A difference has to last 10 seconds, because
    an endpoint needs a moment to follow a promotion. Raises `ConfigError` for a ``url`` where the work cannot identify an
    endpoint.
    """
    if not hasattr(work, "identify"):
        if url:
            raise ConfigError("this work cannot ask an endpoint what it serves", "leave --endpoint out")
        return (), "no endpoint was compared"
    serving = cast(Serving, work)
    address = url or serving.serving(home)
    if not address:
        return (), "no endpoint serves the champion from here"
    deadline = time.monotonic() + _SETTLES
    while (findings := tuple(_look(serving, work.name, registry, address, key))) and time.monotonic() < deadline:
        time.sleep(1.0)
    return findings, f"{address} serves the champion"


def _look(serving: Serving, name: str, registry: Ledger, url: str, key: str) -> Iterator[Finding]:
    champion = registry.champion(name)
    version = champion.version if champion else registry.latest(name)
    if version is None:
        yield Finding(f"endpoint {url}", f"no version of {name} is registered, so nothing can serve", _REMEDY)
        return
    rows = registry.blobs.path(Digest.parse(version.facts.get("golden", "")))
    try:
        identity = serving.identify(url, rows, key)
    except Exception as error:  # the classes of the work's errors are not known here
        if not hasattr(error, "remedy"):
            raise
        yield Finding(f"endpoint {url}", str(getattr(error, "message", error)), str(error.remedy))
        return
    yield from _differences(champion, url, (identity.name, identity.version, str(identity.digest)))


def _differences(champion: Champion | None, url: str, served: tuple[str, int, str]) -> Iterator[Finding]:
    says = f"it serves {served[0]} version {served[1]} ({served[2][7:19]})"
    if champion is None:
        yield Finding(f"endpoint {url}", f"{says}, but nobody is champion", _REMEDY)
        return
    version = champion.version
    if served != (version.name, version.version, str(version.digest)):
        wanted = f"{version.name} version {version.version} ({version.digest.short})"
        yield Finding(f"endpoint {url}", f"{says}, but the champion is {wanted}", _REMEDY)
