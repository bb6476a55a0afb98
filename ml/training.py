"""Fit an estimator: ``fit(X, y, params) -> estimator`` is all that a training is, and yours may stand in its place.

``X`` is a DataFrame of the features (numbers as float64, categories as text), ``y`` the target with its own labels.
``params`` holds what the configuration and the command line say, and always ``task`` and ``seed``. The answer needs
``predict``, and for classification ``classes_``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from ml.encoding import encoder
from ml.errors import DataError, SettingsError
from ml.recipes import build, recipe_of
from ml.records import Task, Value

if TYPE_CHECKING:
    from pandas import DataFrame, Series
    from sklearn.base import BaseEstimator

Fit = Callable[["DataFrame", "Series", Mapping[str, Value]], "BaseEstimator"]


def fit(X: DataFrame, y: Series, params: Mapping[str, Value]) -> BaseEstimator:
    """Fit what ``params["estimator"]`` names (default: decision_tree) on ``X`` (n, k) and ``y`` (n,), seeded: twice
    gives the same.

    Raises `SettingsError` for unknown names and illegal values, `DataError` for data that cannot be learned from.
    """
    from sklearn.pipeline import make_pipeline
    from sklearn.utils._param_validation import InvalidParameterError

    task = cast(Task, params.get("task", "classification"))
    name = params.get("estimator", "decision_tree")
    recipe = recipe_of(name, task)
    estimator = build(str(name), recipe, task, params, int(cast(int, params.get("seed", 0))))
    encode = encoder(X, fill=not recipe.takes_missing, scale=recipe.scaled)
    model = make_pipeline(encode, estimator) if encode is not None else estimator
    try:
        return cast("BaseEstimator", cast("BaseEstimator", model).fit(X, y))
    except InvalidParameterError as error:
        raise SettingsError(f"params for {name}: {error}", "correct params in [tool.ml] or --param") from None
    except ValueError as error:
        raise DataError(
            f"{name} cannot learn from these {len(X)} rows: {error}", "correct the data, or choose another estimator"
        ) from None


def load_fit(import_string: str) -> Fit:
    """The function that ``module:function`` names. Raises `SettingsError` when it cannot be imported or called."""
    module, _, function = import_string.partition(":")
    try:
        found = getattr(importlib.import_module(module), function)
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"train = {import_string!r} cannot be imported: {error}",
            "check the spelling, and that the module lies beside the configuration",
        ) from None
    except AttributeError:
        raise SettingsError(
            f"train = {import_string!r}: module {module} has no {function!r}", "name a function fit(X, y, params)"
        ) from None
    except Exception as error:
        raise SettingsError(
            f"train = {import_string!r} fails on import: {type(error).__name__}: {error}", "correct the module"
        ) from error
    if not callable(found):
        raise SettingsError(
            f"train = {import_string!r} is a {type(found).__name__}, not a function",
            "name a function fit(X, y, params)",
        )
    return cast(Fit, found)
