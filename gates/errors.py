"""The errors of this package: each says what is wrong, what was wanted and what to do.

A failed check is data, never an exception; an exception means that nothing could be judged, or that
what was judged may not be promoted. The exit code belongs to the kind of error, so that a pipeline can tell
"refused" (1) from "misconfigured" (2) and "could not judge" (3).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from gates.reason import Code, Reason, texts


class GatesError(Exception):
    """Report a refusal with a sentence and a remedy; the command line prints both and ends with `exit_code`.

    ``code`` is what the history of runs keeps of a command that it ended.
    """

    exit_code: ClassVar[int] = 3
    code: ClassVar[Code] = Code.ERROR

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class ConfigError(GatesError):
    """Refuse a wrong configuration. Carries every fault at once, one sentence each."""

    exit_code = 2

    def __init__(self, faults: tuple[str, ...] | str, remedy: str = "") -> None:
        self.faults: tuple[str, ...] = (faults,) if isinstance(faults, str) else faults
        super().__init__("\n".join(self.faults), remedy)


class SubjectError(GatesError):
    """Refuse to judge what is absent or unreadable."""


class NothingKept(SubjectError):
    """Refuse to read a ledger that was never made."""


class DigestMismatch(SubjectError):
    """Refuse a file that no longer holds the bytes that were judged."""

    def __init__(self, path: Path, *, expected: object, found: object) -> None:
        super().__init__(
            f"{path.name} no longer holds the bytes that were judged: found {found}, wanted {expected}",
            "restore the file, or run the gates again on what is there now",
        )
        self.path = path


class BackendError(GatesError):
    """Report that the registry, the store or the endpoint could not do its work."""


class MissingExtra(BackendError):
    """Refuse what needs an optional package that is not installed; the remedy names the extra to install.

    ``otherwise`` says what can be done without the package.
    """

    code = Code.MISSING_EXTRA

    def __init__(self, purpose: str, package: str, extra: str, otherwise: str = "") -> None:
        super().__init__(f"{purpose} needs {package}, which is not installed", _install([extra], [otherwise]))
        self.purpose = purpose
        self.package = package
        self.extra = extra
        self.otherwise = otherwise

    @classmethod
    def of_all(cls, errors: Sequence[MissingExtra]) -> MissingExtra:
        """Return one error for several: each package with all that needs it, and one remedy. Raises `IndexError` for none."""
        first, *others = errors
        if not others:
            return first
        purposes: dict[str, dict[str, None]] = {}
        for error in errors:
            purposes.setdefault(error.package, {})[error.purpose] = None
        needs = (f"{' and '.join(users)} need{'s' * (len(users) == 1)} {name}" for name, users in purposes.items())
        whole = cls(first.purpose, first.package, first.extra)
        whole.message = f"{', '.join(needs)}, and that is not installed"
        whole.args = (whole.message,)
        whole.remedy = _install([error.extra for error in errors], [error.otherwise for error in errors])
        return whole


def _install(extras: Sequence[str], otherwise: Sequence[str]) -> str:
    """The command that installs the extras of Gates, and what can be done without them."""
    install = f"pip install 'gates[{','.join(dict.fromkeys(extras))}]'"
    return ", or ".join([install, *dict.fromkeys(filter(None, otherwise))])


class PromotionRefused(GatesError):
    """Refuse a promotion; the champion stays. Carries every reason, one sentence each."""

    exit_code = 1

    def __init__(self, reasons: Sequence[Reason] | Reason, remedy: str = "") -> None:
        self.reasons: tuple[Reason, ...] = (reasons,) if isinstance(reasons, Reason) else tuple(reasons)
        super().__init__("; ".join(texts(self.reasons)), remedy)
