"""Every way the work being gated says no: what was found, what was wanted, what to do.

The attributes ``message``, ``remedy`` and ``exit_code`` are what a command line needs to print an error and end; they
have the same meaning as those of the engine's own errors, which this package does not know.
"""

from __future__ import annotations

from typing import ClassVar


class MlError(Exception):
    """A sentence, a remedy, and the exit code that belongs to the kind of error."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class SettingsError(MlError):
    """The configuration or a parameter is wrong. Carries every fault at once, one sentence each."""

    exit_code = 2

    def __init__(self, faults: tuple[str, ...] | str, remedy: str = "") -> None:
        self.faults: tuple[str, ...] = (faults,) if isinstance(faults, str) else faults
        super().__init__("\n".join(self.faults), remedy)


class DataError(MlError):
    """The data cannot be read, or cannot be learned from."""


class TrainingError(MlError):
    """The training ended without a model."""


class ArtifactError(MlError):
    """A model file is absent, damaged, not the one that was meant, or holds what is not allowed."""


class EndpointError(MlError):
    """An endpoint did not start, did not answer, or did not stop."""


class TriggerError(MlError):
    """An event could not be told, or what was told could not be remembered."""


KINDS: tuple[type[MlError], ...] = (
    SettingsError,
    DataError,
    TrainingError,
    ArtifactError,
    EndpointError,
    TriggerError,
    MlError,
)
