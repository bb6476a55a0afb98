"""The estimators that can be named in ``params.estimator``, and what each needs around it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from gates.errors import ConfigError
from gates.toml_reader import nearest
from gates.work.records import Task, Value


@dataclass(frozen=True, slots=True)
class Recipe:
    """Name the scikit-learn class for each task, whether it takes missing numbers or wants scaled ones, and its defaults."""

    classification: str | None
    regression: str | None
    takes_missing: bool = True
    scaled: bool = False
    defaults: Mapping[str, Value] = field(default_factory=dict)


RECIPES: Mapping[str, Recipe] = {
    "decision_tree": Recipe("sklearn.tree:DecisionTreeClassifier", "sklearn.tree:DecisionTreeRegressor"),
    "random_forest": Recipe("sklearn.ensemble:RandomForestClassifier", "sklearn.ensemble:RandomForestRegressor"),
    "hist_gradient_boosting": Recipe(
        "sklearn.ensemble:HistGradientBoostingClassifier",
        "sklearn.ensemble:HistGradientBoostingRegressor",
        defaults={"early_stopping": False},  # its validation split fails on a class with one member
    ),
    "logistic_regression": Recipe("sklearn.linear_model:LogisticRegression", None, False, True, {"max_iter": 2000}),
    "ridge": Recipe(None, "sklearn.linear_model:Ridge", False, True),
    "linear_regression": Recipe(None, "sklearn.linear_model:LinearRegression", False, True),
}
_OURS = ("estimator", "task", "seed")


def recipe_of(name: object, task: Task) -> Recipe:
    """Return the recipe of an estimator. Raises `ConfigError` for an unknown name, and for one that does not do this task."""
    known = [key for key, recipe in RECIPES.items() if getattr(recipe, task)]
    if not isinstance(name, str) or name not in RECIPES:
        spelling = nearest(name, known) if isinstance(name, str) else ""
        raise ConfigError(
            f"params.estimator is {name!r}; for {task} known are {', '.join(known)}{spelling}",
            "name a known estimator, or your own function as train",
        )
    if name not in known:
        raise ConfigError(
            f"params.estimator is {name!r}, which cannot do {task}; these can: {', '.join(known)}", "name one of them"
        )
    return RECIPES[name]


def build(name: str, recipe: Recipe, task: Task, params: Mapping[str, Value], seed: int) -> object:
    """Return the estimator, seeded. Raises `ConfigError` for every parameter that it does not have."""
    module, _, class_name = str(getattr(recipe, task)).partition(":")
    make = getattr(importlib.import_module(module), class_name)
    known = make().get_params()
    own = {key: value for key, value in params.items() if key not in _OURS}
    faults = tuple(
        f"params.{key} is not a parameter of {name}; known are {', '.join(known)}{nearest(key, known)}"
        for key in own
        if key not in known
    )
    if faults:
        raise ConfigError(faults, f"correct params in [tool.ml] or --param; {name} is scikit-learn's {class_name}")
    seeded = {"random_state": seed} if "random_state" in known else {}
    return make(**{**seeded, **recipe.defaults, **own})
