"""Fit an estimator: ``fit(X, y, params) -> estimator`` is all that a training is, and yours may stand in its place.

``X`` is a DataFrame of the features (numbers as float64, categories as text), ``y`` the target with its own labels.
``params`` holds what the configuration and the command line say, and always ``task`` and ``seed``. The answer needs
``predict``, and for classification ``classes_``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from gates.errors import ConfigError
from gates.work.errors import DataError
from gates.work.records import Task, Value
from ml.encoding import encoder
from ml.recipes import Recipe, build, recipe_of

if TYPE_CHECKING:
    from pandas import DataFrame, Series
    from sklearn.base import BaseEstimator
    from sklearn.pipeline import Pipeline


def check_params(params: Mapping[str, Value]) -> None:
    """Refuse what `fit` would refuse, without any data. Raises `ConfigError` for unknown names and illegal values."""
    _estimator(params)


def fit(X: DataFrame, y: Series, params: Mapping[str, Value], sample_weight: Series | None = None) -> BaseEstimator:
    """Fit what ``params["estimator"]`` names (default: decision_tree) on ``X`` (n, k) and ``y`` (n,), seeded: twice
    gives the same. ``sample_weight`` (n,) says how much each row counts.

    Raises `ConfigError` for unknown names and illegal values, `DataError` for data that cannot be learned from.
    """
    from sklearn.pipeline import make_pipeline

    name, recipe, estimator = _estimator(params)
    encode = encoder(X, fill=not recipe.takes_missing, scale=recipe.scaled)
    model = make_pipeline(encode, estimator) if encode is not None else estimator
    step = f"{cast('Pipeline', model).steps[-1][0]}__" if encode is not None else ""
    heavy = {} if sample_weight is None else {f"{step}sample_weight": sample_weight}
    try:
        return cast("BaseEstimator", cast("BaseEstimator", model).fit(X, y, **heavy))
    except ValueError as error:
        raise DataError(
            f"{name} cannot learn from these {len(X)} rows: {error}", "correct the data, or choose another estimator"
        ) from None


def _estimator(params: Mapping[str, Value]) -> tuple[str, Recipe, BaseEstimator]:
    """Return the name, the recipe and the unfitted estimator of the parameters. Raises `ConfigError` for illegal ones."""
    from sklearn.utils._param_validation import InvalidParameterError

    task = cast(Task, params.get("task", "classification"))
    name = params.get("estimator", "decision_tree")
    recipe = recipe_of(name, task)
    estimator = cast("BaseEstimator", build(str(name), recipe, task, params, int(cast(int, params.get("seed", 0)))))
    try:
        estimator._validate_params()
    except InvalidParameterError as error:
        raise ConfigError(f"params for {name}: {error}", "correct params in [tool.ml] or --param") from None
    return str(name), recipe, estimator
