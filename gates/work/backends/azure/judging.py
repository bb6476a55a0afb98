"""Ask the engine, as people do: run ``gates`` in a process of its own and read its exit code and its account.

This package never imports the engine; it starts it. An exit code that is not 0 is a refusal or worse, and an account that is
missing or cannot be read is no yes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gates.documents import read_json
from gates.work.backends.azure.errors import AwaitsApproval, RolloutFailed, RolloutRefused
from gates.work.backends.azure.redaction import redact

_REFUSED = 1
_AWAITS_APPROVAL = 4


@dataclass(frozen=True, slots=True)
class Gates:
    """Run the engine's command line on one policy and one home."""

    config: Path
    home: Path
    quiet: bool = False

    def ask(self, *arguments: str, env: Mapping[str, str] | None = None, keep: Path | None = None) -> dict[str, object]:
        """Run ``gates ARGUMENTS`` and return its JSON account, which is also left in ``keep``.

        Raises `RolloutRefused` where a gate said no, `AwaitsApproval` where people have to say yes, and `RolloutFailed` where
        nothing could be judged.
        """
        with tempfile.TemporaryDirectory(prefix="gates-account-") as folder:
            path = keep or Path(folder) / "account.json"
            code, output = self._run([*arguments, "--json", str(path)], env or {})
            account = _read(path)
        command = " ".join(arguments[:2])
        if code == 0 and account:
            return account
        why = redact("; ".join(_sentences(account)) or str(account.get("sentence") or "") or _last(output))
        if code == _REFUSED:
            raise RolloutRefused(f"gates {command} refused: {why}", "see the evidence in the home folder")
        if code == _AWAITS_APPROVAL:
            raise AwaitsApproval(
                f"gates {command}: {why}",
                "gates approve says how; then: python -m gates.work.backends.azure deploy --champion",
            )
        raise RolloutFailed(
            f"gates {command} could not judge (exit code {code}): {why}"
            if code
            else f"gates {command} left no account",
            "run the same command by hand with --debug",
        )

    def do(self, *arguments: str) -> None:
        """Run ``gates ARGUMENTS``. Raises `RolloutFailed` where it does not end with 0."""
        code, output = self._run(list(arguments), {}, quiet=True)
        if code:
            raise RolloutFailed(
                f"gates {arguments[0]} ended with exit code {code}: {redact(_last(output))}",
                "run it by hand with --debug",
            )

    def show(self, id: str) -> dict[str, object]:
        """Return the document of ``gates show ID --json``. Raises `RolloutFailed`."""
        return self._printed("show", id, "--json")

    def status(self) -> dict[str, object]:
        """Return the document of ``gates status --json``, which names the champion. Raises `RolloutFailed`."""
        return self._printed("status", "--json")

    def _printed(self, *arguments: str) -> dict[str, object]:
        code, output = self._run(list(arguments), {}, quiet=True)
        try:
            if code == 0:
                return read_json(output)
        except ValueError as error:
            output = str(error)
        command = " ".join(arguments[:2])
        raise RolloutFailed(f"gates {command} printed no JSON: {redact(_last(output))}", "see gates verify")

    def _run(self, arguments: list[str], env: Mapping[str, str], *, quiet: bool = False) -> tuple[int, str]:
        command = [sys.executable, "-m", "gates", *arguments, "--policy", str(self.config), "--home", str(self.home)]
        done = subprocess.run(
            command, cwd=self.config.parent, env={**os.environ, **env}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
        )  # fmt: skip
        if not (quiet or self.quiet):
            print(done.stdout, end="", flush=True)
        return done.returncode, done.stdout


def _read(account: Path) -> dict[str, object]:
    try:
        return read_json(account.read_bytes())
    except (OSError, ValueError):
        return {}


def _sentences(account: Mapping[str, object]) -> list[str]:
    """Return the sentences of an account's reasons: each is an object with a text, in schema 1 it was the text alone."""
    reasons = account.get("reasons")
    items = reasons if isinstance(reasons, list) else []
    return [str(item.get("text", "")) if isinstance(item, dict) else str(item) for item in items]


def _last(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return " ".join(lines[-2:]) if lines else "it printed nothing"
