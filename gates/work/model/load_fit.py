"""Find the training function of a project: ``fit(X, y, params) -> estimator``, named as ``module:function``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING

from gates.errors import ConfigError
from gates.work.model.import_function import import_function

if TYPE_CHECKING:
    from pandas import Series
    from sklearn.base import BaseEstimator

Fit = Callable[..., "BaseEstimator"]


def load_fit(import_string: str) -> Fit:
    """Import the function that ``module:function`` names. Raises `ConfigError` when it cannot be imported or called."""
    if not import_string:
        raise ConfigError(
            "[tool.ml] names no training function",
            "name one under train, or register a model that was trained elsewhere: gates register PATH",
        )
    return import_function("train", import_string, "fit(X, y, params)")


def takes_weights(fit: Fit) -> bool:
    """Return whether a training function has a parameter ``sample_weight``."""
    try:
        return "sample_weight" in inspect.signature(fit).parameters
    except (TypeError, ValueError):  # built-in, without a signature
        return False


def note_weights(import_string: str, weights: Series | None) -> tuple[str, ...]:
    """Return a sentence where rows have weights that the training function does not take. Raises `ConfigError`."""
    if weights is None or takes_weights(load_fit(import_string)):
        return ()
    return (
        f"the weights of {weights.name!r} count in metrics and not in training: "
        f"{import_string} has no parameter sample_weight; write fit(X, y, params, sample_weight=None)",
    )
