"""Name every way the work being gated says no, beside `gates.errors.ConfigError`: what was found, wanted and to be done."""

from __future__ import annotations

from gates.errors import ConfigError, GatesError


class DataError(GatesError):
    """Say that the data cannot be read, or that nothing can be learned from them."""


class TrainingError(GatesError):
    """Say that the training ended without a model."""


class ArtifactError(GatesError):
    """Say that a model file is absent, damaged, another one than was wanted, or holds what is not allowed."""


class EndpointError(GatesError):
    """Say that an endpoint did not start, did not answer, or did not stop."""


class TriggerError(GatesError):
    """Say that an event could not be sent, or that what was sent could not be remembered."""


# The kinds that a child process hands back to its parent by name.
KINDS: tuple[type[GatesError], ...] = (
    ConfigError,
    DataError,
    TrainingError,
    ArtifactError,
    EndpointError,
    TriggerError,
    GatesError,
)
