"""The two ways in which drift detection can be impossible; both say what was found, what was wanted and what to do."""

from __future__ import annotations


class DriftFault(ValueError):
    """Say that the question itself makes no sense: an unknown backend, an alpha outside (0, 1), rows that are no table."""


class DetectorFault(RuntimeError):
    """Say that a detector was given or gave numbers that are not finite; its answer must not be read as "no drift"."""
