"""Record what decides, as it was reviewed: ``gates.lock`` beside the policy names suite, policy and environment by their
digests.

The rule it protects: with ``require_lock = true`` nothing decides that nobody has reviewed. The file lists what is behind each
digest, so that a review sees names, and it is read only if it is, character by character, what `gates lock` would write.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gates.digest import Digest, digest_list
from gates.environment import digest_packages, installed
from gates.errors import ConfigError, PromotionRefused, SubjectError
from gates.policy.layers import OWN, PROJECT
from gates.policy.records import GATES, Policy
from gates.reason import Code, Reason
from gates.toml_reader import Table, read_toml

SCHEMA = 1
REMEDY = "review what changed, then write the lock again with: gates lock"
_HEAD = """\
# What decides, as it was reviewed: written by `gates lock`, never by hand.
# A change in here is a change of the gates: review it like one.
schema = 1
"""


@dataclass(frozen=True, slots=True)
class Lock:
    """Hold what decides: the policy, ``packages`` as `gates.environment.installed` lists them, and the files of each configured
    gate.
    """

    policy: Digest
    packages: tuple[str, ...]
    suites: Mapping[str, Mapping[str, Digest]]

    @classmethod
    def of(cls, policy: Policy) -> Lock:
        """Return what decides at this moment. Raises `SubjectError` for a link or an absent file in a suite."""
        return cls(
            policy.digest, installed(), {gate: policy.suite_files(gate) for gate in GATES if gate in policy.gates}
        )


def lock_path(policy: Policy) -> Path:
    """Return the path of the lock: ``gates.lock`` beside pyproject.toml or gates.toml, ``NAME.gates.lock`` beside another file."""
    source = policy.source
    return source.with_name("gates.lock" if source.name in (PROJECT, OWN) else f"{source.stem}.gates.lock")


def render(lock: Lock) -> str:
    """Return the text of a lock file: TOML, one fact a line, always in the same order."""
    return "".join(f"{line}\n" for line in _lines(lock))


def _lines(lock: Lock) -> Iterator[str]:
    yield _HEAD + f'policy = "{lock.policy}"'
    yield f'environment = "{digest_packages(lock.packages)}"'
    yield from ("packages = [", *(f"  {_text(package)}," for package in lock.packages), "]")
    for gate, files in lock.suites.items():
        yield f'\n[suites.{gate}]\ndigest = "{digest_list(files)}"'
        yield f"\n[suites.{gate}.files]"
        yield from (f'{_text(path)} = "{digest}"' for path, digest in files.items())


def _text(text: str) -> str:
    """Return a TOML string: JSON's escapes are TOML's too, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def read_lock(path: Path) -> Lock:
    """Return the lock in a file. Raises `ConfigError` unless the file is exactly one that `gates lock` wrote."""
    if not path.exists():
        raise ConfigError(f"{path.name} does not exist, and require_lock = true lets nothing decide without it", REMEDY)
    faults: list[str] = []
    table = Table(path.name, read_toml(path), faults)
    if (schema := table.raw("schema")) != SCHEMA:
        table.fault("schema", f"is {schema!r:.40}, wanted {SCHEMA}")
    policy, environment = _digest(table, "policy"), _digest(table, "environment")
    packages = table.texts("packages")
    if environment != digest_packages(packages):
        table.fault("environment", "is not the digest of the packages below it: the file was edited or cut")
    listed = table.table("suites")
    suites = {gate: _suite(listed, gate) for gate in GATES if gate in listed.keys()}  # noqa: SIM118
    listed.close()
    table.close()
    if not faults and policy:
        lock = Lock(policy, packages, suites)
        if path.read_text(encoding="utf-8") == render(lock):
            return lock
        table.fault("", "is not laid out as gates lock writes it: the file was edited or cut")
    raise ConfigError(tuple(faults), REMEDY)


def _suite(table: Table, gate: str) -> Mapping[str, Digest]:
    suite = table.table(gate)
    digest, listed = _digest(suite, "digest"), suite.table("files")
    files = {path: digest_of for path in listed.keys() if (digest_of := _digest(listed, path))}  # noqa: SIM118
    if not files or digest != digest_list(files):
        suite.fault("digest", "is not the digest of the files below it: the file was edited or cut")
    suite.close()
    return files


def _digest(table: Table, key: str) -> Digest | None:
    try:
        return Digest.parse(table.text(key))
    except SubjectError as error:
        table.fault(key, f"is no digest: {error.message}")
        return None


def require_locked(policy: Policy) -> None:
    """Raise `PromotionRefused` with every difference from the lock, where the policy requires one.

    Raises `ConfigError` where the lock is absent or damaged.
    """
    if faults := lock_faults(policy):
        raise PromotionRefused(faults, REMEDY)


def lock_faults(policy: Policy) -> tuple[Reason, ...]:
    """Return a reason for each difference between what decides and what was reviewed; none where no lock is required.

    Raises `ConfigError` where the lock is absent or damaged.
    """
    if not policy.require_lock:
        return ()
    return tuple(Reason(Code.LOCK_DIFFERS, one) for one in differences(read_lock(lock_path(policy)), Lock.of(policy)))


def differences(lock: Lock, today: Lock) -> tuple[str, ...]:
    """Return how ``today`` differs from the lock: one sentence for each digest that differs, with the names behind it."""
    return tuple(_differences(lock, today))


def _differences(lock: Lock, today: Lock) -> Iterator[str]:
    if lock.policy != today.policy:
        yield f"the policy is not the locked one (found {today.policy.short}, locked {lock.policy.short})"
    for gate in GATES:
        if changed := _changed(lock.suites.get(gate, {}), today.suites.get(gate, {})):
            yield f"the suite of the {gate} gate is not the locked one ({changed})"
    if lock.packages != today.packages:
        changed = _changed(_versions(lock.packages), _versions(today.packages)) or "in their order"
        yield f"the installed packages are not the locked ones ({changed})"


def _versions(packages: tuple[str, ...]) -> Mapping[str, str]:
    return {name: version for name, _, version in (package.partition("==") for package in packages)}


def _changed(locked: Mapping[str, object], today: Mapping[str, object]) -> str:
    """Return ``changed a and b; new c; gone d``, or nothing; at most five names of each."""
    kinds = {
        "changed": [name for name in locked if name in today and locked[name] != today[name]],
        "new": [name for name in today if name not in locked],
        "gone": [name for name in locked if name not in today],
    }
    return "; ".join(f"{kind} {_some(names)}" for kind, names in kinds.items() if names)


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
