"""Write a training that suits the columns: a scikit-learn pipeline of a page, for the user to read, to keep and to change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from pandas import DataFrame, Series
    from sklearn.base import BaseEstimator

Estimator = Literal["linear", "boosting"]
FitFunction = Callable[["DataFrame", "Series", Mapping[str, object]], "BaseEstimator"]

_MODELS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("linear", "classification"): ("sklearn.linear_model", "LogisticRegression(max_iter=2000)"),
    ("linear", "regression"): ("sklearn.linear_model", "RidgeCV(alphas=(0.01, 0.1, 1.0, 10.0, 100.0))"),
    ("boosting", "classification"): (
        "sklearn.ensemble",
        "HistGradientBoostingClassifier(early_stopping=False, random_state=0)",
    ),
    ("boosting", "regression"): (
        "sklearn.ensemble",
        "HistGradientBoostingRegressor(early_stopping=False, random_state=0)",
    ),
}


def write_training(estimator: Estimator, task: str, *, categories: bool, numbers: bool) -> str:
    """Return the text of a module with ``fit(X, y, params)`` for ``task``.

    ``categories`` and ``numbers`` say which columns there are; what the table does not need is not in the text.
    """
    module, model = _MODELS[estimator, task]
    steps = ['SimpleImputer(strategy="median", keep_empty_features=True)', "StandardScaler()"]
    imports = [
        f"from {module} import {model.partition('(')[0]}",
        "from sklearn.impute import SimpleImputer",
        "from sklearn.pipeline import make_pipeline",
        "from sklearn.preprocessing import StandardScaler",
    ]
    if categories:
        imports[-1] = f"from sklearn.preprocessing import OneHotEncoder{', StandardScaler' if numbers else ''}"
        imports.append("from sklearn.compose import make_column_transformer")
        if not numbers:
            imports.remove("from sklearn.impute import SimpleImputer")
    head = [
        '"""The training that the gates judge: `fit` gets the training rows and returns a fitted estimator with `predict`."""',
        "",
        *sorted(imports),
        "",
        "",
        "def fit(X, y, params):",
        '    """Fit on the features X (numbers, and categories as text), the target y and the params of [tool.ml]."""',
    ]
    if not categories:
        lines = [*head, "    model = make_pipeline("]
        return "\n".join(
            [*lines, *(f"        {step}," for step in (*steps, model)), "    )", "    return model.fit(X, y)", ""]
        )
    one_hot = 'OneHotEncoder(handle_unknown="ignore", sparse_output=False)'
    parts = [f"        ({one_hot}, categories),"]
    if numbers:
        parts.insert(0, "        (prepare, numbers),")
    return "\n".join(
        [
            *head,
            '    numbers = list(X.select_dtypes("number").columns)',
            "    categories = [name for name in X.columns if name not in numbers]",
            *([f"    prepare = make_pipeline({', '.join(steps)})"] if numbers else []),
            "    encoder = make_column_transformer(",
            *parts,
            "    )",
            f"    return make_pipeline(encoder, {model}).fit(X, y)",
            "",
        ]
    )


def load_training(text: str) -> FitFunction:
    """Return the ``fit`` of a text that `write_training` returned."""
    names: dict[str, object] = {}
    exec(compile(text, "train.py", "exec"), names)
    return cast(FitFunction, names["fit"])
