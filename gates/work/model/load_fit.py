"""Find the training function of a project: ``fit(X, y, params) -> estimator``, named as ``module:function``."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from gates.errors import ConfigError

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
    module, _, function = import_string.partition(":")
    try:
        fit = getattr(importlib.import_module(module), function)
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"train = {import_string!r} cannot be imported: {error}",
            "check the spelling, and that the module lies beside the configuration",
        ) from None
    except AttributeError:
        raise ConfigError(
            f"train = {import_string!r}: module {module} has no {function!r}", "name a function fit(X, y, params)"
        ) from None
    except Exception as error:
        raise ConfigError(
            f"train = {import_string!r} fails on import: {type(error).__name__}: {error}", "correct the module"
        ) from error
    if not callable(fit):
        raise ConfigError(
            f"train = {import_string!r} is a {type(fit).__name__}, not a function",
            "name a function fit(X, y, params)",
        )
    return cast(Fit, fit)


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
